/**
 * The steps of an erasure, in their order (plan.ts). From `suppress` on nothing of the person is taken in, so that what
 * the later steps take away stays away; what was under way at that moment is found by `sweep`, some time later.
 */

import { eraseAt } from "#forward/erase-at";
import { eraseSubjects } from "#identity/erasures";
import { isScoped, namespaceOf } from "#identity/graph";
import { deleteSnapshot } from "#segments/store";
import { unitOf } from "#segments/unit";
import { visitorObject } from "#slots/visitor-object";
import { endRequestsOf } from "./end-others.ts";
import { openRequest, withPayload } from "./payload.ts";
import type { SubjectRequest } from "./request.ts";
import type { Step, StepDeps } from "./step.ts";
import { forgetLive, runSweep, sweepIdentity, sweepLake, sweepQuarantine, sweepWaiting } from "./sweeps.ts";

/** The erasure log, and with it tombstones in the identity tables. */
export const suppress: Step = async ({ db, identity, bucket, keys, clock }, request) => {
  const { whole } = (await opened({ db, keys }, request)).payload;
  if (!whole) return { status: "failed", detail: "request_unreadable" };
  const given = { request: request.id, subjects: request.subjects, whole, now: clock() };
  const { seq, subjects, decisions, counts } = await eraseSubjects(identity, bucket, given);
  return {
    status: "confirmed",
    counts: { ...counts, suppressed: subjects.length },
    detail: `entry ${seq} of the erasure log`,
    changes: async (now) => ({
      subjects: [...new Set([...now.subjects, ...subjects])].sort(),
      ...(await withPayload({ db, keys }, now, (payload) => ({
        ...payload,
        erasure: seq,
        decisions: [...new Set([...(payload.decisions ?? []), ...decisions])],
      }))),
    }),
  };
};

/** Other requests of the same person; an erasure that is under way is left to end by itself. */
export const endOthers: Step = async (deps, request) => {
  const { ended, more } = await endRequestsOf(deps, request.subjects, request.id, deps.clock());
  return { status: more ? "more" : "confirmed", counts: { requests: ended } };
};

/**
 * Snapshots in KV, and what was counted for exact caps: of browsers, since only they have any, and a person's unit is that
 * of one of theirs. Other places may see a snapshot for a minute.
 */
export const eraseEdge: Step = async ({ kv, visitors: objects }, request) => {
  const visitors = request.subjects.filter((key) => namespaceOf(key) === "visitor_id" && !isScoped(key));
  for (const key of visitors) {
    await deleteSnapshot(kv, key);
    await visitorObject(objects, unitOf(key)).forget();
  }
  return { status: "confirmed", counts: { snapshots: visitors.length } };
};

/** The console's ring. */
export const eraseLive: Step = async (deps, request) => {
  const { payload } = await opened(deps, request);
  const { events, receipts } = await forgetLive({ deps, request, payload }, []);
  return { status: "confirmed", counts: { events, receipts } };
};

const SWEEPS = { quarantine: sweepQuarantine, waiting: sweepWaiting, lake: sweepLake };

const sweepStep =
  (name: keyof typeof SWEEPS): Step =>
  async (deps, request) => {
    const { payload } = await opened(deps, request);
    const given = { deps, request, payload, pass: "first" as const };
    const { more, counts } = await runSweep(name, SWEEPS[name], given);
    return { status: more ? "more" : "confirmed", counts };
  };

export const eraseQuarantined = sweepStep("quarantine");
export const eraseWaiting = sweepStep("waiting");
export const eraseLanding = sweepStep("lake");

/** Nothing is personalised in a CMS yet: no adapter offers it. */
export const eraseAtCms: Step = async () => ({ status: "none", detail: "no_adapter" });

/** Once more, for what was under way when the person was suppressed. */
export const sweepAgain: Step = async (deps, request) => {
  const { payload } = await opened(deps, request);
  const given = { deps, request, payload, pass: "again" as const };
  await eraseEdge(deps, request);
  // The ring by itself: what a slow consumer showed there need not be in the lake, where a redelivery has written over it.
  await forgetLive({ deps, request, payload }, []);
  const isOne = deps.identity.all.length === 1;
  for (const [name, sweep] of Object.entries({ ...(!isOne && { identity: sweepIdentity }), ...SWEEPS })) {
    const { more, counts } = await runSweep(`again-${name}`, sweep, given);
    const last = name === "lake" && !more;
    if (!last && (more || Object.keys(counts).length > 0)) return { status: "more", counts };
    if (last) return { status: "confirmed", counts };
  }
  return { status: "confirmed" };
};

async function opened(deps: Pick<StepDeps, "db" | "keys">, request: SubjectRequest) {
  const found = await openRequest(deps.db, deps.keys, request);
  if (!found) throw new Error("the payload of a subject request is gone");
  return found;
}

/** Ask one destination. One that the release no longer has cannot be asked. */
export const eraseAtDestination =
  (key: string): Step =>
  async (deps, request) => {
    const { document, secretOf, fetch, clock, allowInsecure, tokens, queueOf } = deps;
    const definition = Object.hasOwn(document.destinations, key) ? document.destinations[key] : undefined;
    if (!definition) return { status: "none", detail: "destination_removed" };
    const { vendor } = (await opened(deps, request)).payload;
    if (!vendor) return { status: "failed", detail: "request_unreadable" };
    const person = { ...vendor, subjects: request.subjects };
    const context = { request: request.id, secretOf, fetch, clock, allowInsecure, tokens, queueOf };
    const outcome = await eraseAt(key, definition, person, context);
    if (outcome.status === "failed")
      return { status: "failed", detail: [outcome.code, outcome.detail].filter(Boolean).join(": ") };
    return outcome;
  };
