/**
 * Erasures of which the log knows more than their requests: the database was restored from an older copy, or a crash came
 * right after the entry. The identity tables are erased again by then; here the request is put where the log says it is,
 * so that the rest of its steps is taken. Called by cron, and cheap where there is nothing to do.
 */
import { erasureProofSchema, type StepResult } from "#contracts/messages/subject_request";
import { entriesOf } from "#identity/erasures";
import type { Keyring } from "#privacy/keys";
import { dueAt } from "./deadlines.ts";
import { endRequestsOf } from "./end-others.ts";
import { openRequest, sealNew, withPayload } from "./payload.ts";
import { proofName, type SignedProof } from "./proof.ts";
import { forgetRecovery, type Recovery, recoveries } from "./recover-store.ts";
import { type Payload, type SubjectRequest, stepOf, withStep } from "./request.ts";
import { changeRequest, destroyKey, insertRequest, type NewRequest, readRequest } from "./store.ts";
import { deleteExports } from "./work-state.ts";

interface Stores {
  db: D1Database;
  bucket: R2Bucket;
  keys: Keyring;
}

/** As long as this the request's own run may be about to write down what it did. */
const RECENT_MS = 15 * 60_000;
const AT_ONCE = 10;

/**
 * Recover the next requests.
 * @returns ids of those that have to be set to work
 */
export async function recoverRequests(stores: Stores, now: number): Promise<string[]> {
  const { db, bucket } = stores;
  const open: string[] = [];
  for (const recovery of await recoveries(db, now - RECENT_MS, AT_ONCE)) {
    const { id } = recovery;
    const request = await readRequest(db, id);
    const isKnown = request && (stepOf(request, "suppress")?.status ?? "running") !== "running";
    if (!isKnown) {
      const ended = await bucket.get(proofName(id));
      if (ended) await putEnded(stores, recovery, request, await ended.json<SignedProof>(), now);
      else {
        await putOnItsWay(stores, recovery, request);
        open.push(id);
      }
    }
    await forgetRecovery(db, id);
  }
  return open;
}

/** It had come to its end: the proof says what there is to say. */
async function putEnded(
  { db, bucket }: Stores,
  { id, seq }: Recovery,
  request: SubjectRequest | undefined,
  signed: SignedProof,
  now: number,
): Promise<void> {
  // Requests that name the person have come back with the database: what was sent with them, too.
  const subjects = (await entriesOf(bucket, id, seq)).flatMap((entry) => entry.subjects);
  while ((await endRequestsOf({ db, bucket }, subjects, id, now)).more);
  const { regulation, received_time, completed_time, steps } = erasureProofSchema.parse(
    JSON.parse(signed.proof),
  );
  const completedAt = Date.parse(completed_time);
  const ended = { status: "completed" as const, completedAt, subjects: [], sealed: null, steps };
  await destroyKey(db, id);
  if (request) await changeRequest(db, id, () => ended);
  else {
    const receivedAt = Date.parse(received_time);
    const due = dueAt(regulation, receivedAt);
    await insertRequest(db, { ...unknown(id, receivedAt), regulation, dueAt: due, ...ended }, "");
    await destroyKey(db, id);
  }
}

/** The person is suppressed, and the rest is still to be done. */
async function putOnItsWay(
  stores: Stores,
  recovery: Recovery,
  request: SubjectRequest | undefined,
): Promise<void> {
  const { db, keys } = stores;
  const { id, at } = recovery;
  const entries = await entriesOf(stores.bucket, id, recovery.seq);
  const subjects = [...new Set(entries.flatMap((entry) => entry.subjects))].sort();
  const partial = new Set(entries.flatMap((entry) => entry.partial));
  const erased: Partial<Payload> = {
    whole: subjects.filter((key) => !partial.has(key)),
    erasure: entries.at(-1)?.seq ?? recovery.seq,
  };
  const detail = `entry ${erased.erasure} of the erasure log; recovered from it`;
  const done = (step: string): StepResult => ({ step, status: "confirmed", at, detail });
  const stepsAfter = (steps: readonly StepResult[]) =>
    ["find", "suppress"].reduce<StepResult[]>(
      (all, step) =>
        all.some((one) => one.step === step && one.status === "confirmed") ? all : withStep(all, done(step)),
      [...steps],
    );
  const opened = request && (await openRequest(db, keys, request));
  if (request && opened) {
    // Vendors are asked by the values that the request names, which are still there; traits went with their keys.
    await changeRequest(db, id, async (now) => ({
      status: "in_progress",
      subjects,
      ...(await withPayload(stores, now, (payload) => ({ ...payload, ...erased }))),
      steps: stepsAfter(now.steps),
    }));
    return;
  }
  // Where its steps left off is sealed under a key that is gone.
  await deleteExports(stores.bucket, id);
  // What vendors knew the person by went with the database; they are asked by the identifiers alone.
  const payload = {
    identities: [],
    callbacks: [],
    submitted: "",
    base: "",
    ...erased,
  };
  const { sealed, wrapped } = await sealNew(keys, id, payload);
  await insertRequest(db, { ...unknown(id, at), subjects, sealed, steps: stepsAfter([]) }, wrapped);
}

/** A request of which nothing but its id is known any more. */
const unknown = (id: string, receivedAt: number): NewRequest => ({
  id,
  type: "erasure",
  regulation: "gdpr",
  status: "in_progress",
  verification: "operator",
  madeBy: "actor:system",
  verifiedBy: null,
  receivedAt,
  dueAt: dueAt("gdpr", receivedAt),
  extended: false,
  completedAt: null,
  scope: "person",
  subjects: [],
  identityTypes: [],
  sealed: null,
  steps: [],
  cancelledReason: null,
  resultsUntil: null,
  alertedDay: null,
});
