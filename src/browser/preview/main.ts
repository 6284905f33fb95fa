/**
 * The bar of a preview, made of the plain text that the door has put at the end of the page (src/slots/preview/bar.ts). Its
 * style is a sheet that is constructed, and its parts lie in a shadow root: no policy of the page forbids it, no style of
 * the page reaches it, and the page itself is as it is without it. Loaded by pages of a preview alone.
 */
import type { ShownPreview, ShownSlot } from "../../slots/preview/shown.ts";
import { STYLE } from "./style.ts";

const make = (name: string, text: string, ...children: Node[]): HTMLElement => {
  const element = document.createElement(name);
  element.textContent = text;
  for (const child of children) element.appendChild(child);
  return element;
};

/** `exclusion_group:sale` → `exclusion group: sale`: what stands behind the colon is a name. */
const wordsOf = (reason: string): string => {
  const [code = "", ...name] = reason.split(":");
  return [code.replaceAll("_", " "), ...name].join(": ");
};

const lineOf = ({ slot, offer, holdout, losers }: ShownSlot): HTMLElement => {
  const won = offer ?? (holdout ? "the fallback, since this visitor is held out" : "the fallback");
  const item = make("li", "", make("b", slot), document.createTextNode(`: ${won}`));
  if (losers && losers.length > 0)
    item.appendChild(
      make("ul", "", ...losers.map((one) => make("li", `${one.offer} lost: ${wordsOf(one.reason)}`))),
    );
  return item;
};

/** Slots of the page; those that the release has besides are of other pages. */
const onPage = ({ slot }: ShownSlot): boolean =>
  [...document.querySelectorAll("[data-doorstep-slot], doorstep-slot")].some(
    (element) => (element.getAttribute("data-doorstep-slot") ?? element.getAttribute("name")) === slot,
  );

const show = (host: Element): void => {
  const { about, slots } = JSON.parse(host.getAttribute("data-shown") ?? "") as ShownPreview; // of src/slots/preview/bar.ts
  const leave = make("a", "Leave the preview") as HTMLAnchorElement;
  const address = new URL(location.href);
  address.searchParams.set("ds_preview", "off");
  leave.href = address.href;

  const here = slots.filter(onPage);
  const why = make("details", "", make("summary", `Slots (${here.length})`));
  why.appendChild(here.length > 0 ? make("ul", "", ...here.map(lineOf)) : make("p", "This page has none."));

  const bar = make("section", "", make("p", about.join(" ")), why, leave);
  bar.setAttribute("aria-label", "Preview");
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];
  root.appendChild(bar);
};

for (const host of document.querySelectorAll("doorstep-preview")) if (!host.shadowRoot) show(host);
