/** A page that every cache may keep: the element asks in the browser, and keeps its baseline until then. */
import { html, trusted } from "../../html.ts";
import type { Capability } from "./capability.ts";
import { baseline, links } from "./place.ts";

export const cached: Capability = {
  slug: "cached",
  title: "Cached pages",
  lede: "A page that is the same for everybody may lie in any cache. An element in it asks for its content when the page is there; it keeps its place, so that nothing jumps, and keeps its baseline where nothing comes.",
  steps: [
    "Accept personal pages, open the winter page and come back.",
    "Look at this page's source: it has the baseline alone.",
    "Block /doorstep-slots.js, or turn JavaScript off: the baseline stays.",
  ],
  cached: true,
  scripts: [{ src: "/doorstep-slots.js" }],
  show: () =>
    html`${trusted('<doorstep-slot class="slot try__place" name="try-topic">')}${baseline("Topics", "Climbing, sailing, winter: you decide.")}${trusted("</doorstep-slot>")}
${links(["/topics/winter", "Winter"], ["/topics/sailing", "Sailing"])}`,
  code: `<style>doorstep-slot { display: block; min-height: 9rem }</style>
<script src="/doorstep-slots.js" async></script>

<doorstep-slot name="try-topic">…baseline…</doorstep-slot>`,
};
