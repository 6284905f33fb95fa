/** What one needs to see what failed, jobs and reconciliations: none of it says of which source an event is. */
import type { Needs } from "../may.ts";

export const OF_DELIVERIES: Needs = { oneOf: ["delivery:read"], everySource: true };
