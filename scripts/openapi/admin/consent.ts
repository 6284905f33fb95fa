/** Rates of consent, anonymous counts and the ledger of one person: src/console/consent.ts. */
import * as z from "zod";
import { PURPOSES } from "../../../contracts/taxonomy.ts";
import type { CountGroup } from "../../../src/consent/counts/report.ts";
import { personSchema } from "../../../src/console/consent.ts";
import type { PersonLedger } from "../../../src/console/consent-ledger.ts";
import type { Rate, Rates } from "../../../src/console/consent-rates.ts";
import type { Group, Parameter } from "../description.ts";
import { ADMIN } from "../security.ts";

const day = z.iso.date();
const time = z.iso.datetime();
const purpose = z.enum(PURPOSES);
const events = z.int().min(0);
const byPurpose = <T extends z.ZodType>(value: T) =>
  z.object({ analytics: value, marketing: value, personalization: value });

const rateSchema = z.object({
  key: z.string().meta({ description: "A regime, a country (`unknown`: no place is known), a source." }),
  events,
  counted: events.meta({
    description: "Of them, events of which nothing but a number is kept: no purpose was granted.",
  }),
  granted: byPurpose(events).meta({ description: "Of how many events each purpose was granted." }),
  shares: byPurpose(z.number().min(0).max(1)),
}) satisfies z.ZodType<Rate>;

const ratesSchema = z.object({
  from: day,
  to: day,
  total: rateSchema,
  regimes: z.array(rateSchema),
  countries: z.array(rateSchema),
  sources: z.array(rateSchema),
}) satisfies z.ZodType<Rates & { from: string; to: string }>;

const level = (description: string) => z.string().nullable().meta({ description });

const countGroupSchema = z.object({
  source: level("Null: other sources, which were too small by themselves."),
  name: level("Null: other events."),
  country: level("Null: other countries. Empty: not known."),
  content: level("Null: other content. Empty: none that the catalogue lists."),
  events: events.min(20),
}) satisfies z.ZodType<CountGroup>;

export const ledgerSchema = z.object({
  profile: z.string().meta({ description: "Key of the profile's root, or of the one identifier." }),
  now: z
    .array(z.object({ purpose, state: z.enum(["granted", "denied", "undecided"]), why: z.string() }))
    .meta({ description: "Of all identifiers together, the strictest." }),
  identifiers: z.array(
    z.object({
      key: z.string(),
      namespace: z.string(),
      claimed: z.boolean().meta({ description: "Only claimed on a device: its facts are kept apart." }),
      suppressed: z.boolean(),
      decision: z
        .object({
          granted: z.array(purpose),
          at: time,
          receipt: z.string(),
          by_another: z
            .boolean()
            .meta({ description: "Another identifier of the person decided, which binds this one." }),
          expires_at: time.nullable(),
          expired: z.boolean(),
        })
        .nullable()
        .meta({ description: "Null: nobody has decided." }),
      opted_out_at: time.nullable().meta({ description: "First Global Privacy Control of its browser." }),
      explained: z.array(z.string()),
    }),
  ),
  decisions: z
    .array(
      z.object({
        subject: z.string().meta({ description: "Key of the identifier that decided." }),
        at: time,
        receipt: z.string().meta({ description: "Events that rest on it carry it." }),
        granted: z.array(purpose),
        unsaid: z.array(purpose).meta({ description: "Not spoken of: the regime's default held." }),
        regime: z.string(),
        source: z.string().meta({ description: "What said so: `choice`, `tcf`, `banner:onetrust`, `gpc` …" }),
        evidence: z.string().meta({ description: "A fingerprint of the string, or a banner's version." }),
        expires_at: time.nullable(),
        expired: z.boolean(),
        opt_out: z.boolean().meta({ description: "Global Privacy Control: it speaks of marketing alone." }),
        explained: z.string(),
      }),
    )
    .max(500)
    .meta({ description: "Newest first." }),
  more: z.boolean().meta({ description: "There are older decisions than are listed." }),
  audit_targets: z.array(z.string()).meta({
    description:
      "How the audit log names the person, by each identifier: `target` of who has looked at them.",
  }),
}) satisfies z.ZodType<PersonLedger>;

const ALL: Rate = {
  key: "all",
  events: 1200,
  counted: 300,
  granted: { analytics: 840, marketing: 360, personalization: 600 },
  shares: { analytics: 0.7, marketing: 0.3, personalization: 0.5 },
};

