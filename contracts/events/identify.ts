/** Traits of a person became known, without anything else having happened. */
import * as z from "zod";
import type { EventContract } from "./contract.ts";

export const identify = {
  name: "identify",
  version: "1.0.0",
  description: "Traits of a person became known.",
  properties: z.object({}),
  examples: [{ title: "An e-mail address", properties: {}, traits: { email: "ida@example.com" } }],
} satisfies EventContract;
