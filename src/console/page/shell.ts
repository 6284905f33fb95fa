/** The frame around the views: the bar with its tabs, the banner for a lost connection, and the place for a view. */
import { button, h } from "./dom.ts";

/** A view of the console. `show` may be called again while it is shown, with another argument. */
export interface View {
  title: string;
  element: HTMLElement;
  show(argument: string): void;
  hide(): void;
}

export interface Shell {
  element: HTMLElement;
  select(key: string): void;
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

/** The frame. @param views by their key in the address */
export function shell(views: Record<string, View>, logOut: () => void): Shell {
  const links = new Map(
    Object.entries(views).map(([key, view]) => [key, h("a", { attrs: { href: `#/${key}` } }, view.title)]),
  );
  const banner = h(
    "div",
    { class: "banner", attrs: { role: "status", hidden: true } },
    "The Worker does not answer. What you see may be old; trying again.",
  );
  const place = h("main", { class: "place", attrs: { id: "view", tabindex: "-1" } });
  const element = h(
    "div",
    { class: "frame" },
    h(
      "a",
      { class: "skip", attrs: { href: "#view" }, on: { click: (event) => skip(event, place) } },
      "Skip to content",
    ),
    h(
      "header",
      { class: "bar" },
      wordmark(),
      h("nav", { attrs: { "aria-label": "Views" } }, ...links.values()),
      button("Log out", logOut, "plain"),
    ),
    banner,
    place,
  );
  return {
    element,
    select(key) {
      for (const [name, link] of links) {
        if (name === key) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
      }
      const view = views[key];
      if (!view || place.firstChild === view.element) return;
      document.title = `${view.title} · Doorstep`;
      place.replaceChildren(view.element);
    },
    connection(up) {
      banner.hidden = up;
    },
  };
}

/** The hash belongs to the views, so the link only moves the focus. */
function skip(event: Event, place: HTMLElement): void {
  event.preventDefault();
  place.focus();
}
