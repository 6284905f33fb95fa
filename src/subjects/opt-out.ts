/** The steps of an opt-out of sale and sharing: as if every browser of the person sent Global Privacy Control from now on. */
import { optOutSubjects } from "#identity/opt-out";
import { emptied } from "./payload.ts";
import { withoutNotes } from "./request.ts";
import type { Step } from "./step.ts";

export const optOut: Step = async ({ identity }, request) => {
  const changed = await optOutSubjects(identity, request.subjects, {
    givenAt: request.receivedAt,
    id: `request:${request.id}`,
    regime: request.regulation,
    source: "subject_request",
    evidence: request.verification,
  });
  // Snapshots at the edge are made of what personalization granted alone: they stay.
  return { status: "confirmed", counts: { identifiers: changed } };
};

/** It has ended; whom it was about is forgotten with it. */
export const complete: Step = async ({ db, keys, clock }) => ({
  status: "confirmed",
  changes: async (request) => ({
    status: "completed",
    completedAt: clock(),
    subjects: [],
    steps: withoutNotes(request.steps),
    ...(await emptied({ db, keys }, request)),
  }),
});
