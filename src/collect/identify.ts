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
import { identifierKey, otherIdentifierKeys } from "#privacy/lookup";
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
  const pending: (Hashed | Promise<Hashed>)[] = [];
  const add = (namespace: IdentifierNamespace, value: string): boolean => {
    const normal = normaliseIdentifier(namespace, value);
    if (normal === undefined) return false;
    pending.push(
      namespace === "anonymous_id" ? hashedAnonymous(keys, normal) : hashed(keys, namespace, normal),
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
  const refsOf = (found: readonly Hashed[]): IdentifierRef[] => {
    const refs = found.map(
      (hash): IdentifierRef => (typeof hash === "string" ? { key: hash, proof } : { ...hash, proof }),
    );
    // The cookie's key is always of the version that the cookie says.
    if (visitorKey) refs.unshift({ key: visitorKey, proof: "cookie" });
    return refs;
  };
  if (!hasTraits && pending.every((hash): hash is Hashed => !(hash instanceof Promise)))
    return { identifiers: refsOf(pending), removed };
  const sealing = hasTraits ? seal(keys.ingress, JSON.stringify(traits), `event:${incoming.id}`) : undefined;
  return Promise.all([sealing, ...pending]).then(([sealed, ...found]) => ({
    identifiers: refsOf(found.filter((key) => key !== undefined)),
    removed,
    ...(sealed && { sealed }),
  }));
}

/** An identifier under the current look-up key and, where there are others, under them. */
type Hashed = string | { key: string; older: string[] };

function hashed({ lookup }: Keyring, namespace: IdentifierNamespace, normal: string): Promise<Hashed> {
  if (lookup.others.length === 0) return identifierKey(lookup, namespace, normal);
  return Promise.all([
    identifierKey(lookup, namespace, normal),
    otherIdentifierKeys(lookup, namespace, normal),
  ]).then(([key, older]) => ({ key, older }));
}

/** Anonymous ids that this isolate has hashed: a client sends its own with every event. Of no other namespace. */
const anonymousIds = new WeakMap<Keyring, Recent<Hashed>>();

function hashedAnonymous(keys: Keyring, value: string): Hashed | Promise<Hashed> {
  let known = anonymousIds.get(keys);
  if (!known) {
    known = recent<Hashed>(2_000);
    anonymousIds.set(keys, known);
  }
  const made = known.get(value);
  if (made !== undefined) return made;
  const memory = known;
  return hashed(keys, "anonymous_id", value).then((hash) => {
    if (memory.get(value) === undefined) memory.keep(value, hash);
    return hash;
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
