/**
 * A kept event on its way back in: repaired, then checked, minimised and identified as at the door. Its id, its consent
 * and its time stay those of the day on which it was refused. Called by replay.ts, and by dry-run.ts for a look.
 */
import { minimise, minimiseRules } from "#consent/minimise";
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { Repair } from "#contracts/definitions/repair";
import type { AcceptedEvent, IdentifierRef } from "#contracts/messages/event_envelope";
import type { Keyring } from "#privacy/keys";
import { checkEvent } from "../check.ts";
import { flagsOf } from "../enrich/references.ts";
import { identify } from "../identify.ts";
import type { Issue } from "../issues.ts";
import type { IncomingEvent } from "../protocols/protocol.ts";
import type { KeptEvent } from "./open-kept.ts";
import { type Draft, repaired } from "./repair.ts";

/** A kept event and where it came from. */
export interface Refused {
  id: string;
  source: string;
  /** Epoch ms at which it came first. */
  receivedAt: number;
  kept: KeptEvent;
}

export type Readmission =
  | { ok: true; draft: Draft; event: AcceptedEvent }
  | { ok: false; draft: Draft; code: string; issues: Issue[] };

/** What readmission goes by. */
export interface Rules {
  keys: Keyring;
  /** The release that holds now. */
  document: ReleaseDocument;
  /** Those that are not for an event are passed over. */
  repairs: readonly Repair[];
}

/** Repair and check an event. */
export async function readmit(
  { id, source, receivedAt, kept }: Refused,
  { keys, document, repairs }: Rules,
): Promise<Readmission> {
  const draft = repaired(repairs, source, kept);
  const incoming: IncomingEvent = {
    index: 0,
    id,
    name: draft.name,
    version: draft.version,
    occurredAt: draft.occurredAt ?? receivedAt,
    properties: draft.properties,
    context: draft.context,
    traits: draft.traits,
  };
  // By the clock of the day on which it came.
  const sentAt = draft.occurredAt === undefined ? undefined : kept.sentAt;
  const check = checkEvent(incoming, sentAt, receivedAt, new Set(), kept.historical);
  if (!check.ok) return { ok: false, draft, code: check.code, issues: check.issues };

  const { consent, proof, protocol } = kept;
  const rules = minimiseRules(document.policy);
  const cut = minimise(check.event.name, check.event, check.event.given, consent.granted, rules);
  const flags = flagsOf(document, check.event.properties);
  const sender = { proof, visitorKey: undefined, now: receivedAt, document };
  const who = await identify(keys, incoming, consent.granted, sender);
  return {
    ok: true,
    draft,
    event: {
      id,
      name: check.event.name,
      version: check.event.version,
      occurredAt: check.event.occurredAt,
      protocol,
      consent,
      identifiers: together(kept.identifiers, who.identifiers),
      properties: cut.properties,
      // What the door knew when it came, and what the sender said.
      context: { ...kept.server, ...cut.context, ...(flags && { flags }) },
      removed: cut.removed.concat(who.removed),
      ...(who.sealed !== undefined && { sealed: who.sealed }),
    },
  };
}

/** Each identifier once; those of the day of the refusal first, the cookie's before all. */
function together(first: readonly IdentifierRef[], more: readonly IdentifierRef[]): IdentifierRef[] {
  const known = new Set(first.map(({ key }) => key));
  return [...first, ...more.filter(({ key }) => !known.has(key))];
}
