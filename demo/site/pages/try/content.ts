/** Content that editors keep in the CMS: pulled, checked and shown by reference. */
import { html } from "../../html.ts";
import type { Capability } from "./capability.ts";
import { CONSOLE, links, place } from "./place.ts";

export const content: Capability = {
  slug: "content",
  title: "Content from the CMS",
  lede: "The text of a block may be kept where editors write. Doorstep pulls it, makes it safe, and shows the last good version when the CMS is down; what is unpublished is gone.",
  steps: [
    "The block below is the editors' pick, from the site's own feed, /feed/blocks.json.",
    "Publish a story in the editor: it is the new pick. The feed is read each minute, and the block has it within three; a webhook of the CMS makes that two at most.",
  ],
  show: () => html`${place("try-story", "From the editors", "Nothing new this week.")}
${links(["/cms", "The editor"], ["/feed/blocks.json", "The feed"], CONSOLE)}`,
  code: `"cms":    { "site": { "type": "json", "url": "…/feed/blocks.json", "pullMinutes": 1, … } }
"offers": { "editors-pick": { "slot": "try-story", "content": "cms:site/editors-pick" } }`,
};
