/**
 * What a policy's regime says while nobody has decided. Beside policy.ts, so that whoever decides does not bring the
 * schemas along.
 */
import type { Purpose } from "../taxonomy.ts";
import type { Regime } from "./policy.ts";

/** What a regime says of a purpose while nobody has decided. */
export const defaultOf = (regime: Regime, purpose: Purpose): "denied" | "granted" =>
  typeof regime.default === "string" ? regime.default : regime.default[purpose];
