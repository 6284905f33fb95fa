/** Any event, whatever its name: what all of them have. The properties of each are its own contract's. */
import * as z from "zod";
import { contextSchema, identifiersSchema, nativeEventSchema, traitsSchema } from "../event.ts";
import { consentUpdate } from "../events/consent_update.ts";
import { ALL, behavioural, identifier, technical } from "../fields.ts";
import type { EntityContract } from "./contract.ts";

const { id, name, version, occurred_at, anonymous_id, user_id } = nativeEventSchema().shape;

export const event = {
  name: "event",
  version: "1.0.0",
  description: "Something that happened, at a moment.",
  fields: z.object({
    id: technical(id),
    name: technical(name),
    version: technical(version),
    occurred_at: technical(occurred_at),
    anonymous_id: identifier(anonymous_id, ALL),
    user_id: identifier(user_id, ALL),
    identifiers: identifiersSchema().optional(),
    properties: behavioural(z.record(z.string(), z.unknown())).optional(),
    context: contextSchema().optional(),
    traits: traitsSchema().optional(),
    consent: consentUpdate.properties.optional(),
  }),
  examples: [
    {
      title: "A page view",
      value: {
        id: "6f1c2a",
        name: "page_view",
        occurred_at: "2026-11-22T10:00:00.000Z",
        anonymous_id: "a-1",
        properties: {},
        context: { page: { url: "https://shop.example/" } },
        consent: { analytics: "granted" },
      },
    },
  ],
} satisfies EntityContract;
