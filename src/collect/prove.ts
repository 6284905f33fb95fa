/**
 * Who the identity tokens of a request prove its senders to be. A token is taken off its event here, before anything
 * else is done with the event: what goes on is whom it proves, or why it proves nothing. Called by accept.ts, and only
 * for requests that carry one.
 */
import type { IdentifierRef, Removal } from "#contracts/messages/event_envelope";
import type { IdentifierNamespace, TokenProblem } from "#contracts/taxonomy";
import { narrowText } from "#core/clean-text";
import { type Proved, refuse, type Verdict } from "#door/proof/verdict";
import type { TokenVerifier } from "#door/proof/verifier";
import { needsPhones, readIdentifier } from "#identity/normalise";
import { loadPhones } from "#identity/normalise/phone";
import type { ValueRules } from "#identity/normalise/rules";
import type { Keyring } from "#privacy/keys";
import { identifierKey, otherIdentifierKeys } from "#privacy/lookup";
import type { IncomingEvent } from "./protocols/protocol.ts";

/** An identifier that a token proves. */
export interface ProvenIdentifier {
  namespace: IdentifierNamespace;
  /** Normalised. */
  value: string;
  ref: IdentifierRef;
}

/** A person whom a token proves. */
export interface Proven {
  /** The token's `sub` first. */
  identifiers: readonly [person: ProvenIdentifier, ...others: ProvenIdentifier[]];
  /** Keys of the person by each version of the look-up key, the current one first: so a session names them. */
  keys: readonly string[];
}

/** What an event's token came to. */
export interface EventProof {
  proven?: Proven;
  problem?: TokenProblem;
  /** For the event's receipt. */
  removed: readonly Removal[];
}

/** Every token is verified once a request; one that carries more different ones than this is made up. */
const MAX_TOKENS = 4;

export interface ProofDeps {
  /** Absent where no issuer is configured. */
  verifier: TokenVerifier | undefined;
  keys: Keyring;
  /** The release's. */
  rules: ValueRules;
  /** Id of the source. */
  source: string;
  /** Epoch ms. */
  now: number;
  /** The tokens came in the request's address, which logs and histories keep: they are not looked at. */
  inAddress: boolean;
}

/** Take the tokens off the events; whether there is any. */
export function takeTokens(events: readonly IncomingEvent[]): Map<number, unknown> | undefined {
  let tokens: Map<number, unknown> | undefined;
  for (const event of events) {
    const { token } = event;
    if (token === undefined || token === null || token === "") continue;
    tokens ??= new Map();
    tokens.set(event.index, token);
    event.token = undefined;
  }
  return tokens;
}

/** What tokens prove. @param tokens by index of the event @returns by index of the event */
export async function prove(
  tokens: ReadonlyMap<number, unknown>,
  deps: ProofDeps,
): Promise<Map<number, EventProof>> {
  const byToken = new Map<unknown, EventProof>();
  const proofs = new Map<number, EventProof>();
  for (const [index, token] of tokens) {
    let proof = byToken.get(token);
    if (!proof) {
      proof = byToken.size < MAX_TOKENS ? await proofOf(token, deps) : problem("token_too_many");
      if (byToken.size < MAX_TOKENS) byToken.set(token, proof);
    }
    proofs.set(index, proof);
  }
  return proofs;
}

async function proofOf(token: unknown, deps: ProofDeps): Promise<EventProof> {
  const { verifier, keys, rules, source, now, inAddress } = deps;
  if (inAddress) return problem("token_in_url");
  const verdict: Verdict = verifier
    ? await verifier.verify(token, source, now)
    : refuse("token_unknown_issuer");
  if (!verdict.ok) return problem(verdict.problem);
  const known = proofsOf(keys).get(verdict);
  if (known?.rules === rules) return known.proof;
  const proof = await provenBy(verdict, keys, rules);
  proofsOf(keys).set(verdict, { rules, proof });
  return proof;
}

const problem = (reason: TokenProblem): EventProof => ({
  problem: reason,
  removed: [{ path: "token", action: "dropped", reason }],
});

type Genuine = Extract<Verdict, { ok: true }>;

/** What a token came to, and by which rules. */
type Proofs = WeakMap<Genuine, { rules: ValueRules; proof: EventProof }>;

/** A token that comes with every event of a visit is hashed once. */
const proofs = new WeakMap<Keyring, Proofs>();

function proofsOf(keys: Keyring): Proofs {
  let made = proofs.get(keys);
  if (!made) {
    made = new WeakMap();
    proofs.set(keys, made);
  }
  return made;
}

async function provenBy(
  { person, others, unverified }: Genuine,
  keys: Keyring,
  rules: ValueRules,
): Promise<EventProof> {
  if ([person, ...others].some(({ namespace }) => needsPhones(namespace, rules))) await loadPhones();
  const named = await provenIdentifier(person, keys, rules);
  if (!named.ok) return problem("token_names_nobody");
  const removed: Removal[] = [];
  const drop = (name: string, reason: Removal["reason"]) =>
    removed.push({ path: `token.${name}`, action: "dropped", reason });
  const proven: ProvenIdentifier[] = [];
  for (const other of others) {
    const read = await provenIdentifier(other, keys, rules);
    if (read.ok) proven.push(read.identifier);
    else drop(other.namespace, read.reason);
  }
  for (const name of unverified) drop(name, "token_claim_not_verified");
  const { ref } = named.identifier;
  return {
    proven: {
      identifiers: [named.identifier, ...proven],
      keys: [ref.key, ...(ref.older ?? [])],
    },
    removed,
  };
}

type ProvenReading = { ok: true; identifier: ProvenIdentifier } | { ok: false; reason: Removal["reason"] };

async function provenIdentifier(
  { namespace, value }: Proved,
  { lookup }: Keyring,
  rules: ValueRules,
): Promise<ProvenReading> {
  // To an issuer a full-width letter is another one: who registers it there must not be somebody else here.
  if (narrowText(value) !== value) return { ok: false, reason: "invalid_identifier" };
  const read = readIdentifier(namespace, value, rules);
  if (!read.ok) return read;
  const [key, older] = await Promise.all([
    identifierKey(lookup, namespace, read.value),
    otherIdentifierKeys(lookup, namespace, read.value),
  ]);
  const ref = { key, proof: "token", ...(older.length > 0 && { older }) } as const;
  return { ok: true, identifier: { namespace, value: read.value, ref } };
}
