/**
 * Whose ledger is asked for: by an event, an identifier's key, or a value, which is hashed here under all versions of the
 * look-up key and goes no further. Called by consent.ts.
 */
import type { IdentifierNamespace } from "#contracts/taxonomy";
import { Problem } from "#core/problem";
import { rootOf } from "#identity/graph";
import { readLedgers } from "#identity/ledger";
import { normaliseIdentifier } from "#identity/normalise";
import { readClosed } from "#identity/read";
import type { IdentityShards } from "#identity/shards";
import type { LiveTail } from "#lake/live-tail";
import type { Keyring } from "#privacy/keys";
import { auditTarget, knownKeys } from "#privacy/lookup";
import { activeRelease } from "#release/active";
import { ledgerOf, type PersonLedger } from "./consent-ledger.ts";
import { findLanded, mergeReceipts } from "./store.ts";

export type WhoIsMeant =
  | { event_id: string; at?: string | undefined }
  | { visitor: string }
  | { namespace: IdentifierNamespace; value: string };

export interface PersonStores {
  identity: IdentityShards;
  lake: R2Bucket;
  liveTail: DurableObjectNamespace<LiveTail>;
  /** By the active release's rules a value is read. */
  kv: KVNamespace;
  keys: () => Promise<Keyring>;
}

const MAX_DECISIONS = 500;

/**
 * @param now epoch ms
 * @param note is told who is looked at, as the audit log names them, before anything is read of them
 * @throws Problem 400 `invalid_identifier`; 404 `unknown_event`, `unknown_person`; whatever `note` throws
 */
export async function readPerson(
  who: WhoIsMeant,
  stores: PersonStores,
  now: number,
  note: (target: string) => Promise<unknown>,
): Promise<PersonLedger> {
  const { identity } = stores;
  const named = await keysOf(who, stores, now);
  const keys = await stores.keys();
  const targets = (of: Iterable<string>) => Promise.all([...of].map((key) => auditTarget(keys, key)));
  for (const target of await targets(named.slice(0, 1))) await note(target);
  const graph = await readClosed(identity, named);
  // What a conflicting link leads to is another's.
  const own = new Set(named.flatMap((key) => [key, ...(graph.rows.get(key)?.members ?? [])]));
  const rows = new Map([...graph.rows].filter(([key]) => own.has(key)));
  const subjects = [...own];
  const entries = await readLedgers(identity, subjects, MAX_DECISIONS + 1);
  if (rows.size === 0 && entries.length === 0) throw unknownPerson(who);
  const known = named.find((key) => rows.has(key)) ?? entries[0]?.subject ?? "";
  const row = rows.get(known);
  const profile = row ? rootOf(row) : known;
  const shown = entries.slice(0, MAX_DECISIONS);
  const ledger = ledgerOf(profile, [...rows.values()], shown, entries.length > shown.length, now);
  return { ...ledger, audit_targets: await targets(new Set([...named, ...rows.keys()])) };
}

async function keysOf(who: WhoIsMeant, stores: PersonStores, now: number): Promise<string[]> {
  if ("visitor" in who) return [who.visitor];
  if ("event_id" in who) return [await profileOfEvent(who.event_id, who.at, stores)];
  const { document } = await activeRelease(stores.kv, now);
  const normal = await normaliseIdentifier(who.namespace, who.value, document);
  if (normal === undefined)
    throw new Problem(400, "invalid_identifier", `\`value\` is not a usable ${who.namespace}.`);
  return knownKeys(await stores.keys(), who.namespace, normal);
}

/** As ingest's receipt says, from the live ring or, with a time, from the files of that hour and those beside it. */
async function profileOfEvent(
  eventId: string,
  at: string | undefined,
  { liveTail, lake }: PersonStores,
): Promise<string> {
  const recent = (await liveTail.get(liveTail.idFromName("tail")).traceOf(eventId))?.receipts ?? [];
  const landed = at === undefined ? [] : (await findLanded(lake, eventId, Date.parse(at))).receipts;
  const receipts = mergeReceipts(recent, landed);
  if (receipts.length === 0) {
    throw new Problem(
      404,
      "unknown_event",
      "No receipt of this event is in the live ring; with `at`, about when it came in, the hours around it are searched in R2.",
    );
  }
  for (const receipt of receipts)
    if (receipt.stage === "ingest" && receipt.profile !== undefined) return receipt.profile;
  throw new Problem(
    404,
    "unknown_person",
    "The event belongs to nobody who is known: it was not accepted, or took no effect.",
  );
}

function unknownPerson(who: WhoIsMeant): Problem {
  const claimed =
    "namespace" in who
      ? " One that was only claimed on a device is kept with that device: ask by an event of it, or by its key."
      : "";
  return new Problem(404, "unknown_person", `Nothing is stored of this identifier.${claimed}`);
}
