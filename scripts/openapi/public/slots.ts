/** `GET /slots/{slot}` and `POST /slots`: src/slots/routes.ts. */
import * as z from "zod";
import { contentDefinitionSchema } from "../../../contracts/definitions/content.ts";
import { slotsBodySchema } from "../../../src/slots/body.ts";
import type { SlotAnswer } from "../../../src/slots/render.ts";
import type { Group } from "../description.ts";
import { BODY_PROBLEMS } from "../problems.ts";
import { OPEN_OR_ADMIN, OPEN_OR_SERVER } from "../security.ts";
import { VISITOR_PARAMETERS } from "../visitor.ts";

const explained = "Only where an explanation was asked for and allowed.";

/** Templates are filled. */
const shownSchema = z.object({
  html: z.string().exactOptional(),
  data: contentDefinitionSchema.shape.data.unwrap().exactOptional(),
});

const answerSchema = z.object({
  slot: z.string(),
  kind: z.enum(["html", "json", "message"]),
  outcome: z.enum(["offer", "fallback"]),
  offer: z.string().nullable(),
  content: shownSchema.nullable().meta({ description: "null: the page's own baseline stays." }),
  locale: z
    .string()
    .exactOptional()
    .meta({ description: "BCP 47 tag of the language that the content is in, where that is known." }),
  message: z
    .object({
      placement: z.enum(["banner-top", "banner-bottom", "modal"]),
      dismissible: z.boolean(),
      delay_ms: z.number(),
    })
    .exactOptional()
    .meta({ description: "Of a slot of kind `message` that has something to show." }),
  min_height: z.number().exactOptional().meta({ description: "CSS pixels that the element keeps." }),
  losers: z
    .array(
      z.object({
        offer: z.string(),
        reason: z.string(),
        detail: z.record(z.string(), z.unknown()).exactOptional().meta({
          description:
            "By reason: `failed` clauses, `starts_at`, `used` of how many, or what it was outranked by.",
        }),
      }),
    )
    .exactOptional()
    .meta({ description: explained }),
  holdout: z.boolean().exactOptional().meta({ description: explained }),
  segments: z.array(z.string()).exactOptional().meta({ description: explained }),
}) satisfies z.ZodType<SlotAnswer>;

const unknownSchema = z.object({ slot: z.string(), code: z.literal("unknown_slot") });

const HTML = "<h2>Winter is here</h2>";
const OFFER = { slot: "hero", kind: "html", outcome: "offer", offer: "winter-hero", content: { html: HTML } };
const FALLBACK = { slot: "teaser", kind: "html", outcome: "fallback", offer: null, content: null };
const EXPLAINED = {
  ...OFFER,
  losers: [
    {
      offer: "loyal-thanks",
      reason: "audience",
      detail: {
        failed: [{ field: "purchases_30d", operator: "$gte", expected: 2, actual: 1, must_hold: true }],
      },
    },
  ],
  holdout: false,
  segments: ["winter-fan"],
};

export const slots: Group = {
  tag: "slots",
  description:
    "What a visitor sees in a named place of a page. Answers are personal and never shared-cacheable.",
  requests: {
    SlotsRequest: slotsBodySchema(),
  },
  answers: {
    Slot: answerSchema,
    Slots: z.object({
      preview: z.literal(true).exactOptional().meta({ description: "The browser is shown a preview." }),
      personal: z.boolean().meta({ description: "The visitor agreed to personal pages." }),
      slots: z.array(z.union([answerSchema, unknownSchema])),
    }),
    UnknownSlot: unknownSchema,
    SlotContent: shownSchema,
    Json: contentDefinitionSchema.shape.data.unwrap(),
  },
  paths: {
    "/slots/{slot}": {
      get: {
        id: "getSlot",
        summary: "One slot",
        description: "An HTML fragment where `Accept` names `text/html` before JSON, else JSON.",
        security: OPEN_OR_ADMIN,
        parameters: [
          { name: "slot", in: "path", description: "Its name in the release.", schema: { type: "string" } },
          {
            name: "explain",
            in: "query",
            description: "With any value: say why offers lost. Only for operators; else it changes nothing.",
            schema: { type: "string" },
          },
          {
            name: "locale",
            in: "query",
            description: "The language to show, such as `sk`; else what `Accept-Language` says.",
            schema: { type: "string" },
          },
          ...VISITOR_PARAMETERS,
        ],
        answers: {
          200: {
            description: "The offer that won, or the slot's fallback.",
            json: { schema: "Slot", examples: { "An offer": OFFER, Explained: EXPLAINED } },
            text: { "text/html": HTML },
            headers: { "X-Doorstep-Offer": "Of a fragment: the offer that won." },
          },
          204: { description: "There is no fragment: the page's own baseline stays." },
        },
        problems: { 404: ["unknown_slot"] },
      },
    },
    "/slots": {
      post: {
        id: "getSlots",
        summary: "Several slots of one page",
        description:
          "Decided together, so that exclusion groups hold across them. An unknown slot harms no other. A server that renders pages says with a secret key what its visitor's browser sent to it: `visitor`.",
        security: OPEN_OR_SERVER,
        parameters: VISITOR_PARAMETERS,
        body: {
          schema: "SlotsRequest",
          examples: {
            "Two slots": { slots: ["hero", "teaser"] },
            "A page's script": {
              slots: ["hero"],
              locale: "sk",
              page: { path: "/zima", utm: { campaign: "winter" } },
            },
            "A server": {
              slots: ["hero"],
              visitor: {
                cookie: "ds_id=…; ds_session=…; ds_consent=…",
                user_agent: "Mozilla/5.0 …",
                country: "SK",
              },
            },
          },
        },
        answers: {
          200: {
            description: "Each slot once, in the order asked for.",
            json: {
              schema: "Slots",
              examples: {
                "An offer and a fallback": { personal: true, slots: [OFFER, FALLBACK] },
                "An unknown slot": {
                  personal: false,
                  slots: [OFFER, { slot: "nowhere", code: "unknown_slot" }],
                },
              },
            },
          },
        },
        problems: {
          ...BODY_PROBLEMS,
          400: [...BODY_PROBLEMS[400], "invalid_slots", "invalid_body"],
          401: ["missing_key", "unknown_key", "key_expired"],
          403: [
            "source_disabled",
            "key_disabled",
            "secret_key_required",
            "origin_not_allowed",
            "secret_key_in_browser",
          ],
        },
      },
    },
  },
};
