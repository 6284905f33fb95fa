/**
 * The attributes that a condition reads at the edge: the visitor's features as of now, made of the snapshot and of the
 * session's events since, so that the first page after an event already reflects it; the segments that follow from
 * them; and what the request itself says. Pure; called by slots/serve.ts once per request.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { DeviceType, IdentityState, Purpose } from "#contracts/taxonomy";
import { isIdle, type RecentEvent, type Session } from "#door/session";
import { valueOfCompact } from "./compact.ts";
import { compileFeatures, dayOf } from "./features.ts";
import { compileSegments, segmentsOf } from "./membership.ts";
import type { EdgeSnapshot } from "./snapshot.ts";

/** By name; those that no feature gives are listed in release/validate.ts. */
export type Attributes = Record<string, unknown>;

export interface AttributesInput {
  document: ReleaseDocument;
  granted: readonly Purpose[];
  /** Epoch ms. */
  now: number;
  snapshot?: EdgeSnapshot | undefined;
  /** Epoch ms: events of the session until then are in the snapshot; its `asOf`, if not told. */
  since?: number | undefined;
  session?: Session | undefined;
  request: {
    country?: string | undefined;
    region?: string | undefined;
    device: DeviceType;
    /** Of this request's URL; else the session's campaign holds. */
    utm?: Record<string, string> | undefined;
  };
}

/** The attributes; none at all without consent to personalization. */
export function attributesNow({
  document,
  granted,
  now,
  snapshot,
  since = snapshot?.asOf,
  session,
  request,
}: AttributesInput): Attributes {
  if (!granted.includes("personalization")) return {};
  const attributes: Attributes = {};
  const recent = session ? eventsSince(session, since) : [];
  const age = snapshot ? dayOf(now) - dayOf(snapshot.asOf) : 0;
  for (const feature of compileFeatures(document)) {
    // What was in the window when the snapshot was made has all left it once the window has passed as a whole.
    const base = feature.days === 0 || age < feature.days ? snapshot?.features[feature.hash] : undefined;
    const value = valueOfCompact(feature, base, recent);
    if (value !== undefined) attributes[feature.name] = value;
  }
  const campaign = request.utm ?? session?.campaign;
  attributes.identity_state = (snapshot?.state ?? "anonymous") satisfies IdentityState;
  attributes.device = request.device;
  if (request.country !== undefined) attributes.country = request.country;
  if (request.region !== undefined) attributes.region = request.region;
  attributes.session_number = session ? session.number + (isIdle(session, now) ? 1 : 0) : 1;
  if (campaign?.source !== undefined) attributes.utm_source = campaign.source;
  if (campaign?.medium !== undefined) attributes.utm_medium = campaign.medium;
  if (campaign?.campaign !== undefined) attributes.utm_campaign = campaign.campaign;
  attributes.segments = segmentsOf(attributes, compileSegments(document), granted);
  return attributes;
}

/** The cookie keeps times in steps of 100 ms from the session's start. */
const STEP_MS = 100;

/** The session's events that the snapshot does not hold yet. */
function eventsSince(session: Session, since: number | undefined): readonly RecentEvent[] {
  if (since === undefined) return session.recent;
  // Rounded as the cookie rounds, or the very event that made the snapshot could seem to be later than it.
  const asOf = session.startedAt + Math.round((since - session.startedAt) / STEP_MS) * STEP_MS;
  return session.recent.filter((event) => event.at > asOf);
}
