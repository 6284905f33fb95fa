/** What ingest writes down: the door's receipts, its own, and the events as the lake keeps them. Pure. */

import { MINIMISED_BEFORE, minimise } from "#consent/minimise";
import { narrowTo } from "#consent/still-granted";
import type { EventEnvelope } from "#contracts/messages/event_envelope";
import type { Receipt } from "#contracts/messages/receipt";
import { isEventName } from "#contracts/registry";
import type { Purpose } from "#contracts/taxonomy";
import { type IngestEvent, isBot } from "./batch.ts";
import type { ProfileNow, SegmentChange } from "./profiles.ts";

/** The door's decisions on one envelope's events. */
export function doorReceipts(envelope: EventEnvelope): Receipt[] {
  const { source, receivedAt: at } = envelope;
  return [
    ...envelope.events.map(
      (e): Receipt => ({
        stage: "door",
        eventId: e.id,
        at,
        name: e.name,
        source,
        protocol: e.protocol,
        outcome: "accepted",
        consent: e.consent,
        removed: e.removed,
        ...(e.context.agent && { agent: e.context.agent }),
        ...(e.context.flags && { flags: e.context.flags }),
      }),
    ),
    ...envelope.refused.map(
      (r): Receipt => ({
        stage: "door",
        eventId: r.id,
        at,
        name: r.name,
        source,
        outcome: r.status,
        code: r.code,
        issues: r.issues,
        ...(r.consent && { refusedOn: r.consent }),
      }),
    ),
  ];
}

/** What ingest made of one event. */
export function ingestReceipt(
  item: IngestEvent,
  profile: ProfileNow | undefined,
  change: SegmentChange | undefined,
  routed: Record<string, string> | undefined,
  at: number,
): Receipt {
  const base = { stage: "ingest" as const, eventId: item.event.id, at, outcome: item.outcome ?? "dropped" };
  if (item.outcome !== "folded" || !profile)
    return { ...base, ...(item.code !== undefined && { code: item.code }), ...(routed && { routed }) };
  return {
    ...base,
    subject: item.resolution.factsKey,
    profile: profile.root,
    identityState: profile.state,
    resolution: describeResolution(item, profile),
    segments: [...new Set(Object.values(profile.segments).flat())].sort(),
    ...(change && change.entered.length > 0 && { entered: change.entered }),
    ...(change && change.left.length > 0 && { left: change.left }),
    ...(routed && { routed }),
  };
}

/**
 * The event as the lake keeps it: pseudonymous, cut to what is still granted, without anything sealed. `subject` is the row
 * that got its facts, and stays true where profiles are split; `profile` is their root at this moment. Of a bot there is neither.
 */
export function landedEvent(
  item: IngestEvent,
  profile: ProfileNow | undefined,
): Record<string, unknown> | undefined {
  if (item.outcome === "duplicate" || (item.outcome === "dropped" && item.code !== "bot")) return undefined;
  const { event, granted } = item;
  if (!isEventName(event.name)) return undefined;
  const full = granted.length === event.consent.granted.length;
  const cut = full ? event : minimise(event.name, event, {}, granted, MINIMISED_BEFORE);
  return {
    type: "event",
    id: event.id,
    name: event.name,
    version: event.version,
    occurredAt: event.occurredAt,
    receivedAt: item.receivedAt,
    source: item.source,
    protocol: event.protocol,
    ...(!isBot(item) && { subject: item.resolution.factsKey }),
    profile: (isBot(item) ? undefined : profile?.root) ?? null,
    consent: narrowTo(event.consent, granted),
    properties: cut.properties,
    context: full ? event.context : { ...cut.context, ...serverContext(event.context, granted) },
  };
}

const serverContext = (
  context: Record<string, unknown>,
  granted: readonly Purpose[],
): Record<string, unknown> => ({
  ...(context.device !== undefined && { device: context.device }),
  ...(context.geo !== undefined && { geo: context.geo }),
  ...(context.referrer !== undefined && { referrer: context.referrer }),
  ...(context.bot !== undefined && { bot: context.bot }),
  ...(context.agent !== undefined && { agent: context.agent }),
  ...(context.flags !== undefined && { flags: context.flags }),
  ...(context.ip !== undefined &&
    (granted.includes("analytics") || granted.includes("marketing")) && { ip: context.ip }),
});

function describeResolution(item: IngestEvent, profile: ProfileNow): string[] {
  const proof = {
    cookie: "our signed cookie",
    source: "a secret-key source",
    token: "a signed token",
    claim: "the sender's claim alone",
  };
  return [
    ...item.event.identifiers.map((i) => `${i.key.split(":", 1)[0]} by ${proof[i.proof]}`),
    `facts kept with ${item.resolution.factsKey.includes("|") ? "the browser, apart for what it claims" : item.resolution.factsKey.split(":", 1)[0]}`,
    `${profile.members.length} identifier(s) in the profile`,
  ];
}
