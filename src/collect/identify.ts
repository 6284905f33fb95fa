/**
 * Who an event says it is about: its identifiers as keyed hashes with what proves each, and its personal traits sealed.
 * A value whose hash no granted purpose may hold goes altogether.
 */

import { shownKey } from "#consent/minimise";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { MAX_IDENTIFIERS } from "#contracts/event";
import type { IdentifierRef, Removal } from "#contracts/messages/event_envelope";
import { CUSTOM_NAMESPACE } from "#contracts/namespaces";
import type { IdentifierNamespace, Purpose } from "#contracts/taxonomy";
import { type Recent, recent } from "#door/recent";
import { namesPersonBy } from "#identity/graph";
import { type MatchTraits, matchesOf, matchRules } from "#identity/match";
import { needsPhones, readIdentifier } from "#identity/normalise";
import { loadPhones } from "#identity/normalise/phone";
import { type ValueRules, valueRules } from "#identity/normalise/rules";
import { identityRules } from "#identity/rules";
import { sealIngress } from "#privacy/ingress";
import type { Keyring } from "#privacy/keys";
import { identifierKey, otherIdentifierKeys } from "#privacy/lookup";
import type { IncomingEvent, NamedIdentifier } from "./protocols/protocol.ts";
import type { EventProof, Proven } from "./prove.ts";
import { asRecord } from "./shape.ts";
import { type Add, dropped, mayHash, readTraits } from "./traits.ts";

export interface Identified {
  identifiers: IdentifierRef[];
  sealed?: string;
  removed: Removal[];
}

/** What is known of an event besides what it says itself. */
export interface Sender {
  /** `source` where the event came with a secret key, else `claim`. */
  proof: "source" | "claim";
  /** The cookie's identifier, if the request has a visitor. */
  visitorKey: string | undefined;
  /** Epoch ms at which it was received. */
  now: number;
  /** The release whose rules of identity hold. */
  document: ReleaseDocument;
  /** What the event's identity token came to, where it had one. */
  token?: EventProof | undefined;
}

export function identify(
  keys: Keyring,
  incoming: IncomingEvent,
  granted: readonly Purpose[],
  sender: Sender,
): Identified | Promise<Identified> {
  const rules = valueRules(sender.document);
  // Not for most events: the numbering plans are loaded when the first number comes.
  const loading = namesPhone(incoming, rules) ? loadPhones() : undefined;
  return loading
    ? loading.then(() => identifyBy(rules, keys, incoming, granted, sender))
    : identifyBy(rules, keys, incoming, granted, sender);
}

const namesPhone = ({ traits, identifiers }: IncomingEvent, rules: ValueRules): boolean =>
  (traits !== undefined && asRecord(traits)?.phone !== undefined) ||
  (identifiers?.some(({ namespace }) => needsPhones(namespace, rules)) ?? false);

function identifyBy(
  rules: ValueRules,
  keys: Keyring,
  incoming: IncomingEvent,
  granted: readonly Purpose[],
  { proof, visitorKey, now, document, token }: Sender,
): Identified | Promise<Identified> {
  const proven = token?.proven;
  const removed: Removal[] = token ? [...token.removed] : [];
  const pending: (Hashed | Promise<Hashed>)[] = [];
  const told: MatchTraits = {};
  let namesSomebody = proven !== undefined;
  const add: Add = (namespace, value) => {
    const read = readIdentifier(namespace, value, rules);
    if (!read.ok) return read;
    const beside = proven && besideToken(proven, namespace, read.value, visitorKey !== undefined, document);
    if (beside === "proved") return read;
    if (beside) return { ok: false, reason: beside };
    namesSomebody ||= namesPersonBy(namespace);
    // The rules know the namespace.
    const known = namespace as IdentifierNamespace;
    pending.push(
      known === "anonymous_id" ? hashedAnonymous(keys, read.value) : hashed(keys, known, read.value),
    );
    return read;
  };
  const claim = (namespace: string, value: string) => {
    const read = mayHash(formOf(namespace, rules), granted) ? add(namespace, value) : NOT_GRANTED;
    if (!read.ok) removed.push(dropped(shownNamespace(namespace), read.reason));
    else if (namespace === "email" || namespace === "phone") told[namespace] = read.value;
  };
  if (incoming.userId) claim("user_id", incoming.userId);
  if (incoming.anonymousId) claim("anonymous_id", incoming.anonymousId);
  const { identifiers = [] } = incoming;
  for (let place = 0; place < identifiers.length && place < MAX_IDENTIFIERS; place++) {
    const { namespace, value } = identifiers[place] as NamedIdentifier; // within the list
    if (isSaid(incoming, namespace, value)) continue;
    claim(namespace, value);
  }
  if (identifiers.length > MAX_IDENTIFIERS) removed.push(dropped("identifiers", "too_many_identifiers"));
  const traits =
    incoming.traits === undefined ? undefined : readTraits(incoming.traits, granted, add, removed, told);
  const hasTraits = traits !== undefined && Object.keys(traits).length > 0;
  const matching = matchRules(document);
  const matches =
    matching.length > 0 && namesSomebody && (proof === "source" || proven)
      ? matchesOf(matching, proven ? provenTraits(proven, granted) : told).map(({ namespace, value }) =>
          hashed(keys, namespace, value),
        )
      : NO_MATCHES;
  const refsOf = (found: readonly Hashed[], derived: readonly Hashed[]): IdentifierRef[] => {
    // The cookie's key is always of the version that the cookie says.
    const refs: IdentifierRef[] = visitorKey ? [{ key: visitorKey, proof: "cookie" }] : [];
    if (proven) refs.push(...provenRefs(proven, granted, rules));
    for (const hash of found) refs.push(refOf(hash, proof));
    for (const hash of derived) refs.push(refOf(hash, proven ? "token" : "source"));
    return identifiers.length > 0 ? onceEach(refs) : refs;
  };
  if (
    !hasTraits &&
    matches.length === 0 &&
    pending.every((hash): hash is Hashed => !(hash instanceof Promise))
  )
    return { identifiers: refsOf(pending, []), removed };
  const sealing = hasTraits
    ? sealIngress(keys.ingress, JSON.stringify(traits), ["event", incoming.id], now)
    : undefined;
  return Promise.all([sealing, Promise.all(pending), Promise.all(matches)]).then(
    ([sealed, found, derived]) => ({
      identifiers: refsOf(found, derived),
      removed,
      ...(sealed && { sealed }),
    }),
  );
}

