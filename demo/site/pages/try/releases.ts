/** Everything that marketers define is published as a whole: to few first, and taken back in one click. */
import { html } from "../../html.ts";
import type { Capability } from "./capability.ts";
import { CONSOLE, links, place } from "./place.ts";

export const releases: Capability = {
  slug: "releases",
  title: "Releases",
  lede: "A change is a draft until it is published: to everybody, at a time, or to a share of visitors first. Who is in the share stays in it from page to page; one click goes back to any earlier version.",
  steps: [
    "In the console, under Release, begin a draft, and change the text of the content edition.",
    "Publish it to half of the visitors. Reload this page, and open it in some private windows, accepting personal pages in each: about half of them have the new text, and keep it.",
    "Promote it, and all have it; or roll back, and nobody has.",
  ],
  show: () => html`${place("try-release", "Edition", "The page's own content.")}
${links(CONSOLE)}`,
  code: `npm run release -- pull
npm run release -- diff
npm run release -- push --share 0.5 --note "New edition"
npm run release -- promote`,
};
