/** Messages over the page: a banner and a modal, by the same decisions as everything else. */
import { html } from "../../html.ts";
import type { Capability } from "./capability.ts";
import { links } from "./place.ts";

export const messages: Capability = {
  slug: "messages",
  title: "On-site messages",
  lede: "A banner, or a dialog, for whom it concerns. It can be closed, stays closed, and never moves what is on the page.",
  steps: [
    "Accept personal pages and reload: a banner at the bottom greets you. Close it, and it stays away until you open the site in another tab.",
    "Read two stories on winter and come back: there is a dialog instead, once a session.",
    "Escape closes it, and the keyboard is where it was before.",
  ],
  scripts: [{ src: "/doorstep-slots.js", data: { messages: "try-message" } }],
  show: () => html`<p class="try__note">The message lies over the page, and this text stays where it is.</p>
${links(["/articles/snow-holes-for-beginners", "A story on winter"], ["/articles/forty-hours-of-blue", "Another one"])}`,
  code: `<script src="/doorstep-slots.js" async data-messages="try-message"></script>

"slots":   { "try-message": { "kind": "message" } }
"content": { "winter-dialog": { "html": "…", "message": { "placement": "modal" } } }`,
};
