/** One person, whole, and their events: src/console/profile/routes.ts. */
import { timelineSchema } from "../../../src/console/profile/timeline.ts";
import type { Candidates, ProfileTimeline, ProfileView } from "../../../src/console/profile/view.ts";
import { whomSchema } from "../../../src/console/profile/whom.ts";
import type { Group } from "../description.ts";
import type { ProblemCodes } from "../problems.ts";
import { ADMIN } from "../security.ts";
import { LEDGER } from "./consent.ts";
import { ANN, MAIL } from "./identity-shapes.ts";
import { PROFILE_SCHEMAS } from "./profile-shapes.ts";

const AT = "2026-11-22T10:30:00.000Z";
const DEVICE = "visitor_id:1.3q2-7wAAAAAAAAAAAAAAAA";

const { profile: _, audit_targets, ...consents } = LEDGER;
const PROFILE: ProfileView = {
  root: ANN,
  named: [ANN],
  state: "authenticated",
  why: ["It is authenticated, by its customer id: proved, not only claimed."],
  suppressed: false,
  first_at: AT,
  seen_at: AT,
  members: [
    {
      key: ANN,
      namespace: "customer_id",
      proof: "token",
      explained: "Proved by a signed token, web",
      device: null,
      first_at: AT,
      seen_at: AT,
      suppressed: false,
      shared: false,
      conflicts: 0,
    },
  ],
  links: [
    {
      a: ANN,
      b: DEVICE,
      kind: "proof",
      strength: 90,
      state: "live",
      at: AT,
      source: "web",
      event_id: "e-1",
      conflict: null,
      other: null,
      explained: "A secret-key source or a signed token named both.",
    },
  ],
  more_claims: false,
  golden: [
    {
      field: "first_name",
      value: "Ann",
      source: "web",
      event_id: "e-1",
      at: AT,
      verified: true,
      key: ANN,
      why: "The only value that is known",
      used: true,
      others: [],
    },
  ],
  features: [{ name: "purchases", purpose: "personalization", value: 2, cuts: null, changes_at: null }],
  changes_at: "2026-12-22T00:00:00.000Z",
  segments: [
    {
      name: "loyal",
      purpose: "personalization",
      description: "",
      in: true,
      used: true,
      why: {
        kind: "all",
        holds: true,
        of: [{ kind: "clause", field: "purchases", operator: "$gte", expected: 1, actual: 2, holds: true }],
      },
    },
  ],
  segment_history: [{ at: AT, segment: "loyal", change: "entered", by: "event" }],
  lists: ["newsletter"],
  lifecycle: { stage: "customer", score: 40, purpose: "marketing", used: true },
  consents,
  edge: [{ key: DEVICE, snapshot: null }],
  history: [
    {
      at: AT,
      what: "merged",
      by: null,
      note: "",
      change: null,
      undone_at: null,
      before: [ANN, DEVICE],
      after: [ANN],
    },
  ],
  audit_targets,
};

const CANDIDATES: Candidates = {
  candidates: [
    {
      key: MAIL,
      root: ANN,
      standing: "known",
      namespaces: ["customer_id", "email"],
      members: 2,
      seen_at: AT,
    },
    {
      key: `${DEVICE}|${MAIL}`,
      root: `${DEVICE}|${MAIL}`,
      standing: "claimed",
      namespaces: ["email", "visitor_id"],
      members: 2,
      seen_at: AT,
    },
  ],
  more: false,
};

const TIMELINE: ProfileTimeline = {
  entries: [
    {
      kind: "event",
      event_id: "e-1",
      at: AT,
      name: "purchase",
      source: "web",
      outcome: "accepted",
      summary: "Accepted; entered loyal",
      destinations: [],
      receipts: [],
      properties: { order_id: "o-1", value: 12, currency: "EUR" },
      entered: ["loyal"],
      left: [],
    },
  ],
  looked_back_to: "2026-11-22T10:00:00.000Z",
  before: '{"hour":1795338000000,"ring":1795338000000}',
  first_at: AT,
  objects: 1,
};

const BODY_PROBLEMS = {
  400: ["invalid_json", "invalid_body"],
  413: ["body_too_large"],
} as const satisfies ProblemCodes;

export const profiles: Group = {
  tag: "profiles",
  description: "One person: who they are to us and why, and their events. Shows personal data.",
  requests: { ProfileWhom: whomSchema, ProfileTimelineRequest: timelineSchema },
  answers: PROFILE_SCHEMAS,
  paths: {
    "/admin/api/profiles/find": {
      post: {
        id: "findProfile",
        summary: "The profile of a value, of an identifier or of an event",
        description:
          "A value is hashed under every version of the look-up key. A POST, so that no personal data is in an address; it changes nothing, and the audit log names who looked at whom.",
        security: ADMIN,
        body: {
          schema: "ProfileWhom",
          examples: {
            "By a value": { namespace: "email", value: "ann@example.com" },
            "By a key": { key: ANN },
            "By an event": { event_id: "e-1", at: AT },
          },
        },
        answers: {
          200: {
            description: "The one profile, or the several that the identifier leads to.",
            json: {
              schema: "ProfileOrCandidates",
              examples: { "A customer": PROFILE, "Claimed elsewhere as well": CANDIDATES },
            },
          },
        },
        problems: [BODY_PROBLEMS, { 400: ["invalid_identifier"], 404: ["unknown_event", "unknown_person"] }],
      },
    },
    "/admin/api/profiles/timeline": {
      post: {
        id: "readProfileTimeline",
        summary: "The events of a profile, with what became of each",
        description:
          "From the live ring and the landing files, hour by hour backwards. A call reads so many objects at most and says how far back it has looked.",
        security: ADMIN,
        body: {
          schema: "ProfileTimelineRequest",
          examples: { "The newest": { key: ANN }, "What was earlier": { key: ANN, before: TIMELINE.before } },
        },
        answers: {
          200: {
            description: "Events and decisions on slots. There may be older ones though none is given.",
            json: { schema: "ProfileTimeline", examples: { "A purchase": TIMELINE } },
          },
        },
        problems: [BODY_PROBLEMS, { 400: ["invalid_before"], 404: ["unknown_person"] }],
      },
    },
  },
};
