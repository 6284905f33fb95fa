/** The steps of an opt-out of sale and sharing: as if every browser of the person sent Global Privacy Control from now on. */
import { isScoped, namespaceOf } from "#identity/graph";
import { optOutSubjects } from "#identity/opt-out";
import { withdrawSnapshot } from "#segments/store";
import { emptied } from "./payload.ts";
import type { Step } from "./step.ts";

export const optOut: Step = async ({ db, kv, clock }, request) => {
  const changed = await optOutSubjects(db, request.subjects, {
    givenAt: request.receivedAt,
    id: `request:${request.id}`,
    regime: request.regulation,
    source: "subject_request",
    evidence: request.verification,
  });
  // What is shown at the edge may rest on what marketing knew.
  const visitors = request.subjects.filter((key) => namespaceOf(key) === "visitor_id" && !isScoped(key));
  for (const key of visitors) await withdrawSnapshot(kv, key, clock());
  return { status: "confirmed", counts: { identifiers: changed, snapshots: visitors.length } };
};

/** It has ended; whom it was about is forgotten with it. */
export const complete: Step = async ({ db, keys, clock }) => ({
  status: "confirmed",
  changes: async (request) => ({
    status: "completed",
    completedAt: clock(),
    subjects: [],
    ...(await emptied({ db, keys }, request)),
  }),
});
