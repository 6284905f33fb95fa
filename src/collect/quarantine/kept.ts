/**
 * What is kept of a refused event: the fields that consent allows, its identifiers as keyed hashes, and what the door
 * knew of its moment; sealed, so that it can be put right and go on as if it had been right at once. `keptOf` is called
 * by src/collect/accept.ts for each refusal; open-kept.ts opens it again.
 */
import { minimiseRules } from "#consent/minimise";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { REPAIRABLE_CODES } from "#contracts/definitions/repair_codes";
import type { ConsentDecision, IdentifierRef, Refusal } from "#contracts/messages/event_envelope";
import { sealIngress } from "#privacy/ingress";
import type { Keyring } from "#privacy/keys";
import type { Place } from "#privacy/seal";
import { identify } from "../identify.ts";
import type { Issue } from "../issues.ts";
import type { IncomingEvent } from "../protocols/protocol.ts";
import type { EventProof } from "../prove.ts";
import { nameKept } from "../refusal.ts";
import { asRecord, asText } from "../shape.ts";
import { allowedOf } from "./allowed.ts";
import { pathsOf } from "./cause.ts";
import type { KeptEvent } from "./open-kept.ts";

/** Bytes of JSON: sealed it is a third larger, and an envelope of 60 kB must hold it. */
const MAX_KEPT_BYTES = 24_000;
const encoder = new TextEncoder();

/** What is known of a refused event's request. */
export interface Circumstances {
  /** The release that holds. */
  document: ReleaseDocument;
  consent: ConsentDecision;
  protocol: string;
  /** `source` where it came with a secret key. */
  proof: "source" | "claim";
  /** The cookie's identifier, if the request has a visitor. */
  visitorKey: string | undefined;
  /** What enrich.ts makes of `pageOf` the event; asked only where something is kept. */
  server(): Record<string, unknown>;
  /** The sender's clock at sending. */
  sentAt: number | undefined;
  /** It belongs to an import. */
  historical?: boolean | undefined;
  /** Epoch ms. */
  receivedAt: number;
  /** What its identity token came to: whom it proved on the day of the refusal stays proved. */
  token?: EventProof | undefined;
}

/**
 * What may be kept of a refused event, sealed; undefined where nothing may be, or its refusal is none to be repaired.
 * @returns `kept`, sealed and bound to the event's id, and whom it names
 */
export async function keptOf(
  keys: Keyring,
  incoming: IncomingEvent,
  refused: { code: string; issues: readonly Issue[] },
  {
    document,
    consent,
    protocol,
    proof,
    visitorKey,
    server,
    sentAt,
    historical,
    receivedAt,
    token,
  }: Circumstances,
): Promise<Pick<Refusal, "kept" | "subjects"> | undefined> {
  const { granted } = consent;
  if (granted.length === 0 || incoming.id === "") return undefined;
  if (!(REPAIRABLE_CODES as readonly string[]).includes(refused.code)) return undefined;
  const sender = { proof, visitorKey, now: receivedAt, document, token };
  const { identifiers } = await identify(keys, incoming, granted, sender);
  const kept: KeptEvent = {
    v: 1,
    name: nameKept(incoming.name),
    ...(incoming.version !== undefined && { version: incoming.version }),
    occurredAt: Number.isFinite(incoming.occurredAt) ? incoming.occurredAt : null,
    ...(sentAt !== undefined && Number.isFinite(sentAt) && { sentAt }),
    ...(historical && { historical }),
    protocol,
    code: refused.code,
    paths: pathsOf(refused.issues),
    consent,
    proof,
    identifiers,
    ...allowedOf(incoming, granted, minimiseRules(document.policy)),
    server: server(),
  };
  const text = JSON.stringify(kept);
  // A character has at most three bytes: what surely fits need not be measured.
  if (text.length * 3 > MAX_KEPT_BYTES && encoder.encode(text).length > MAX_KEPT_BYTES) return undefined;
  const sealed = await sealIngress(keys.ingress, text, placeOf(incoming.id), receivedAt);
  return { kept: sealed, subjects: subjectsOf(identifiers) };
}

/** Identifier keys of all versions. */
export const subjectsOf = (identifiers: readonly IdentifierRef[]): string[] => [
  ...new Set(identifiers.flatMap(({ key, older = [] }) => [key, ...older])),
];

/** The page that an event names, as far as its addresses are texts: nothing else of a refused context is read. */
export function pageOf({ context }: IncomingEvent): { page: { url?: string; referrer?: string } } {
  const page = asRecord(asRecord(context)?.page);
  const url = asText(page?.url);
  const referrer = asText(page?.referrer);
  return { page: { ...(url !== undefined && { url }), ...(referrer !== undefined && { referrer }) } };
}

/** What a kept event's seal is bound to. */
export const placeOf = (id: string): Place => ["quarantine", id];
