/**
 * Who an event says it is about: its identifiers as keyed hashes with what proves each, and its personal traits sealed.
 * A value whose hash no granted purpose may hold goes altogether.
 */

import { shownKey } from "#consent/minimise";
import { type Traits, traitsSchema } from "#contracts/event";
import { fieldRule } from "#contracts/fields";
import type { IdentifierRef, Removal } from "#contracts/messages/event_envelope";
import type { IdentifierNamespace, Purpose } from "#contracts/taxonomy";
import { type Recent, recent } from "#door/recent";
import { normaliseIdentifier } from "#identity/normalise";
import type { Keyring } from "#privacy/keys";
import { identifierKey } from "#privacy/lookup";
import { seal } from "#privacy/seal";
import type { IncomingEvent } from "./protocols/protocol.ts";
import { asRecord } from "./shape.ts";

export interface Identified {
  identifiers: IdentifierRef[];
  sealed?: string;
  removed: Removal[];
}

type Shape = typeof traitsSchema.shape;
const FIELDS = (Object.keys(traitsSchema.shape) as (keyof Shape)[]).map((name) => {
  const schema = traitsSchema.shape[name];
  const rule = fieldRule(schema.unwrap());
  if (!rule) throw new Error(`trait ${name} has no class`);
  return { name, schema: schema.unwrap(), rule };
});
const NAMES = new Set<string>(FIELDS.map((f) => f.name));

/**
 * @param proof `source` where the event came with a secret key, else `claim`
 * @param visitorKey the cookie's identifier, if the request has a visitor
 */
export function identify(
  keys: Keyring,
  incoming: IncomingEvent,
  granted: readonly Purpose[],
  proof: "source" | "claim",
  visitorKey: string | undefined,
): Identified | Promise<Identified> {
  const removed: Removal[] = [];
  const pending: (string | Promise<string>)[] = [];
  const add = (namespace: IdentifierNamespace, value: string): boolean => {
    const normal = normaliseIdentifier(namespace, value);
    if (normal === undefined) return false;
    pending.push(
      namespace === "anonymous_id"
        ? anonymousKey(keys, normal)
        : identifierKey(keys.lookup, namespace, normal),
    );
    return true;
  };
  if (incoming.userId && !add("user_id", incoming.userId)) removed.push(invalid("user_id"));
  if (incoming.anonymousId && !add("anonymous_id", incoming.anonymousId))
    removed.push(invalid("anonymous_id"));
  for (const { namespace, value } of incoming.identifiers ?? []) {
    const isSame = namespace === "anonymous_id" && value === incoming.anonymousId;
    if (!isSame && !add(namespace, value)) removed.push(invalid(namespace));
  }
  const traits =
    incoming.traits === undefined ? undefined : readTraits(incoming.traits, granted, add, removed);
  const hasTraits = traits !== undefined && Object.keys(traits).length > 0;
  const refsOf = (found: readonly string[]): IdentifierRef[] => {
    const refs = found.map((key): IdentifierRef => ({ key, proof }));
    if (visitorKey) refs.unshift({ key: visitorKey, proof: "cookie" });
    return refs;
  };
  if (!hasTraits && pending.every((key) => typeof key === "string"))
    return { identifiers: refsOf(pending), removed };
  const sealing = hasTraits ? seal(keys.ingress, JSON.stringify(traits), `event:${incoming.id}`) : undefined;
  return Promise.all([sealing, ...pending]).then(([sealed, ...found]) => ({
    identifiers: refsOf(found.filter((key) => key !== undefined)),
    removed,
    ...(sealed && { sealed }),
  }));
}

/** Keys of anonymous ids that this isolate has made: a client sends its own with every event. Of no other namespace. */
const anonymousKeys = new WeakMap<Keyring, Recent<string>>();

function anonymousKey(keys: Keyring, value: string): string | Promise<string> {
  let known = anonymousKeys.get(keys);
  if (!known) {
    known = recent<string>(2_000);
    anonymousKeys.set(keys, known);
  }
  const made = known.get(value);
  if (made !== undefined) return made;
  const memory = known;
  return identifierKey(keys.lookup, "anonymous_id", value).then((key) => {
    if (memory.get(value) === undefined) memory.keep(value, key);
    return key;
  });
}

/** The traits that may be kept in the clear, to be sealed; identifiers among them are added on the way. */
function readTraits(
  raw: unknown,
  granted: readonly Purpose[],
  add: (namespace: IdentifierNamespace, value: string) => boolean,
  removed: Removal[],
): Traits {
  const given = asRecord(raw) ?? {};
  const kept: Record<string, string> = {};
  for (const { name, schema, rule } of FIELDS) {
    const value = given[name];
    if (value === undefined || value === null || value === "") continue;
    const path = `traits.${name}`;
    const parsed = schema.safeParse(typeof value === "string" ? value.trim() : value);
    if (!parsed.success) {
      removed.push(invalid(path));
      continue;
    }
    const clear = rule.purposes.some((p) => granted.includes(p));
    let hashed = false;
    if (rule.hashedFor?.some((p) => granted.includes(p))) {
      // Every trait with `hashedFor` is named as its namespace.
      hashed = add(name as IdentifierNamespace, parsed.data);
      if (!hashed) {
        removed.push(invalid(path));
        continue;
      }
    }
    if (clear) kept[name] = parsed.data;
    else removed.push({ path, action: hashed ? "hashed" : "dropped", reason: "purpose_not_granted" });
  }
  for (const key in given) {
    if (!NAMES.has(key) && removed.length < 50) {
      removed.push({ path: `traits.${shownKey(key)}`, action: "dropped", reason: "not_in_contract" });
    }
  }
  return kept;
}

const invalid = (path: string): Removal => ({ path, action: "dropped", reason: "invalid_identifier" });
