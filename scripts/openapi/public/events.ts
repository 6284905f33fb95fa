/** `POST /events`, Doorstep's own protocol: src/collect/protocols/native.ts. The shapes of events are the contracts. */
import * as z from "zod";
import {
  consentStatementSchema,
  contentSchema,
  contextSchema,
  identifiersSchema,
  itemSchema,
  nativeBodySchema,
  traitsSchema,
} from "../../../contracts/event.ts";
import type { EventContract } from "../../../contracts/events/contract.ts";
import { eventSchema } from "../../../contracts/json-schema.ts";
import { EVENT_CONTRACTS } from "../../../contracts/registry.ts";
import { TOKEN_PROBLEMS } from "../../../contracts/taxonomy.ts";
import { NATIVE_EXAMPLES } from "../../../src/collect/protocols/native-examples.ts";
import type { CollectResult } from "../../../src/collect/protocols/protocol.ts";
import { MAX_TOKEN_CHARS } from "../../../src/door/proof/verifier.ts";
import type { Group } from "../description.ts";
import { BODY_PROBLEMS, type ProblemCodes } from "../problems.ts";
import { refTo } from "../schemas.ts";
import { SOURCE_KEY } from "../security.ts";
import { SETS_COOKIES, VISITOR_PARAMETERS } from "../visitor.ts";

/** What every collecting path may answer besides the problems of its own body. */
export const COLLECT_PROBLEMS = {
  400: [...BODY_PROBLEMS[400], "invalid_body"],
  401: ["missing_key", "unknown_key", "key_expired"],
  403: [
    "source_disabled",
    "key_disabled",
    "origin_not_allowed",
    "secret_key_in_browser",
    "secret_key_required",
    "navigation",
  ],
  413: [...BODY_PROBLEMS[413], "too_many_events"],
  415: BODY_PROBLEMS[415],
  429: ["rate_limited"],
  503: ["queue_unavailable"],
} as const satisfies ProblemCodes;

/** `page_view` → `PageViewEvent`. */
const schemaName = (event: string): string =>
  `${event
    .split("_")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("")}Event`;

/** An identity token: no part of a contract, since it is taken off the event before anything else is done with it. */
const tokenSchema = z.string().max(MAX_TOKEN_CHARS).optional();

/** An event of its contract's newest version, as it is published; older ones are below `/contracts`. */
const describedSchema = ({ name, version, properties, description }: EventContract) =>
  eventSchema(name, version, properties)
    .extend({
      token: tokenSchema.meta({ description: "A JWT that proves the person; docs/identity-proof.md." }),
    })
    .meta({ description });

const CONTRACTS: readonly EventContract[] = Object.values(EVENT_CONTRACTS);
const schemas = CONTRACTS.map((contract) => [schemaName(contract.name), describedSchema(contract)] as const);
const [first, ...others] = schemas.map(([, schema]) => schema);
if (!first) throw new Error("there is no event contract");

const anyEventSchema = z.discriminatedUnion("name", [first, ...others]).meta({
  discriminator: {
    propertyName: "name",
    mapping: Object.fromEntries(CONTRACTS.map(({ name }) => [name, refTo(schemaName(name)).$ref])),
  },
});

const outcome = { index: z.int().min(0).meta({ description: "Place in the request." }), id: z.string() };
const issueSchema = z.object({ path: z.string(), message: z.string() });

const collectResultSchema = z.object({
  accepted: z.int().min(0),
  dropped: z.array(z.object({ ...outcome, code: z.enum(["consent_denied", "counted_anonymously"]) })),
  rejected: z.array(
    z.object({
      ...outcome,
      code: z.enum([
        "invalid_event",
        "invalid_consent",
        "unknown_event",
        "unknown_version",
        "duplicate_id",
        "timestamp_in_future",
        "timestamp_too_old",
      ]),
      issues: z.array(issueSchema),
    }),
  ),
  unproven: z
    .array(z.object({ ...outcome, code: z.enum(TOKEN_PROBLEMS) }))
    .exactOptional()
    .meta({ description: "Accepted as mere claims: why their identity tokens prove nothing." }),
}) satisfies z.ZodType<CollectResult>;

export const events: Group = {
  tag: "events",
  description: "Sending events in Doorstep's own protocol.",
  requests: {
    Events: nativeBodySchema().extend({
      write_key: nativeBodySchema().shape.write_key.meta({ description: "Unless it comes in a header." }),
      sent_at: nativeBodySchema().shape.sent_at.meta({
        description: "The sender's clock at sending, by which `occurred_at` is corrected.",
      }),
      consent: consentStatementSchema()
        .optional()
        .meta({ description: "For events that have none of their own." }),
      token: tokenSchema.meta({ description: "A JWT for events that have none of their own." }),
      events: z.array(anyEventSchema).max(500),
    }),
    Event: anyEventSchema,
    ...Object.fromEntries(schemas),
    EventContext: contextSchema(),
    Traits: traitsSchema(),
    EventIdentifiers: identifiersSchema(),
    ConsentStatement: consentStatementSchema(),
    Content: contentSchema(),
    Item: itemSchema(),
  },
  answers: { CollectResult: collectResultSchema },
  paths: {
    "/events": {
      post: {
        id: "sendEvents",
        summary: "Send events",
        description:
          "Each event is read by itself: a bad one harms no other. The answer comes after the queue has confirmed what was accepted. The Content-Type does not matter, so a beacon may send it; the body may be gzip.",
        security: SOURCE_KEY,
        parameters: VISITOR_PARAMETERS,
        body: {
          schema: "Events",
          examples: Object.fromEntries(NATIVE_EXAMPLES.map(({ title, body }) => [title, body])),
        },
        answers: {
          202: {
            description: "Accepted events are durable; the others are named.",
            json: {
              schema: "CollectResult",
              examples: {
                "All accepted": { accepted: 1, dropped: [], rejected: [] },
                "One of each": {
                  accepted: 1,
                  dropped: [{ index: 1, id: "e-2", code: "consent_denied" }],
                  rejected: [
                    {
                      index: 2,
                      id: "e-3",
                      code: "invalid_event",
                      issues: [
                        { path: "properties.currency", message: "must be an ISO 4217 code such as EUR" },
                      ],
                    },
                  ],
                },
              },
            },
            headers: SETS_COOKIES,
          },
        },
        problems: COLLECT_PROBLEMS,
      },
    },
  },
};