const VISITOR = "visitor_id:1.3q2-7wAAAAAAAAAAAAAAAA";
export const LEDGER: PersonLedger = {
  profile: VISITOR,
  now: [
    { purpose: "analytics", state: "granted", why: "it was granted" },
    { purpose: "marketing", state: "denied", why: "it was denied" },
    { purpose: "personalization", state: "denied", why: "it was denied" },
  ],
  identifiers: [
    {
      key: VISITOR,
      namespace: "visitor_id",
      claimed: false,
      suppressed: false,
      decision: {
        granted: ["analytics"],
        at: "2026-11-21T10:30:00.000Z",
        receipt: "c_1",
        by_another: false,
        expires_at: "2027-11-21T10:30:00.000Z",
        expired: false,
      },
      opted_out_at: null,
      explained: [
        "It granted analytics and denied marketing and personalization at 2026-11-21T10:30:00.000Z.",
      ],
    },
  ],
  decisions: [
    {
      subject: VISITOR,
      at: "2026-11-21T10:30:00.000Z",
      receipt: "c_1",
      granted: ["analytics"],
      unsaid: [],
      regime: "gdpr",
      source: "choice",
      evidence: "c_1",
      expires_at: "2027-11-21T10:30:00.000Z",
      expired: false,
      opt_out: false,
      explained:
        "Granted analytics and denied marketing and personalization, by the visitor's own decision, under the regime `gdpr`.",
    },
  ],
  more: false,
  audit_targets: ["person:q83vEjRWeJCrze8SNFZ4kA"],
};

const dayParameter = (name: string, description: string): Parameter => ({
  name,
  in: "query",
  description,
  schema: { type: "string", format: "date" },
});

export const consentOfVisitors: Group = {
  tag: "consent",
  description: "What visitors consented to: in numbers, and of one person.",
  requests: { Person: personSchema },
  answers: {
    ConsentRates: ratesSchema,
    ConsentCounts: z.object({
      from: day,
      to: day,
      min_events: z.int().meta({ description: "The fewest events of a group that is shown." }),
      groups: z
        .array(countGroupSchema)
        .meta({ description: "The largest first. No event is in two of them." }),
      events: events.meta({ description: "Of all groups that are shown." }),
    }),
    PersonLedger: ledgerSchema,
  },
  paths: {
    "/admin/api/consent/rates": {
      get: {
        id: "getConsentRates",
        summary: "Rates of consent by regime, country and source",
        description:
          "Counts events, not persons, as they are ingested; best effort, and no ledger. Of events that are counted anonymously those of days that are over, as `/admin/api/consent/counts` shows them.",
        security: ADMIN,
        parameters: [
          {
            name: "days",
            in: "query",
            description: "How many, with today; UTC.",
            schema: { type: "integer", minimum: 1, maximum: 90, default: 7 },
          },
        ],
        answers: {
          200: {
            description: "Each list the largest first.",
            json: {
              schema: "ConsentRates",
              examples: {
                "One regime": {
                  from: "2026-11-16",
                  to: "2026-11-22",
                  total: ALL,
                  regimes: [{ ...ALL, key: "gdpr" }],
                  countries: [{ ...ALL, key: "SK" }],
                  sources: [{ ...ALL, key: "web" }],
                },
              },
            },
          },
        },
        problems: { 400: ["invalid_days"], 401: ["unauthorized"] },
      },
    },
    "/admin/api/consent/counts": {
      get: {
        id: "getAnonymousCounts",
        summary: "Events without consent for analytics, where the regime counts them",
        description:
          "Of each day groups of 20 events or more; smaller ones are added up into other (null) of the next coarser level, and left out where that is too small, too. Days that are not over are not reported: a number that was shown never changes.",
        security: ADMIN,
        parameters: [
          dayParameter("from", "First day, UTC; six days before the last by default. At most 31 days."),
          dayParameter("to", "Last day, UTC; at most, and by default, the last that is over."),
        ],
        answers: {
          200: {
            description: "Nothing in it is of fewer than 20 events, and neither is any difference.",
            json: {
              schema: "ConsentCounts",
              examples: {
                "A week": {
                  from: "2026-11-15",
                  to: "2026-11-21",
                  min_events: 20,
                  groups: [
                    { source: "web", name: "page_view", country: "SK", content: "", events: 412 },
                    { source: "web", name: null, country: null, content: null, events: 31 },
                  ],
                  events: 443,
                },
              },
            },
          },
        },
        problems: { 400: ["invalid_day"], 401: ["unauthorized"] },
      },
    },
    "/admin/api/consent/ledger": {
      post: {
        id: "getPersonLedger",
        summary: "What one person decided, and what holds for them now",
        description:
          "By an event, an identifier's key, or a value, which is hashed under every version of the look-up key. A POST, so that no personal data is in an address; it changes nothing.",
        security: ADMIN,
        body: {
          schema: "Person",
          examples: {
            "By an event": { event_id: "e-1" },
            "By a key": { visitor: VISITOR },
            "By a value": { namespace: "email", value: "ann@example.com" },
          },
        },
        answers: {
          200: {
            description: "Keys of identifiers, never their values.",
            json: { schema: "PersonLedger", examples: { "One visitor": LEDGER } },
          },
        },
        problems: {
          400: ["invalid_json", "invalid_body", "invalid_identifier"],
          401: ["unauthorized"],
          404: ["unknown_event", "unknown_person"],
          413: ["body_too_large"],
        },
      },
    },
  },
};
