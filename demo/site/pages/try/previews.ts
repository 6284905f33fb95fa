/** A look at the site as somebody else has it, by a link that the console makes. */
import { html } from "../../html.ts";
import type { Capability } from "./capability.ts";
import { CONSOLE, links, place } from "./place.ts";

export const previews: Capability = {
  slug: "previews",
  title: "Previews",
  lede: "A link opens the real site as the visitor of some segments or as one person has it, at a time, or by a draft that nobody has published. A bar says so, and why each offer lost; nothing of it is recorded or counted.",
  steps: [
    "In the console, make a preview of this page as a member of the segments engaged and left-a-cart.",
    "The reminder is here, and the bar at the bottom says why. Put something into the cart meanwhile: no event of it is kept.",
    "Leave the preview in the bar: all is as before.",
  ],
  show: () => html`<div class="try__places">${[
    place("try-reminder", "Your cart", "Nothing is waiting for you."),
    place("try-list", "The club", "Members see something else here."),
  ]}</div>
${links(CONSOLE)}`,
  code: `POST /admin/api/previews
{ "segments": ["left-a-cart"], "at": "2027-01-09T09:00:00+01:00", "path": "/try/previews" }

{ "url": "https://…/try/previews?ds_preview=…", "expires_at": "…" }`,
};
