/**
 * Whose browser it is, where tokens prove who uses it. A visitor belongs to the first person who is proved with it, and
 * the session says to whom (`whose`). When another person is proved there, the browser gets a new visitor id and session:
 * what the first one did stays theirs, and the second never reads it. Called by accept.ts, for requests with a token.
 */
import type { NewId } from "#core/clock";
import type { RequestContext } from "#door/context";
import { mayRemember } from "#door/respond";
import { type Session, startSession } from "#door/session";
import { newVisitor } from "#door/visitor";
import { isWhose, whoseOf } from "#door/whose";
import type { EventProof, Proven } from "./prove.ts";
import type { RequestVisitor } from "./request-visitor.ts";

/** What one event is seen with. */
export interface Belonging {
  visitorKey: string | undefined;
  session: Session | undefined;
  token?: EventProof | undefined;
}

/** Whose the request is after it, and what each of its events belongs to. */
export interface Owners {
  visitor: RequestVisitor;
  session: Session | undefined;
  of(index: number): Belonging;
}

interface Given {
  visitor: RequestVisitor;
  session: Session | undefined;
  /** Indexes of the request's events, ascending. */
  order: readonly number[];
  proofs: ReadonlyMap<number, EventProof>;
  context: RequestContext;
}

interface Deps {
  newId: NewId;
  randomBytes(count: number): Uint8Array;
}

/** Decide whose a request's visitor is. The person who was proved last is the one who uses the browser now. */
export async function belong(given: Given, { newId, randomBytes }: Deps): Promise<Owners> {
  const { visitor, session, order, proofs, context } = given;
  const proven = order.flatMap((index) => proofs.get(index)?.proven ?? []);
  const [first, last] = [proven[0], proven.at(-1)];
  const here = { visitorKey: visitor.key, session };
  if (!first || !last || visitor.key === undefined)
    return { visitor, session, of: (index) => ({ ...here, token: proofs.get(index) }) };

  // Without a session cookie nobody can say whose the browser was. Then nothing personal is shown either; and should it
  // be proved two people's, the partition gives it to neither.
  const isKept = mayRemember(context.consent.granted) && !context.device.bot;
  const owner = isKept ? session?.whose : undefined;
  const isOwners = (one: Proven) => isSame(one, owner ?? whoseOf(first.keys));
  if (isOwners(last) || !isKept || !session) {
    const isHere = isKept ? isOwners : (one: Proven) => isSame(one, whoseOf(last.keys));
    const own = session && belongingTo(session, last, context.now);
    return {
      visitor,
      session: own,
      of(index) {
        const token = proofs.get(index);
        return token?.proven && !isHere(token.proven)
          ? { ...NO_BROWSER, token }
          : { visitorKey: visitor.key, session: own, token };
      },
    };
  }

  const fresh = { ...(await newVisitor(context.keys, randomBytes(16))), isNew: true, renew: true };
  const own = belongingTo(startSession(newId(), context.now, undefined, true), last, context.now);
  const isNow = (one: Proven) => isSame(one, whoseOf(last.keys));
  const changesAt = order.find((index) => {
    const one = proofs.get(index)?.proven;
    return one !== undefined && isNow(one);
  });
  return {
    visitor: fresh,
    session: own,
    of(index) {
      const token = proofs.get(index);
      // What carries no proof belongs to whoever was there at that point.
      const isNew = token?.proven ? isNow(token.proven) : index > (changesAt ?? 0);
      if (isNew) return { visitorKey: fresh.key, session: own, token };
      return token?.proven && !isOwners(token.proven) ? { ...NO_BROWSER, token } : { ...here, token };
    },
  };
}

const NO_BROWSER = { visitorKey: undefined, session: undefined };

const isSame = ({ keys }: Proven, other: string | undefined): boolean =>
  other !== undefined && isWhose(other, keys);

/**
 * The session of this person; itself where it says so already. Their history is more than it remembers, so that it is no
 * first one: the snapshot is read, and other trackers' cookies, which may be of whoever was here before, are not adopted.
 * That it was proved now lets the next page read what the person has, before ingest has joined the browser to them.
 */
function belongingTo(session: Session, { keys }: Proven, now: number): Session {
  const whose = whoseOf(keys);
  return session.whose === whose ? session : { ...session, whose, provedAt: now, first: false };
}
