/** A slot by segment: the same element shows another offer to whoever read, subscribed or bought. */
import { html } from "../../html.ts";
import type { Capability } from "./capability.ts";
import { links } from "./place.ts";

export const segments: Capability = {
  slug: "segments",
  title: "Segments",
  lede: "A segment is a rule over what a person did. What a block shows follows it with the very next page, before anything was stored anywhere.",
  steps: [
    "Accept personal pages in the banner, read two stories on winter and come back: you are a winter fan.",
    "Subscribe to the Sunday letter: you are a lead, which ranks higher.",
    "Buy something: you are a regular.",
  ],
  show: () => html`<section class="slot slot--band" data-doorstep-slot="hero" aria-label="For you">
<div class="hero hero--band"><div class="hero__text"><p class="kicker">Everybody</p><h2 class="hero__title">You are not in a segment yet</h2><p class="hero__lede">This is the page's own content. It stays until somebody has something better to say.</p></div></div>
</section>
${links(
  ["/articles/snow-holes-for-beginners", "A story on winter"],
  ["/articles/forty-hours-of-blue", "Another one"],
  ["/newsletter", "The letter"],
  ["/#shop", "The shop"],
)}`,
  code: `<section data-doorstep-slot="hero">…the page's own content…</section>

"winter-fan": { "when": { "top_topic": "winter", "articles_read_30d": { "$gte": 2 } } }`,
};
