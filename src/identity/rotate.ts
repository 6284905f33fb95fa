/**
 * Identifiers through a rotation of the look-up key. The door hashes a value under the current version and, while there
 * are others, under them (`older`). Which of these names the person is decided here, before ingest resolves anything:
 * the oldest that is in use. So whoever is known keeps their row, a withdrawal and a suppression keep holding, and only
 * who is new is known by the new version. Called by src/ingest/ingest.ts; before the first rotation it does nothing.
 */
import type { AcceptedEvent, EventEnvelope, IdentifierRef } from "#contracts/messages/event_envelope";
import { namesPerson } from "./graph.ts";
import { storedKeys } from "./rotate-store.ts";
import type { IdentityShards } from "./shards.ts";

/** The envelopes with each identifier under the one key that it is known by; the same ones where none has several. */
export async function settleVersions(
  identity: IdentityShards,
  envelopes: readonly EventEnvelope[],
): Promise<readonly EventEnvelope[]> {
  const events = envelopes.flatMap((envelope) => envelope.events);
  if (!events.some(({ identifiers }) => identifiers.some(hasOthers))) return envelopes;
  const stored = await storedKeys(identity, keysInQuestion(events));
  return settle(envelopes, stored);
}

/**
 * The key that a person named by a value is stored under, for one who is not named by an event: a server that sets
 * their consent, or an operator's question.
 * @param keys what `knownKeys` gives, the current version first
 */
export async function settleKey(
  identity: IdentityShards,
  keys: readonly [current: string, ...others: string[]],
): Promise<string> {
  const stored = keys.length > 1 ? await storedKeys(identity, keys) : undefined;
  return (stored && oldestFirst(keys).find((key) => stored.has(key))) ?? keys[0];
}

/** The same of many at once. @param others current key → its others; of a key that is not in it there are none */
export async function settleKeys(
  identity: IdentityShards,
  keys: readonly string[],
  others: ReadonlyMap<string, readonly string[]>,
): Promise<string[]> {
  if (others.size === 0) return [...keys];
  const all = (key: string): string[] => [key, ...(others.get(key) ?? [])];
  const stored = await storedKeys(identity, keys.flatMap(all));
  return keys.map((key) => oldestFirst(all(key)).find((one) => stored.has(one)) ?? key);
}

const hasOthers = ({ older }: IdentifierRef): boolean => older !== undefined && older.length > 0;

const candidates = ({ key, older = [] }: IdentifierRef): string[] => [key, ...older];

/** Every key to ask for: of identifiers with several, and of the rows in which what they claim is scoped to a device. */
export function keysInQuestion(events: readonly AcceptedEvent[]): string[] {
  const keys = new Set<string>();
  for (const { identifiers } of events) {
    const several = identifiers.filter(hasOthers);
    for (const ref of several) for (const key of candidates(ref)) keys.add(key);
    for (const key of scopedKeys(identifiers)) keys.add(key);
  }
  return [...keys];
}

/**
 * Settle each identifier. Pure. Known is what is stored, by itself or as a claim on a device of the same event, and
 * what an event of the batch names by one version alone (it was hashed before the rotation, or kept for repair). Of
 * several known keys the oldest is the person's; others that are stored stay beside it, each with it as its `older`, so
 * that what binds one binds both. Where none is known, all events of the batch agree on the oldest that any of them was sent under.
 */
export function settle(envelopes: readonly EventEnvelope[], stored: ReadonlySet<string>): EventEnvelope[] {
  const known = new Set(stored);
  const sent = new Set<string>();
  for (const { events } of envelopes) {
    for (const { identifiers } of events) {
      for (const scoped of scopedKeys(identifiers))
        if (stored.has(scoped)) known.add(scoped.slice(scoped.indexOf("|") + 1));
      for (const ref of identifiers) (hasOthers(ref) ? sent : known).add(ref.key);
    }
  }
  return envelopes.map((envelope) => ({
    ...envelope,
    events: envelope.events.map((event) =>
      event.identifiers.some(hasOthers)
        ? { ...event, identifiers: settleRefs(event.identifiers, stored, known, sent) }
        : event,
    ),
  }));
}

function settleRefs(
  refs: readonly IdentifierRef[],
  stored: ReadonlySet<string>,
  known: ReadonlySet<string>,
  sent: ReadonlySet<string>,
): IdentifierRef[] {
  const settled = new Map<string, IdentifierRef>();
  const add = (ref: IdentifierRef) => settled.has(ref.key) || settled.set(ref.key, ref);
  for (const ref of refs) {
    const { proof } = ref;
    const keys = oldestFirst(candidates(ref));
    const key = keys.find((each) => known.has(each)) ?? keys.find((each) => sent.has(each)) ?? ref.key;
    add({ key, proof });
    for (const other of keys)
      if (other !== key && stored.has(other)) add({ key: other, older: [key], proof });
  }
  return [...settled.values()];
}

/** `<device>|<person>` for each device and person of an event, by all versions, where one of them has several. */
function scopedKeys(refs: readonly IdentifierRef[]): string[] {
  const keysOf = (some: readonly IdentifierRef[]) => some.flatMap(candidates);
  const persons = refs.filter(({ key }) => namesPerson(key));
  const devices = keysOf(refs.filter(({ key }) => !namesPerson(key)));
  return keysOf(persons.filter(hasOthers)).flatMap((person) =>
    devices.map((device) => `${device}|${person}`),
  );
}

const versionOf = (key: string): number => Number(key.slice(key.indexOf(":") + 1, key.indexOf(".")));

const oldestFirst = (keys: readonly string[]): string[] =>
  [...keys].sort((a, b) => versionOf(a) - versionOf(b));
