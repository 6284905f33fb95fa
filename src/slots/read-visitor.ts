/**
 * What is known of the visitor when a slot is decided: one KV read, within the slot's time budget, and none at all without
 * consent. Where KV has nothing though there may be something, one read of the database within the same time.
 */
import { logError } from "#core/log";
import type { RequestContext } from "#door/context";
import { personKeys } from "#door/whose";
import type { Attributes } from "#segments/attributes";
import { cutsOf } from "#segments/cuts";
import type { Cuts } from "#segments/rfm";
import { type AtEdge, heldAtEdge, readAtEdge } from "#segments/store";
import { bucketingUnit } from "#segments/unit";
import { attributesLately } from "./attributes-lately.ts";
import { compileOffers } from "./decide/compile.ts";
import { type Known, type RowDeps, readRows } from "./read-rows.ts";

export interface VisitorDeps extends RowDeps {
  kv: KVNamespace;
  /** Calls `fire` after `ms`, unless the function that it returns is called first. */
  startTimer(ms: number, fire: () => void): () => void;
  waitUntil(work: Promise<unknown>): void;
}

export type VisitorRead =
  | {
      known: true;
      attributes: Attributes;
      personal: boolean;
      /** Undefined, too, where the release asks for none. */
      unit?: string | undefined;
      /** A person's own fields, for templates: person.ts opens them. */
      sealed?: string | undefined;
    }
  /** The read took longer than the slot may wait, or failed. */
  | { known: false; reason: "budget" | "error" };

/** Even a session that knows all of its own looks after this: a server may have told something of its visitor. */
const FIRST_SESSION_MS = 10 * 60_000;
/** So long after a proof the person's own rows are asked; by then ingest has decided whether the browser is theirs. */
const PROOF_MS = 10 * 60_000;

/**
 * Read what audiences may ask about; a promise only where something has to be read.
 * @param budgetMs how long the slots can wait for it. Never rejects.
 */
export function readVisitor(
  context: RequestContext,
  budgetMs: number,
  deps: VisitorDeps,
): VisitorRead | Promise<VisitorRead> {
  const { visitor, consent, now, release } = context;
  if (!consent.granted.includes("personalization")) return NOT_PERSONAL;
  // In memory but for an isolate's first request in a while, and for releases that have quantiles.
  const asked = cutsOf(deps.kv, release.document, now);
  const cutting = asked instanceof Promise ? inTime(asked, budgetMs, deps) : asked;
  const key = maySnapshotExist(context) ? visitor.key : undefined;
  const known = (read: Timely) =>
    cutting instanceof Promise
      ? cutting.then((cuts) => visitorOf(context, read, cuts))
      : visitorOf(context, read, cutting);
  if (key === undefined) return known(NOTHING_KNOWN);
  const held = heldAtEdge(deps.kv, key, now);
  return held && isEnough(held, personsOf(context))
    ? known({ ok: true, value: held })
    : within(budgetMs, context, key, deps, known);
}

function visitorOf(context: RequestContext, read: Timely, cuts: Cuts | undefined): VisitorRead {
  if (!read.ok) return { known: false, reason: read.reason };
  const { visitor, consent, now, release, country, region, device, utm } = context;
  const { granted } = consent;
  const { key, session } = visitor;
  const { document } = release;
  const { snapshot, withdrawnAt, since } = read.value;
  // Withdrawn on another browser of the same person: this one's cookies have not heard of it.
  if (withdrawnAt !== undefined && withdrawnAt > consent.decidedAt) return NOT_PERSONAL;
  const request = { country, region, device: device.type, utm };
  const attributes = attributesLately({ document, granted, now, snapshot, since, session, cuts, request });
  const asksUnit = key !== undefined && compileOffers(document).asksUnit;
  const unit = asksUnit ? bucketingUnit(session, snapshot, key, now) : undefined;
  return { known: true, attributes, personal: true, unit, sealed: snapshot?.person };
}

const NOT_PERSONAL: VisitorRead = { known: true, attributes: {}, personal: false };

/** Each read is billed, and KV keeps a miss for a while: it is not asked for what the session knows as well. */
function maySnapshotExist({ visitor: { session }, now }: RequestContext): boolean {
  return !session?.first || now - session.startedAt > FIRST_SESSION_MS;
}

/** Undefined where it takes longer than the slot may wait: quantiles are not known then. */
const inTime = (asked: Promise<Cuts>, ms: number, deps: VisitorDeps): Promise<Cuts | undefined> =>
  new Promise((resolve) => {
    const stop = deps.startTimer(ms, () => {
      resolve(undefined);
      deps.waitUntil(asked);
    });
    // Never rejects.
    void asked.then((cuts) => {
      stop();
      resolve(cuts);
    });
  });

type Timely = { ok: true; value: Known } | { ok: false; reason: "budget" | "error" };

const NOTHING_KNOWN: Timely = { ok: true, value: {} };

/**
 * Ask KV and, where it does not know enough, the rows. What they do not say in time is as if they had said nothing, here:
 * the next page finds it.
 */
function within<T>(
  ms: number,
  context: RequestContext,
  key: string,
  deps: VisitorDeps,
  then: (read: Timely) => T | Promise<T>,
): Promise<T> {
  return new Promise((settle, reject) => {
    let isSettled = false;
    const resolve = (read: Timely) => {
      if (isSettled) return;
      isSettled = true;
      try {
        settle(then(read));
      } catch (error) {
        reject(error);
      }
    };
    let late: Timely = { ok: false, reason: "budget" };
    let reading: Promise<void> | undefined;
    const stop = deps.startTimer(ms, () => {
      resolve(late);
      if (reading) deps.waitUntil(reading);
    });
    const answer = (value: Known) => {
      stop();
      resolve({ ok: true, value });
    };
    readAtEdge(deps.kv, key, context.now).then(
      (atEdge) => {
        const persons = personsOf(context);
        if (isEnough(atEdge, persons)) {
          answer(atEdge);
          return;
        }
        late = { ok: true, value: atEdge };
        reading = readRows(context, key, atEdge, persons, deps).then(answer, (error: unknown) => {
          logError("the visitor's row cannot be read", error);
          answer(atEdge);
        });
      },
      (error: unknown) => {
        stop();
        logError("the snapshot cannot be read", error);
        resolve({ ok: false, reason: "error" });
      },
    );
  });
}

const NOBODY: readonly string[] = [];

/** Keys of whom the browser has proved to be, a moment ago. */
const personsOf = ({ visitor: { session }, now }: RequestContext): readonly string[] =>
  isJustProved(session?.provedAt, now) ? personKeys(session?.whose) : NOBODY;

const isJustProved = (provedAt: number | undefined, now: number): boolean =>
  provedAt !== undefined && now - provedAt < PROOF_MS;

/** KV has a snapshot; where a person was just proved, one of a person: no visitor is ever two persons'. */
const isEnough = ({ snapshot, withdrawnAt }: AtEdge, persons: readonly string[]): boolean =>
  snapshot !== undefined &&
  withdrawnAt === undefined &&
  (persons.length === 0 || snapshot.state === "authenticated");
