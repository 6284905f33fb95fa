/** One priority, several offers: the score decides, here the share of a topic in what somebody reads. */
import { html } from "../../html.ts";
import type { Capability } from "./capability.ts";
import { links, place } from "./place.ts";

export const ranking: Capability = {
  slug: "ranking",
  title: "Ranking",
  lede: "Three offers of one priority, one for each topic. The one wins whose topic has the largest share in what you read; a slot may also rank by clicks or conversions.",
  steps: [
    "Accept personal pages, open the sailing page and come back.",
    "Open the climbing page twice and come back: climbing has the larger share now.",
    "The console's Live page says of each decision why each of the others lost.",
  ],
  show: () => html`${place("try-topic", "Topics", "Climbing, sailing, winter: you decide.")}
${links(["/topics/sailing", "Sailing"], ["/topics/climbing", "Climbing"], ["/topics/winter", "Winter"])}`,
  code: `"topic_affinity": { "affinity": { "of": "top_topic", "halfLifeDays": 14 } }
"topic-winter":   { "slot": "try-topic", "score": "topic_affinity.winter", "priority": 10, … }`,
};
