/** How well identity works: src/console/identity/quality-routes.ts. */
import * as z from "zod";
import { IDENTITY_STATES } from "../../../contracts/taxonomy.ts";
import type { Quality } from "../../../src/console/identity/quality-answer.ts";
import type { Evaluation } from "../../../src/identity/quality/evaluate.ts";
import { labelledSchema } from "../../../src/identity/quality/labelled.ts";
import type { Group } from "../description.ts";
import { ADMIN } from "../security.ts";

const count = z.int().min(0);
const share = z.number().min(0).max(1).nullable();
const counts = z.record(z.string(), count);
const tied = z.object({
  all: count,
  proved: count.meta({ description: "The profile has a proved identifier of a person." }),
  claimed: count.meta({ description: "It has but claimed ones." }),
  match_rate: share.meta({ description: "`proved` of `all`." }),
  claimed_rate: share.meta({ description: "`proved` and `claimed` of `all`." }),
});
const state = z.enum(IDENTITY_STATES);

const qualitySchema = z.object({
  figures: z
    .object({
      begun_at: z.iso.datetime(),
      ended_at: z.iso.datetime(),
      identifiers: counts.meta({ description: "By namespace." }),
      claims: counts.meta({
        description: "Rows of facts under an unverified claim, by the namespace claimed.",
      }),
      nameless: count.meta({ description: "Rows of events that name nobody." }),
      suppressed: count,
      profiles: count,
      sizes: z.array(z.object({ from: count, to: count.nullable(), profiles: count })),
      states: z.object({ anonymous: count, pseudonymous: count, authenticated: count }),
      visitors: tied.meta({ description: "Browsers of which the profile was seen in the last 30 days." }),
      events: tied.meta({ description: "Events that took effect in the last 24 hours." }),
      conflicted: count.meta({ description: "Profiles with a proved link that joins nothing." }),
      proposed: count.meta({ description: "Profiles that a match rule proposes to join." }),
      shared_devices: count.meta({ description: "Devices that were proved to be several people's." }),
      set_aside: z.object({
        by_operators: count,
        by_partners: count,
        most: z
          .array(z.object({ key: z.string(), why: z.enum(["operator", "partners"]), partners: count }))
          .meta({ description: "At most 20; none for who may not see personal data." }),
      }),
      largest: z
        .array(z.object({ root: z.string(), members: count, state }))
        .meta({ description: "At most 20; none for who may not see personal data." }),
    })
    .nullable()
    .meta({ description: "Null until all databases have been walked over once." }),
  history: z
    .array(
      z.object({
        day: z.iso.date(),
        identifiers: count,
        profiles: count,
        match_rate: share,
        claimed_rate: share,
        conflicted: count,
      }),
    )
    .meta({ description: "The last pass of each of 60 days, newest first." }),
  walks: z
    .array(
      z.object({
        walking: z.boolean(),
        rows: count.meta({ description: "Of the pass that is on its way." }),
        rows_last_pass: count.nullable(),
        ended_at: z.iso.datetime().nullable(),
      }),
    )
    .meta({ description: "One for each database." }),
  waiting: counts.meta({ description: "Open conflicts by reason, now." }),
}) satisfies z.ZodType<Quality>;

const spread = z.object({ mean: z.number(), max: count }).nullable();
const evaluationSchema = z.object({
  people: count,
  identifiers: count,
  unknown: count.meta({ description: "Identifiers that are in no profile." }),
  profiles_per_person: spread,
  people_per_profile: spread,
  pairs: z
    .object({ precision: share, recall: share, f1: share })
    .meta({ description: "Of all pairs of known identifiers; null where there are none." }),
  wrongly_joined: z.array(z.object({ label: z.string(), with: z.array(z.string()) })),
  apart: z.array(z.object({ label: z.string(), profiles: count, identifiers: count })),
}) satisfies z.ZodType<Evaluation>;

const PEOPLE = {
  people: [
    {
      label: "ann",
      identifiers: [
        { namespace: "email", value: "ann@shop.example" },
        { namespace: "customer_id", value: "C-17" },
      ],
    },
    { label: "bo", identifiers: [{ namespace: "email", value: "bo@shop.example" }] },
  ],
};

const TIED = { all: 1000, proved: 310, claimed: 90, match_rate: 0.31, claimed_rate: 0.4 };

export const identityQuality: Group = {
  tag: "identity quality",
  description: "Figures of a walk over all identifiers, and labelled people: docs/identity.md.",
  requests: { LabelledPeople: labelledSchema },
  answers: { IdentityQuality: qualitySchema, Evaluation: evaluationSchema },
  paths: {
    "/admin/api/identity/quality": {
      get: {
        id: "getIdentityQuality",
        summary: "How well people are recognised",
        description:
          "The figures of the last whole walk over all identifiers, which the schedule does page by page.",
        security: ADMIN,
        problems: { 401: ["unauthorized"] },
        answers: {
          200: {
            description: "Figures, their history, and how far the next walk has come.",
            json: {
              schema: "IdentityQuality",
              examples: {
                "A small shop": {
                  figures: {
                    begun_at: "2026-11-22T10:00:00.000Z",
                    ended_at: "2026-11-22T10:01:00.000Z",
                    identifiers: { visitor_id: 1000, user_id: 240 },
                    claims: { email: 90 },
                    nameless: 0,
                    suppressed: 2,
                    profiles: 1010,
                    sizes: [{ from: 1, to: 1, profiles: 700 }],
                    states: { anonymous: 610, pseudonymous: 90, authenticated: 310 },
                    visitors: TIED,
                    events: TIED,
                    conflicted: 3,
                    proposed: 0,
                    shared_devices: 1,
                    set_aside: { by_operators: 0, by_partners: 0, most: [] },
                    largest: [{ root: "user_id:1.hQ0h…", members: 9, state: "authenticated" }],
                  },
                  history: [],
                  walks: [
                    { walking: false, rows: 0, rows_last_pass: 1332, ended_at: "2026-11-22T10:01:00.000Z" },
                  ],
                  waiting: { two_user_ids: 3 },
                },
              },
            },
          },
        },
      },
    },
    "/admin/api/identity/evaluate": {
      post: {
        id: "evaluateIdentity",
        summary: "Compare the profiles with people whom you know",
        description:
          "As one document, or one person on each line. At most 10,000 identifiers, in at most 3 MB. Nothing of it is kept, and only labels come back.",
        security: ADMIN,
        body: { schema: "LabelledPeople", examples: { "Two people": PEOPLE } },
        answers: {
          200: {
            description: "Precision and recall over pairs of identifiers, and the worst examples by label.",
            json: {
              schema: "Evaluation",
              examples: {
                "Nobody is welded to another": {
                  people: 2,
                  identifiers: 3,
                  unknown: 0,
                  profiles_per_person: { mean: 1, max: 1 },
                  people_per_profile: { mean: 1, max: 1 },
                  pairs: { precision: 1, recall: 1, f1: 1 },
                  wrongly_joined: [],
                  apart: [],
                },
              },
            },
          },
        },
        problems: {
          400: ["invalid_json"],
          401: ["unauthorized"],
          413: ["body_too_large"],
          422: ["invalid_labelled_data"],
        },
      },
    },
  },
};
