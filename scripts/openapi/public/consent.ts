/** `/consent` and what is below it: src/door/consent/routes.ts and page-routes.ts. */
import * as z from "zod";
import { bodySchema } from "../../../src/door/consent/body.ts";
import type { Group, Operation } from "../description.ts";
import { BODY_PROBLEMS } from "../problems.ts";
import { OPEN } from "../security.ts";
import { SETS_COOKIES, VISITOR_PARAMETERS } from "../visitor.ts";

const value = z.enum(["granted", "denied"]);
const purposes = z.object({ analytics: value, marketing: value, personalization: value });
const moment = z.iso.datetime().nullable();

const stateSchema = z.object({
  purposes,
  regime: z.string().meta({ description: "The policy's regime that holds for this visitor's place." }),
  explicit: z.boolean().meta({
    description:
      "Whether the visitor has decided, here or in a consent manager; if not, the regime's default holds.",
  }),
  ask: z.boolean().meta({
    description:
      "A banner should ask now: nobody has decided, the decision has lapsed, or the regime's `askAgainDays` have passed since one that denied something.",
  }),
  grounds: z.record(z.string(), z.string()).meta({ description: "What decided, by purpose." }),
  given_at: moment.meta({ description: "When it was decided; null where nobody knows." }),
  expires_at: moment,
  receipt: z.string().meta({ description: "Names the evidence: events that rest on the decision carry it." }),
  source: z.string().nullable().meta({
    description: "What said so: `choice`, `tcf`, `banner:onetrust`, `server:<source>` …, joined by `+`.",
  }),
});

const saidThen = z
  .enum(["granted", "denied", "default"])
  .meta({ description: "`default`: the decision did not speak of it, and the regime's default held." });

const historySchema = z.object({
  decisions: z.array(
    z.object({
      receipt: z.string(),
      given_at: z.iso.datetime(),
      purposes: z.object({ analytics: saidThen, marketing: saidThen, personalization: saidThen }),
      regime: z.string(),
      source: z.string(),
      expires_at: moment,
    }),
  ),
  complete: z.boolean(),
  reason: z.enum(["no_visitor_id", "too_many"]).nullable().meta({
    description:
      "Why it is not complete: the visitor's id is gone, so only their cookie's decision is known, or there are more than 100.",
  }),
});

const DENIED = { analytics: "denied", marketing: "denied", personalization: "denied" };
const DECIDED = {
  purposes: { ...DENIED, analytics: "granted" },
  regime: "gdpr",
  explicit: true,
  ask: false,
  grounds: { analytics: "cookie", marketing: "cookie", personalization: "cookie" },
  given_at: "2026-11-22T10:00:00.000Z",
  expires_at: "2027-11-22T10:00:00.000Z",
  receipt: "8d0f6f2e-7a54-4c0e-9f6b-0d5a3c1f2b11",
  source: "choice",
};

const getConsent: Operation = {
  id: "getConsent",
  summary: "What the visitor has consented to",
  description:
    "Where a consent manager's cookie took back what our cookies rest on, they go with this answer, and the withdrawal is recorded.",
  security: OPEN,
  parameters: VISITOR_PARAMETERS,
  answers: {
    200: {
      description: "The decision that holds for this request.",
      json: {
        schema: "Consent",
        examples: {
          "Nobody has decided": {
            ...DECIDED,
            purposes: DENIED,
            explicit: false,
            ask: true,
            grounds: { analytics: "default", marketing: "default", personalization: "default" },
            given_at: null,
            expires_at: null,
            receipt: "default:gdpr",
            source: null,
          },
        },
      },
      headers: SETS_COOKIES,
    },
  },
  problems: { 429: ["rate_limited"] },
};

