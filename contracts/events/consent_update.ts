/** A visitor decided on consent. Written by the door itself; a client's own one is only recorded as behaviour. */
import * as z from "zod";
import { technical } from "../fields.ts";
import type { EventContract } from "./contract.ts";

const value = technical(z.enum(["granted", "denied"]));

export const consentUpdate = {
  name: "consent_update",
  version: "1.0.0",
  description: "A visitor decided on consent.",
  properties: z.object({
    analytics: value.optional(),
    marketing: value.optional(),
    personalization: value.optional(),
  }),
  examples: [{ title: "Analytics only", properties: { analytics: "granted", marketing: "denied" } }],
} satisfies EventContract;
