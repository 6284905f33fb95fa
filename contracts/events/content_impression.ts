/** Content in a slot was seen: at least half of it, for a second. Counts for caps and for performance. */
import * as z from "zod";
import { contentSchema } from "../event.ts";
import { behavioural } from "../fields.ts";
import { once } from "../once.ts";
import type { EventContract } from "./contract.ts";

const properties = once(() =>
  z.object({
    slot: behavioural(z.string().max(64)).optional(),
    offer: behavioural(z.string().max(64)).optional(),
    content: contentSchema().optional(),
  }),
);

export const contentImpression = {
  name: "content_impression",
  version: "1.0.0",
  description: "Content in a slot was seen.",
  get properties() {
    return properties();
  },
  examples: [{ title: "An offer in the hero slot", properties: { slot: "hero", offer: "winter-hero" } }],
} satisfies EventContract;
