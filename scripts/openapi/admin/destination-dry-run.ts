/** What a draft of a destination makes of recent events: src/forward/mapping/routes.ts. */
import * as z from "zod";
import type { TriedEvent } from "../../../src/forward/mapping/dry-run.ts";
import { destinationDryRunSchema } from "../../../src/forward/mapping/routes.ts";
import type { Group } from "../description.ts";
import { ADMIN } from "../security.ts";

const madeSchema = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("mapped"),
    body: z.unknown().meta({ description: "As the vendor would get it." }),
  }),
  z.object({ status: z.literal("skipped"), reason: z.string() }),
  z.object({ status: z.literal("failed"), code: z.string(), detail: z.string().exactOptional() }),
]);

const triedSchema = z.object({
  event_id: z.string(),
  name: z.string(),
  received_at: z.iso.datetime(),
  before: madeSchema.nullable().meta({ description: "By the published definition; null: there is none." }),
  after: madeSchema.meta({ description: "By the draft." }),
  changed: z
    .array(z.string())
    .max(100)
    .meta({ description: "Paths in the body; empty where one of them has none." }),
}) satisfies z.ZodType<TriedEvent>;

const EXAMPLE: TriedEvent = {
  event_id: "e-1",
  name: "purchase",
  received_at: "2026-11-21T08:00:00.000Z",
  before: { status: "mapped", body: { email: "<email>", properties: { firstname: "<first_name>" } } },
  after: {
    status: "mapped",
    body: { email: "<email>", properties: { firstname: "<first_name>", last_coupon: "WINTER" } },
  },
  changed: ["properties.last_coupon"],
};

export const destinationDryRun: Group = {
  tag: "dry run",
  description: "What a destination's mappings would make of recent events.",
  requests: { DestinationDryRun: destinationDryRunSchema },
  answers: { DestinationTried: z.object({ events: z.array(triedSchema).max(50) }) },
  paths: {
    "/admin/api/destinations/{key}/dry-run": {
      post: {
        id: "tryDestination",
        summary: "What a draft would make of recent events, beside what is published",
        description:
          "With events of the last hours, as the destination would see them. Nothing is sent. Traits are stand-ins, such as `<email>`; pseudonyms are withheld from whoever may not see them.",
        security: ADMIN,
        parameters: [
          {
            name: "key",
            in: "path",
            description: "The destination's key in the release, or the one that it shall have.",
            schema: { type: "string" },
          },
        ],
        body: {
          schema: "DestinationDryRun",
          examples: {
            "A mapping that is not published yet": {
              name: "purchase",
              limit: 10,
              definition: {
                type: "hubspot",
                queue: "crm",
                purposes: ["marketing"],
                settings: { token: { $secret: "HUBSPOT_TOKEN" } },
                mappings: [
                  { events: ["purchase"], set: { "properties.last_coupon": { path: "properties.coupon" } } },
                ],
              },
            },
          },
        },
        answers: {
          200: {
            description: "The newest event first.",
            json: { schema: "DestinationTried", examples: { "One event": { events: [EXAMPLE] } } },
          },
        },
        problems: {
          400: ["invalid_json", "invalid_body"],
          401: ["unauthorized"],
          404: ["unknown_destination"],
          413: ["body_too_large"],
          422: ["invalid_destination"],
        },
      },
    },
  },
};
