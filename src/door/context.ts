/**
 * What every public request meets first: who it is as far as our own cookies say, where it comes from, and what its
 * visitor has consented to. Slots, collection and the consent endpoint all start here.
 */
import type { ConsentDecision } from "#contracts/messages/event_envelope";
import type { Settings } from "../env.ts";
import type { Keyring } from "#privacy/keys";
import type { ActiveRelease } from "#release/active";
import type { Visitor } from "./visitor.ts";

export interface RequestContext {
  settings: Settings;
  keys: Keyring;
  release: ActiveRelease;
  /** Epoch ms at which the request arrived. */
  now: number;
  visitor: Visitor;
  /** ISO 3166-1 alpha-2, upper case; undefined where unknown. */
  country?: string;
  region?: string;
  /** `Sec-GPC: 1` was sent. */
  gpc: boolean;
  /** The decision for the request as such; an event's own statement may only restrict it, or fill in for no cookie. */
  consent: ConsentDecision;
  /** Device class, OS and browser family, and whether it says that it is a bot. */
  device: { type: "desktop" | "mobile" | "tablet" | "other"; os?: string; browser?: string; bot: boolean };
}
