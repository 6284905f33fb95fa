/**
 * The frame around the views: the bar with its tabs and who is logged in, the banner for a lost connection, and the place
 * for a view. What one may not see has no tab.
 */
import { button, h } from "./dom.ts";
import { allows, type Me, type Needs } from "./may.ts";
import { whoIs } from "./who.ts";

/** A view of the console. `show` may be called again while it is shown, with another argument. */
export interface View {
  element: HTMLElement;
  show(argument: string): void;
  hide(): void;
}

/** Where a view is, before it is made. */
export interface Place {
  title: string;
  needs: Needs;
  make(): View;
}

export interface Shell {
  element: HTMLElement;
  /** Puts a view's element into its place. @param key of the view in the address */
  select(key: string, element: HTMLElement): void;
  connection(up: boolean): void;
}

const SVG = "http://www.w3.org/2000/svg";

/** The mark and the name. */
export function wordmark(): HTMLElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", "M8 19V8a4 4 0 0 1 8 0v11M5 19h14");
  svg.appendChild(path);
  return h("span", { class: "wordmark" }, svg, "Doorstep");
}

/** The frame. @param places by their key in the address */
export function shell(places: Record<string, Place>, me: Me, logOut: () => void): Shell {
  const links = new Map(
    Object.entries(places)
      .filter(([, { needs }]) => allows(needs))
      .map(([key, { title }]) => [key, h("a", { attrs: { href: `#/${key}` } }, title)]),
  );
  const banner = h(
    "div",
    { class: "banner", attrs: { role: "status", hidden: true } },
    "The Worker does not answer. What you see may be old; trying again.",
  );
  const main = h("main", { class: "place", attrs: { id: "view", tabindex: "-1" } });
  const element = h(
    "div",
    { class: "frame" },
    h(
      "a",
      { class: "skip", attrs: { href: "#view" }, on: { click: (event) => skip(event, main) } },
      "Skip to content",
    ),
    h(
      "header",
      { class: "bar" },
      wordmark(),
      h("nav", { attrs: { "aria-label": "Views" } }, ...links.values()),
      whoIs(me),
      button("Log out", logOut, "plain"),
    ),
    banner,
    main,
  );
  return {
    element,
    select(key, view) {
      for (const [name, link] of links) {
        if (name === key) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
      }
      links.get(key)?.scrollIntoView({ block: "nearest", inline: "nearest" }); // Not all tabs fit on a phone.
      if (main.firstChild === view) return;
      document.title = `${places[key]?.title ?? "Console"} · Doorstep`;
      main.replaceChildren(view);
    },
    connection(up) {
      banner.hidden = up;
    },
  };
}

/** The hash belongs to the views, so the link only moves the focus. */
function skip(event: Event, main: HTMLElement): void {
  event.preventDefault();
  main.focus();
}
