/** `GET /slots/{slot}` and `POST /slots`: src/slots/routes.ts. */
import * as z from "zod";
import { contentDefinitionSchema } from "../../../contracts/definitions/content.ts";
import type { SlotAnswer } from "../../../src/slots/render.ts";
import type { Group } from "../description.ts";
import { BODY_PROBLEMS } from "../problems.ts";
import { OPEN_OR_ADMIN } from "../security.ts";
import { VISITOR_PARAMETERS } from "../visitor.ts";

const explained = "Only where an explanation was asked for and allowed.";

const answerSchema = z.object({
  slot: z.string(),
  outcome: z.enum(["offer", "fallback"]),
  offer: z.string().nullable(),
  content: contentDefinitionSchema.nullable().meta({ description: "null: the page's own baseline stays." }),
  losers: z
    .array(z.object({ offer: z.string(), reason: z.string() }))
    .exactOptional()
    .meta({ description: explained }),
  holdout: z.boolean().exactOptional().meta({ description: explained }),
  segments: z.array(z.string()).exactOptional().meta({ description: explained }),
}) satisfies z.ZodType<SlotAnswer>;

const unknownSchema = z.object({ slot: z.string(), code: z.literal("unknown_slot") });

const HTML = "<h2>Winter is here</h2>";
const OFFER = { slot: "hero", outcome: "offer", offer: "winter-hero", content: { html: HTML } };
const FALLBACK = { slot: "teaser", outcome: "fallback", offer: null, content: null };
const EXPLAINED = {
  ...OFFER,
  losers: [{ offer: "loyal-thanks", reason: "audience" }],
  holdout: false,
  segments: ["winter-fan"],
};

export const slots: Group = {
  tag: "slots",
  description:
    "What a visitor sees in a named place of a page. Answers are personal and never shared-cacheable.",
  requests: {
    SlotsRequest: z.object({
      slots: z.array(z.string()).min(1).max(50),
      explain: z.boolean().optional().meta({ description: "Say why offers lost; only for operators." }),
    }),
  },
  answers: {
    Slot: answerSchema,
    Slots: z.object({ slots: z.array(z.union([answerSchema, unknownSchema])) }),
    UnknownSlot: unknownSchema,
    SlotContent: contentDefinitionSchema,
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
          "Decided together, so that exclusion groups hold across them. An unknown slot harms no other.",
        security: OPEN_OR_ADMIN,
        parameters: VISITOR_PARAMETERS,
        body: { schema: "SlotsRequest", examples: { "Two slots": { slots: ["hero", "teaser"] } } },
        answers: {
          200: {
            description: "Each slot once, in the order asked for.",
            json: {
              schema: "Slots",
              examples: {
                "An offer and a fallback": { slots: [OFFER, FALLBACK] },
                "An unknown slot": { slots: [OFFER, { slot: "nowhere", code: "unknown_slot" }] },
              },
            },
          },
        },
        problems: { ...BODY_PROBLEMS, 400: [...BODY_PROBLEMS[400], "invalid_slots"] },
      },
    },
  },
};
