/**
 * What is known of the visitor when a slot is decided: at most one KV read, within the slot's time budget, and none at all without consent.
 */
import { logError } from "#core/log";
import type { RequestContext } from "#door/context";
import { type Attributes, attributesNow } from "#segments/attributes";
import { type AtEdge, readAtEdge } from "#segments/store";

export interface VisitorDeps {
  kv: KVNamespace;
  /** Calls `fire` after `ms`, unless the function that it returns is called first. */
  startTimer(ms: number, fire: () => void): () => void;
}

export type VisitorRead =
  | { known: true; attributes: Attributes; personal: boolean }
  /** The read took longer than the slot may wait, or failed. */
  | { known: false; reason: "budget" | "error" };

/** Even a session that knows all of its own looks after this: a server may have told something of its visitor. */
const FIRST_SESSION_MS = 10 * 60_000;

/** Read what audiences may ask about. @param budgetMs how long the slots can wait for it. Never rejects. */
export async function readVisitor(
  context: RequestContext,
  budgetMs: number,
  deps: VisitorDeps,
): Promise<VisitorRead> {
  const { visitor, consent, now, release, country, region, device } = context;
  const { granted } = consent;
  if (!granted.includes("personalization")) return { known: true, attributes: {}, personal: false };
  let atEdge: AtEdge = {};
  if (visitor.key !== undefined && maySnapshotExist(context)) {
    const read = await within(budgetMs, readAtEdge(deps.kv, visitor.key), deps);
    if (!read.ok) return { known: false, reason: read.reason };
    atEdge = read.value;
  }
  const { snapshot, withdrawnAt } = atEdge;
  // Withdrawn on another browser of the same person: this one's cookies have not heard of it.
  if (withdrawnAt !== undefined && withdrawnAt > consent.decidedAt)
    return { known: true, attributes: {}, personal: false };
  const request = { country, region, device: device.type };
  const { session } = visitor;
  const attributes = attributesNow({ document: release.document, granted, now, snapshot, session, request });
  return { known: true, attributes, personal: true };
}

/** Each read is billed, and KV keeps a miss for a while: it is not asked for what the session knows as well. */
function maySnapshotExist({ visitor: { session }, now }: RequestContext): boolean {
  return !session?.first || now - session.startedAt > FIRST_SESSION_MS;
}

type Timely<T> = { ok: true; value: T } | { ok: false; reason: "budget" | "error" };

function within<T>(ms: number, work: Promise<T>, { startTimer }: VisitorDeps): Promise<Timely<T>> {
  return new Promise((resolve) => {
    const stop = startTimer(ms, () => resolve({ ok: false, reason: "budget" }));
    work.then(
      (value) => {
        stop();
        resolve({ ok: true, value });
      },
      (error: unknown) => {
        stop();
        logError("the snapshot cannot be read", error);
        resolve({ ok: false, reason: "error" });
      },
    );
  });
}
