/** A slot as the pages of `/try` have it: in a dashed frame what the page itself says there. */
import { type Html, html } from "../../html.ts";

/** @param text the page's own content, which stays where no offer wins */
export const place = (slot: string, kicker: string, text: string): Html =>
  html`<section class="slot try__place" data-doorstep-slot="${slot}" aria-label="${kicker}">${baseline(kicker, text)}</section>`;

export const baseline = (kicker: string, text: string): Html =>
  html`<div class="try__baseline"><p class="kicker">${kicker}</p><p>${text}</p></div>`;

/** Links under a slot: where to go to see it change. */
export const links = (...all: readonly (readonly [href: string, label: string])[]): Html =>
  html`<p class="try__links">${all.map(([href, label]) => html`<a class="chip" href="${href}">${label}</a>`)}</p>`;

/** The operator's console of the demo. A real site has no link to it, and no token in a page. */
export const CONSOLE = ["/admin#token=admin_demo", "The console"] as const;