const putConsent: Operation = {
  id: "putConsent",
  summary: "Decide on consent",
  description:
    "By a visitor, only from a page of the same origin; or with a secret key by a server, for the person that `subject` names: then no cookie is read or set. Purposes that are not named stay as they were. Strings are read here, and one that is invalid changes nothing. Where the parts of the body disagree the most restrictive counts. To withdraw, deny. A decision binds every identifier of the profile.",
  security: [[], ["keyBearer"]],
  parameters: VISITOR_PARAMETERS,
  body: {
    schema: "ConsentRequest",
    examples: {
      "Measurement only": {
        purposes: { analytics: "granted", marketing: "denied", personalization: "denied" },
        evidence: { banner: "v12" },
      },
      "Withdraw everything": { purposes: DENIED },
      "A consent manager's string": { gpp: "DBABLA~BVQqAAAAAgA", gpp_sid: [7] },
      "A server, for a customer on the phone": {
        subject: { namespace: "customer_id", value: "c-77" },
        purposes: { marketing: "denied" },
        country: "SK",
      },
    },
  },
  answers: {
    200: {
      description: "Recorded; the cookies that are no longer allowed are taken away.",
      json: { schema: "Consent", examples: { "Measurement only": DECIDED } },
      headers: SETS_COOKIES,
    },
  },
  problems: {
    ...BODY_PROBLEMS,
    400: [...BODY_PROBLEMS[400], "invalid_body", "invalid_consent_string", "invalid_identifier"],
    401: ["missing_key", "unknown_key", "key_expired"],
    403: [
      "cross_site",
      "secret_key_required",
      "secret_key_in_browser",
      "origin_not_allowed",
      "source_disabled",
      "key_disabled",
    ],
    409: ["in_preview"],
    429: ["rate_limited"],
  },
};

const getHistory: Operation = {
  id: "getConsentHistory",
  summary: "What the visitor has decided so far",
  description: "By the signed cookie alone, newest first, at most 100. Not for pages of other sites.",
  security: OPEN,
  parameters: VISITOR_PARAMETERS,
  answers: {
    200: {
      description: "The visitor's own decisions.",
      json: {
        schema: "ConsentHistory",
        examples: {
          "One decision": {
            decisions: [
              {
                receipt: DECIDED.receipt,
                given_at: DECIDED.given_at,
                purposes: DECIDED.purposes,
                regime: "gdpr",
                source: "choice",
                expires_at: DECIDED.expires_at,
              },
            ],
            complete: true,
            reason: null,
          },
        },
      },
    },
  },
  problems: { 403: ["cross_site"], 429: ["rate_limited"] },
};

const getPage: Operation = {
  id: "getConsentPage",
  summary: "The visitor's page",
  description:
    "What holds and why, a form to change it, and the history. Without JavaScript; to be linked to, or shown in an `<iframe>` by our own pages and those of the sources' origins.",
  security: OPEN,
  parameters: VISITOR_PARAMETERS,
  answers: {
    200: { description: "A page.", text: { "text/html": "<!doctype html>…" }, headers: SETS_COOKIES },
  },
  problems: { 429: ["rate_limited"] },
};

const postPage: Operation = {
  id: "postConsentPage",
  summary: "The form of the visitor's page",
  description:
    "URL-encoded: `decision` is `save`, `all` or `none`; with `save`, each purpose that is `granted` is, and the others are denied. Only from the page itself.",
  security: OPEN,
  parameters: VISITOR_PARAMETERS,
  answers: { 303: { description: "Recorded; back to the page.", headers: SETS_COOKIES } },
  problems: {
    400: ["invalid_utf8", "invalid_gzip", "invalid_body"],
    403: ["cross_site"],
    409: ["in_preview"],
    413: BODY_PROBLEMS[413],
    415: BODY_PROBLEMS[415],
    429: ["rate_limited"],
  },
};

export const consent: Group = {
  tag: "consent",
  description: "A person's own decision on purposes.",
  requests: { ConsentRequest: bodySchema() },
  answers: { Consent: stateSchema, ConsentHistory: historySchema },
  paths: {
    "/consent": { get: getConsent, put: putConsent },
    "/consent/history": { get: getHistory },
    "/consent/page": { get: getPage, post: postPage },
  },
};
