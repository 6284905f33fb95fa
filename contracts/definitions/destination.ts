/** A destination as the release configures it; `settings` are checked by the destination type's own schema. */
import * as z from "zod";
import { traitsSchema } from "../event.ts";
import { PURPOSES } from "../taxonomy.ts";
import { conditionSchema } from "./condition.ts";
import { mappingSchema } from "./mapping.ts";

/** Which changes of profiles go there. They go as items of their own, `profile_change`, whatever `events` says. */
const changesSchema = z.strictObject({
  /** Segments whose entering and leaving is told; `all`: those that the destination's purposes allow. */
  segments: z.union([z.literal("all"), z.array(z.string())]).default([]),
  stage: z.boolean().default(false),
  score: z.boolean().default(false),
  /** Traits whose new values are told. */
  traits: z.array(traitsSchema().keyof()).default([]),
  /** So long after a change the state is looked at again, and told if it still differs from what was told. */
  debounceSeconds: z.int().min(0).max(86_400).default(60),
});

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
  changes: changesSchema.optional(),
  /** Changes to what the type makes of an event. */
  mappings: z.array(mappingSchema).max(50).default([]),
  /** Below the type's own limits, where this account has less. */
  limits: z
    .strictObject({
      requestsPerSecond: z.number().positive().max(10_000).optional(),
      /** Batches that are under way at the same time. */
      concurrency: z.int().min(1).max(100).optional(),
    })
    .default({}),
  /** Keeps the order of each profile's items: what follows one that must be tried again waits for it. Costs throughput. */
  ordered: z.boolean().default(false),
  /** A value `{"$secret": "NAME"}` is taken from the Worker's secret binding of that name. */
  settings: z.record(z.string(), z.unknown()).default({}),
});
export type DestinationDefinition = z.infer<typeof destinationSchema>;
export type ProfileChanges = z.infer<typeof changesSchema>;
