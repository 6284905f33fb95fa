/** `GET /consent` and `PUT /consent`: src/door/routes.ts. */
import * as z from "zod";
import { bodySchema } from "../../../src/door/routes.ts";
import type { Group } from "../description.ts";
import { BODY_PROBLEMS } from "../problems.ts";
import { OPEN } from "../security.ts";
import { SETS_COOKIES, VISITOR_PARAMETERS } from "../visitor.ts";

const value = z.enum(["granted", "denied"]);

const stateSchema = z.object({
  purposes: z.object({ analytics: value, marketing: value, personalization: value }),
  regime: z.string().meta({ description: "The policy's regime that holds for this visitor's country." }),
  explicit: z.boolean().meta({
    description:
      "Whether the visitor has decided; if not, the regime's default holds and a banner should ask.",
  }),
  grounds: z.record(z.string(), z.string()).meta({ description: "What decided, by purpose." }),
  expires_at: z.iso.datetime().nullable(),
});

export const consent: Group = {
  tag: "consent",
  description: "A visitor's own decision on purposes.",
  requests: { ConsentRequest: bodySchema },
  answers: { Consent: stateSchema },
  paths: {
    "/consent": {
      get: {
        id: "getConsent",
        summary: "What the visitor has consented to",
        security: OPEN,
        parameters: VISITOR_PARAMETERS,
        answers: {
          200: {
            description: "The decision that holds for this request.",
            json: {
              schema: "Consent",
              examples: {
                "Nobody has decided": {
                  purposes: { analytics: "denied", marketing: "denied", personalization: "denied" },
                  regime: "gdpr",
                  explicit: false,
                  grounds: { analytics: "default", marketing: "default", personalization: "default" },
                  expires_at: null,
                },
              },
            },
            headers: SETS_COOKIES,
          },
        },
      },
      put: {
        id: "putConsent",
        summary: "Decide on consent",
        description:
          "Only from a page of the same origin. Purposes that are not named stay as they were. A withdrawal binds every identifier of the visitor's profile.",
        security: OPEN,
        parameters: VISITOR_PARAMETERS,
        body: {
          schema: "ConsentRequest",
          examples: {
            "Measurement only": {
              purposes: { analytics: "granted", marketing: "denied", personalization: "denied" },
            },
            "Withdraw one purpose": { purposes: { marketing: "denied" } },
          },
        },
        answers: {
          200: {
            description: "Recorded; the cookies that are no longer allowed are taken away.",
            json: {
              schema: "Consent",
              examples: {
                "Measurement only": {
                  purposes: { analytics: "granted", marketing: "denied", personalization: "denied" },
                  regime: "gdpr",
                  explicit: true,
                  grounds: { analytics: "cookie", marketing: "cookie", personalization: "cookie" },
                  expires_at: "2027-11-22T10:00:00.000Z",
                },
              },
            },
            headers: SETS_COOKIES,
          },
        },
        problems: {
          ...BODY_PROBLEMS,
          400: [...BODY_PROBLEMS[400], "invalid_body"],
          403: ["cross_site"],
          429: ["rate_limited"],
        },
      },
    },
  },
};
