/** A marked link or button was clicked. */
import * as z from "zod";
import { contentSchema } from "../event.ts";
import { behavioural } from "../fields.ts";
import { once } from "../once.ts";
import type { EventContract } from "./contract.ts";

const properties = once(() =>
  z.object({
    cta_id: behavioural(z.string().min(1).max(128)),
    label: behavioural(z.string().max(256), "text").optional(),
    href: behavioural(z.string().max(4096), "url").optional(),
    slot: behavioural(z.string().max(64)).optional(),
    offer: behavioural(z.string().max(64)).optional(),
    content: contentSchema().optional(),
  }),
);

export const ctaClick = {
  name: "cta_click",
  version: "1.0.0",
  description: "A marked link or button was clicked.",
  get properties() {
    return properties();
  },
  examples: [
    { title: "The hero's button", properties: { cta_id: "hero-cta", label: "See the skis", slot: "hero" } },
  ],
} satisfies EventContract;
