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
import { namesPerson } from "#identity/graph";
import { normaliseIdentifier } from "#identity/normalise";
import { sealIngress } from "#privacy/ingress";
import type { Keyring } from "#privacy/keys";
import { identifierKey, otherIdentifierKeys } from "#privacy/lookup";
import type { IncomingEvent } from "./protocols/protocol.ts";
import type { EventProof, Proven } from "./prove.ts";
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
const RULES = new Map<string, (typeof FIELDS)[number]["rule"]>(FIELDS.map((f) => [f.name, f.rule]));

/**
 * @param proof `source` where the event came with a secret key, else `claim`
 * @param visitorKey the cookie's identifier, if the request has a visitor
 * @param now epoch ms at which it was received
 * @param token what the event's identity token came to, where it had one
 */
export function identify(
  keys: Keyring,
  incoming: IncomingEvent,
  granted: readonly Purpose[],
  proof: "source" | "claim",
  visitorKey: string | undefined,
  now: number,
  token?: EventProof,
): Identified | Promise<Identified> {
  const proven = token?.proven;
  const removed: Removal[] = token ? [...token.removed] : [];
  const pending: (Hashed | Promise<Hashed>)[] = [];
  const add: Add = (namespace, value) => {
    const normal = normaliseIdentifier(namespace, value);
    if (normal === undefined) return "invalid_identifier";
    const beside = proven && besideToken(proven, namespace, normal, visitorKey !== undefined);
    if (beside === "proved") return undefined;
    if (beside) return beside;
    pending.push(
      namespace === "anonymous_id" ? hashedAnonymous(keys, normal) : hashed(keys, namespace, normal),
    );
    return undefined;
  };
  const claim = (namespace: IdentifierNamespace, value: string) => {
    const reason = add(namespace, value);
    if (reason) removed.push(dropped(namespace, reason));
  };
  if (incoming.userId) claim("user_id", incoming.userId);
  if (incoming.anonymousId) claim("anonymous_id", incoming.anonymousId);
  for (const { namespace, value } of incoming.identifiers ?? []) {
    const isSame = namespace === "anonymous_id" && value === incoming.anonymousId;
    if (!isSame) claim(namespace, value);
  }
  const traits =
    incoming.traits === undefined ? undefined : readTraits(incoming.traits, granted, add, removed);
  const hasTraits = traits !== undefined && Object.keys(traits).length > 0;
  const refsOf = (found: readonly Hashed[]): IdentifierRef[] => {
    const refs = found.map(
      (hash): IdentifierRef => (typeof hash === "string" ? { key: hash, proof } : { ...hash, proof }),
    );
    if (proven) refs.unshift(...provenRefs(proven, granted));
    // The cookie's key is always of the version that the cookie says.
    if (visitorKey) refs.unshift({ key: visitorKey, proof: "cookie" });
    return refs;
  };
  if (!hasTraits && pending.every((hash): hash is Hashed => !(hash instanceof Promise)))
    return { identifiers: refsOf(pending), removed };
  const sealing = hasTraits
    ? sealIngress(keys.ingress, JSON.stringify(traits), ["event", incoming.id], now)
    : undefined;
  return Promise.all([sealing, ...pending]).then(([sealed, ...found]) => ({
    identifiers: refsOf(found.filter((key) => key !== undefined)),
    removed,
    ...(sealed && { sealed }),
  }));
}

/** Takes an identifier that the event claims. @returns why it is not taken */
type Add = (namespace: IdentifierNamespace, value: string) => Removal["reason"] | undefined;

/** A profile has one of these at most (src/identity/partition.ts). */
const UNIQUE: readonly IdentifierNamespace[] = ["user_id", "customer_id"];

/**
 * What becomes of a claim beside a token. Of a user id the token's holds. An address that the token does not prove stays a
 * claim, which the browser keeps apart; where there is no browser it has no place but the person's own record, which
 * nothing unproved may change.
 */
function besideToken(
  { identifiers }: Proven,
  namespace: IdentifierNamespace,
  value: string,
  hasBrowser: boolean,
): "proved" | Removal["reason"] | undefined {
  const own = identifiers.find((one) => one.namespace === namespace);
  if (own?.value === value) return "proved";
  if (own && UNIQUE.includes(namespace)) return "token_names_another";
  return hasBrowser || !namesPerson(`${namespace}:`) ? undefined : "not_in_token";
}

/** As claims of the same kind: an address only where a granted purpose may have its hash. */
const provenRefs = ({ identifiers }: Proven, granted: readonly Purpose[]): IdentifierRef[] =>
  identifiers.flatMap(({ namespace, ref }, place) => {
    const hashedFor = place === 0 ? undefined : RULES.get(namespace)?.hashedFor;
    return !hashedFor || hashedFor.some((purpose) => granted.includes(purpose)) ? [ref] : [];
  });

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
function readTraits(raw: unknown, granted: readonly Purpose[], add: Add, removed: Removal[]): Traits {
  const given = asRecord(raw) ?? {};
  const kept: Record<string, string> = {};
  for (const { name, schema, rule } of FIELDS) {
    const value = given[name];
    if (value === undefined || value === null || value === "") continue;
    const path = `traits.${name}`;
    const parsed = schema.safeParse(typeof value === "string" ? value.trim() : value);
    if (!parsed.success) {
      removed.push(dropped(path, "invalid_identifier"));
      continue;
    }
    const clear = rule.purposes.some((p) => granted.includes(p));
    let hashed = false;
    if (rule.hashedFor?.some((p) => granted.includes(p))) {
      // Every trait with `hashedFor` is named as its namespace.
      const reason = add(name as IdentifierNamespace, parsed.data);
      if (reason) {
        removed.push(dropped(path, reason));
        continue;
      }
      hashed = true;
    }
    if (clear) kept[name] = parsed.data;
    else removed.push({ path, action: hashed ? "hashed" : "dropped", reason: "purpose_not_granted" });
  }
  for (const key in given) {
    if (!RULES.has(key) && removed.length < 50) {
      removed.push({ path: `traits.${shownKey(key)}`, action: "dropped", reason: "not_in_contract" });
    }
  }
  return kept;
}

const dropped = (path: string, reason: Removal["reason"]): Removal => ({ path, action: "dropped", reason });
