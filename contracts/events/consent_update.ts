/** A visitor decided on consent. Written by the door itself; a client's own one is only recorded as behaviour. */
import * as z from "zod";
import { technical } from "../fields.ts";
import { once } from "../once.ts";
import type { EventContract } from "./contract.ts";

const properties = once(() => {
  const value = technical(z.enum(["granted", "denied"]));
  return z.object({
    analytics: value.optional(),
    marketing: value.optional(),
    personalization: value.optional(),
  });
});

export const consentUpdate = {
  name: "consent_update",
  version: "1.0.0",
  description: "A visitor decided on consent.",
  get properties() {
    return properties();
  },
  examples: [{ title: "Analytics only", properties: { analytics: "granted", marketing: "denied" } }],
} satisfies EventContract;
