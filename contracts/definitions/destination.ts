/** A destination as the release configures it; `settings` are checked by the destination type's own schema. */
import * as z from "zod";
import { PURPOSES } from "../taxonomy.ts";
import { conditionSchema } from "./condition.ts";

export const destinationSchema = z.strictObject({
  type: z.string(),
  queue: z.enum(["analytics", "crm"]),
  /** All of these must be granted for an event to go there: those that its type needs, and whatever else it serves. */
  purposes: z
    .array(z.enum(PURPOSES))
    .min(1, "must name at least one purpose: nothing goes anywhere without consent"),
  /** Names of events; empty: all. */
  events: z.array(z.string()).default([]),
  when: conditionSchema.optional(),
  /** Takes events of bots and AI agents, too; `context.agent` says what they are. By default no bot is sent anywhere. */
  bots: z.boolean().default(false),
  enabled: z.boolean().default(true),
  /** A value `{"$secret": "NAME"}` is taken from the Worker's secret binding of that name. */
  settings: z.record(z.string(), z.unknown()).default({}),
});
export type DestinationDefinition = z.infer<typeof destinationSchema>;
