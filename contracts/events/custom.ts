/** An event that has no contract of its own, from a source whose policy accepts such events with listed fields. */
import * as z from "zod";
import { behavioural } from "../fields.ts";
import { once } from "../once.ts";
import type { EventContract } from "./contract.ts";

const properties = once(() =>
  z.object({
    /** The sender's name for it. */
    event: behavioural(z.string().min(1).max(128), "text"),
    fields: z
      .record(
        z.string().regex(/^[A-Za-z]\w{0,63}$/, "must be letters, digits and _, at most 64"),
        behavioural(z.union([z.string().max(1024), z.number(), z.boolean()]), "text"),
      )
      .optional(),
  }),
);

export const custom = {
  name: "custom",
  version: "1.0.0",
  description: "An event without a contract of its own, with the fields that its source lists.",
  get properties() {
    return properties();
  },
  examples: [
    {
      title: "A configurator was used",
      properties: { event: "Configurator Finished", fields: { steps: 5, model: "touring", saved: true } },
    },
  ],
} satisfies EventContract;
