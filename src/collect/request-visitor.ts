/** Whose request it is, as far as our cookies say and consent allows; called by accept.ts. */
import type { Signal } from "#consent/signals/signal";
import { DAY_MS } from "#core/clock";
import type { RequestContext } from "#door/context";
import { mayIdentify } from "#door/respond";
import type { AuthenticatedSource } from "#door/source";
import { newVisitor, type Visitor } from "#door/visitor";

export interface RequestVisitor extends Visitor {
  isNew: boolean;
}

export const NOBODY: RequestVisitor = { isNew: false };

/** The visitor whom the cookies name, or nobody where none may be known; undefined: there could be a new one. */
export function knownVisitor(
  { visitor, consent }: RequestContext,
  from: AuthenticatedSource,
): RequestVisitor | undefined {
  if (from.secret || !mayIdentify(consent.granted)) return NOBODY;
  const { id, key, renew, known } = visitor;
  return id && key ? { id, key, renew, known, isNew: false } : undefined;
}

/** A new visitor of our own site, where the cookie would stick. */
export async function newVisitorOf(
  headers: Headers,
  { keys }: RequestContext,
  ownOrigin: string,
  randomBytes: (count: number) => Uint8Array,
): Promise<RequestVisitor> {
  const site = headers.get("sec-fetch-site");
  const sticks = headers.get("origin") === ownOrigin || site === "same-origin" || site === "same-site";
  if (!sticks) return NOBODY;
  const { id, key } = await newVisitor(keys, randomBytes(16));
  return { id, key, renew: true, known: undefined, isNew: true };
}

/** Of a client that asks not to be recognised: nothing that is one visitor's own, not even when they decided. */
export function unlinked({ choice, signals, consent, ...known }: RequestContext): RequestContext {
  return {
    ...known,
    visitor: {},
    choice: choice && {
      ...choice,
      receipt: ANONYMOUS,
      givenAt: dayOf(choice.givenAt),
      expiresAt: dayOf(choice.expiresAt),
    },
    signals: signals.map(withoutTrace),
    consent: { ...consent, ...endOf(consent), receipt: ANONYMOUS, decidedAt: 0 },
  };
}

/** A signal without its fingerprint, and with no more than its day. */
export const withoutTrace = (signal: Signal): Signal => ({
  ...signal,
  ...endOf(signal),
  evidence: ANONYMOUS,
  givenAt: dayOf(signal.givenAt),
});

/** The second at which a consent ends is one visitor's own, too. */
const endOf = ({ expiresAt }: { expiresAt?: number | undefined }): { expiresAt?: number } =>
  expiresAt === undefined ? {} : { expiresAt: dayOf(expiresAt) };

const dayOf = (ms: number): number => ms - (ms % DAY_MS);

const ANONYMOUS = "anonymous";
