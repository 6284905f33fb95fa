/** A screen of an app was shown: what `page_view` is to a site. */
import * as z from "zod";
import { contentSchema } from "../event.ts";
import { behavioural } from "../fields.ts";
import { once } from "../once.ts";
import type { EventContract } from "./contract.ts";

const properties = once(() =>
  z.object({
    screen_name: behavioural(z.string().min(1).max(256), "text"),
    screen_class: behavioural(z.string().max(256)).optional(),
    content: contentSchema().optional(),
  }),
);

export const screenView = {
  name: "screen_view",
  version: "1.0.0",
  description: "A screen of an app was shown.",
  get properties() {
    return properties();
  },
  examples: [{ title: "An app's home", properties: { screen_name: "Home", screen_class: "HomeActivity" } }],
} satisfies EventContract;
