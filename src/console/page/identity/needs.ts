/** What one needs to change who is whom, and to see what waits for it. */
import type { Needs } from "../may.ts";

export const OF_IDENTITY: Needs = { oneOf: ["identity:manage"], personal: true, everySource: true };