const NO_MATCHES: readonly Promise<Hashed>[] = [];
const NOT_GRANTED = { ok: false, reason: "purpose_not_granted" } as const;

/** As an event names its user and its anonymous id: what it says of them again is the same. */
const isSaid = ({ anonymousId, userId }: IncomingEvent, namespace: string, value: string): boolean =>
  (namespace === "anonymous_id" && value === anonymousId) || (namespace === "user_id" && value === userId);

/** What a value is to the purposes: one of one's own namespaces may hold addresses, too. */
const formOf = (namespace: string, { namespaces }: ValueRules): string => {
  const form = namespaces.get(namespace)?.form;
  return form === "email" || form === "phone" ? form : namespace;
};

/** A namespace as a receipt shows it: a sender may write anything in its place. */
const shownNamespace = (namespace: string): string =>
  CUSTOM_NAMESPACE.test(namespace) ? namespace : shownKey(namespace);

const refOf = (hash: Hashed, proof: IdentifierRef["proof"]): IdentifierRef =>
  typeof hash === "string" ? { key: hash, proof } : { ...hash, proof };

/** One identifier may be named in several ways; the first counts, which is the best proved. */
const onceEach = (refs: readonly IdentifierRef[]): IdentifierRef[] => {
  const seen = new Set<string>();
  return refs.filter(({ key }) => !seen.has(key) && seen.add(key));
};

/** Of what a token proves, that which match rules may compare. */
function provenTraits({ identifiers }: Proven, granted: readonly Purpose[]): MatchTraits {
  const traits: MatchTraits = {};
  for (const { namespace, value } of identifiers)
    if ((namespace === "email" || namespace === "phone") && mayHash(namespace, granted))
      traits[namespace] = value;
  return traits;
}

/**
 * What becomes of a claim beside a token. Of a user id the token's holds. An address that the token does not prove stays a
 * claim, which the browser keeps apart; where there is no browser it has no place but the person's own record, which
 * nothing unproved may change.
 */
function besideToken(
  { identifiers }: Proven,
  namespace: string,
  value: string,
  hasBrowser: boolean,
  document: ReleaseDocument,
): "proved" | Removal["reason"] | undefined {
  const own = identifiers.find((one) => one.namespace === namespace);
  if (own?.value === value) return "proved";
  if (own && identityRules(document).isUnique(namespace)) return "token_names_another";
  return hasBrowser || !namesPersonBy(namespace) ? undefined : "not_in_token";
}

/** As claims of the same kind: an address only where a granted purpose may have its hash. */
const provenRefs = (
  { identifiers }: Proven,
  granted: readonly Purpose[],
  rules: ValueRules,
): IdentifierRef[] =>
  identifiers.flatMap(({ namespace, ref }, place) =>
    place === 0 || mayHash(formOf(namespace, rules), granted) ? [ref] : [],
  );

/** An identifier under the current look-up key and, where there are others, under them. */
type Hashed = string | { key: string; older: string[] };

function hashed(
  { lookup }: Keyring,
  namespace: IdentifierNamespace | `match-${string}`,
  normal: string,
): Promise<Hashed> {
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
