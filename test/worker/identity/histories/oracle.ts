/**
 * What a history comes to, whatever happens on the way: computed from its events alone, without any storage. The partition is
 * that of all their links, each dated by its earliest evidence; facts and traits are those of each row's own events.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { AcceptedEvent, EventEnvelope } from "#contracts/messages/event_envelope";
import { best, ruleOf, traitRules } from "#identity/golden/choose";
import { isProvenPerson, type Link, linkId } from "#identity/graph";
import { type Partition, partition } from "#identity/partition";
import { identityRules } from "#identity/rules";
import { eventsOf } from "#ingest/batch";
import { type FactState, foldEvent } from "#segments/features";
import { featuresFor } from "#segments/purposes";

/** A golden value, with where it is from. */
export interface Expected {
  value: string;
  source: string;
  event: string;
  at: number;
  verified: boolean;
  key: string;
}

export interface Truth {
  /** All keys that any event names, and the rows of facts. */
  keys: Set<string>;
  parts: Partition;
  /** Link id → the link as its earliest evidence has it. Scopes are left out: they are not stored. */
  links: Map<string, Link>;
  /** Row → its facts. */
  facts: Map<string, FactState>;
  /** Root → field → value. */
  golden: Map<string, Record<string, Expected>>;
  /** Row → event ids. */
  events: Map<string, Set<string>>;
}

/** @param traitsOf what an event had in `sealed` */
export function truthOf(
  envelopes: readonly EventEnvelope[],
  document: ReleaseDocument,
  traitsOf: (event: AcceptedEvent) => Record<string, string> | undefined,
  now: number,
): Truth {
  const rules = identityRules(document);
  const keys = new Set<string>();
  const all = new Map<string, Link>();
  const facts = new Map<string, FactState>();
  const events = new Map<string, Set<string>>();
  const candidates: (Expected & { field: string })[] = [];
  for (const { event, source, resolution } of eventsOf(envelopes, document)) {
    for (const key of resolution.keys) keys.add(key);
    for (const link of resolution.links) {
      const known = all.get(linkId(link));
      const isEarlier =
        !known || link.at < known.at || (link.at === known.at && link.eventId < known.eventId);
      if (isEarlier) all.set(linkId(link), link);
    }
    const { factsKey } = resolution;
    const own = events.get(factsKey) ?? new Set();
    events.set(factsKey, own);
    // Sent twice, it counts once.
    if (own.has(event.id)) continue;
    own.add(event.id);
    let folded = facts.get(factsKey) ?? {};
    for (const purpose of event.consent.granted)
      folded = foldEvent(folded, event, featuresFor(document, purpose), now);
    facts.set(factsKey, folded);
    for (const [field, value] of Object.entries(traitsOf(event) ?? {})) {
      const from = { source, event: event.id, at: event.occurredAt };
      candidates.push({ field, value, key: factsKey, verified: isProvenPerson(factsKey), ...from });
    }
  }
  const parts = partition(keys, [...all.values()], rules);
  const golden: Truth["golden"] = new Map();
  for (const [root, own] of Map.groupBy(candidates, ({ key }) => parts.rootOf.get(key) ?? key)) {
    const record: Record<string, Expected> = {};
    for (const [field, some] of Map.groupBy(own, (one) => one.field)) {
      const chosen = best(some, ruleOf(traitRules(document), field));
      if (!chosen) continue;
      const { field: _, ...value } = chosen;
      record[field] = value;
    }
    golden.set(root, record);
  }
  const links = new Map([...all].filter(([, { kind }]) => kind !== "scope"));
  return { keys, parts, links, facts, golden, events };
}
