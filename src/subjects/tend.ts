/**
 * What cron does each minute for subject requests: results past their days are deleted, requests that nobody has verified
 * end, work that has stopped goes on, and deadlines are warned of once a day. With nothing due it is one read.
 */
import { type AlertTarget, sendAlert } from "#core/alert";
import { DAY_MS } from "#core/clock";
import { deadlineState, SOON_DAYS, UNVERIFIED_DAYS } from "./deadlines.ts";
import { requestsAtRest, requestsDue } from "./due-store.ts";
import { isOpen, type SubjectRequest } from "./request.ts";
import { changeRequest, destroyKey } from "./store.ts";
import { continueWork, type Instances } from "./work.ts";
import { deleteExports } from "./work-state.ts";

/** Without an ALERT_URL a log line is all. */
export interface TendDeps extends AlertTarget {
  db: D1Database;
  bucket: R2Bucket;
  instances: Instances;
}

const AT_ONCE = 50;
/** Work whose row was not touched for so long is looked after. A wait for a vendor is longer, and its run is alive. */
const AT_REST_MS = 10 * 60_000;
const RESUMED_AT_ONCE = 50;

/** @param now epoch ms */
export async function tendSubjectRequests(deps: TendDeps, now: number): Promise<void> {
  const { db, bucket } = deps;
  const today = dayOf(now);
  const due = await requestsDue(
    db,
    { now, before: now - UNVERIFIED_DAYS * DAY_MS, soon: now + SOON_DAYS * DAY_MS, today },
    AT_ONCE,
  );
  const alerts: SubjectRequest[] = [];
  for (const request of due) {
    const { id, resultsUntil, status, verification, receivedAt, dueAt } = request;
    if (resultsUntil !== null && resultsUntil <= now) await forgetResults(db, bucket, id);
    else if (status === "pending" && verification === "none" && receivedAt < now - UNVERIFIED_DAYS * DAY_MS)
      await endUnverified(db, id, now);
    else if (isOpen(request) && dueAt <= now + SOON_DAYS * DAY_MS) alerts.push(request);
  }
  if (alerts.length > 0) await alert(alerts, deps, now);
}

/** Go on with verified requests whose work was never begun, or has stopped. @param now epoch ms */
export async function resumeRequests(
  { db, instances }: Pick<TendDeps, "db" | "instances">,
  now: number,
): Promise<number> {
  const atRest = await requestsAtRest(db, now - AT_REST_MS, RESUMED_AT_ONCE);
  let resumed = 0;
  for (const { id, steps } of atRest) {
    // What has failed for good waits for an operator.
    if (steps.some(({ step, status }) => status === "failed" && !step.startsWith("callback:"))) continue;
    await continueWork(instances, id);
    resumed++;
  }
  return resumed;
}

/** Results first: without the key nobody could tell later that they are to go. */
async function forgetResults(db: D1Database, bucket: R2Bucket, id: string): Promise<void> {
  await deleteExports(bucket, id);
  await destroyKey(db, id);
  await changeRequest(db, id, () => ({ subjects: [], sealed: null, resultsUntil: null }));
}

async function endUnverified(db: D1Database, id: string, now: number): Promise<void> {
  const ended = await changeRequest(db, id, (request) =>
    request.status === "pending"
      ? {
          status: "cancelled",
          completedAt: now,
          subjects: [],
          sealed: null,
          cancelledReason: `Nobody verified who asks within ${UNVERIFIED_DAYS} days.`,
        }
      : undefined,
  );
  if (ended?.status === "cancelled") await destroyKey(db, id);
}

/** One line and one POST for all; each request once a day. Neither says whom they are about. */
async function alert(requests: readonly SubjectRequest[], deps: TendDeps, now: number): Promise<void> {
  const today = dayOf(now);
  const list = requests.map(({ id, type, regulation, status, dueAt }) => ({
    subject_request_id: id,
    subject_request_type: type,
    regulation,
    request_status: status,
    expected_completion_time: new Date(dueAt).toISOString(),
    deadline: deadlineState(dueAt, now),
  }));
  const late = list.filter(({ deadline }) => deadline === "late").length;
  const text = `subject requests: ${late} past their deadline, ${list.length - late} due within ${SOON_DAYS} days`;
  console.warn(text);
  // One that was not taken is told again in a minute.
  if (!(await sendAlert(deps, { type: "subject_requests.deadline", text, late, requests: list }))) return;
  for (const { id } of requests) await changeRequest(deps.db, id, () => ({ alertedDay: today }));
}

const dayOf = (now: number): string => new Date(now).toISOString().slice(0, 10);
