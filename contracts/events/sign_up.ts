/** An account was made. Who it is comes as traits. */
import * as z from "zod";
import { behavioural } from "../fields.ts";
import type { EventContract } from "./contract.ts";

export const signUp = {
  name: "sign_up",
  version: "1.0.0",
  description: "An account was made.",
  properties: z.object({ method: behavioural(z.string().max(64), "text").optional() }),
  examples: [
    {
      title: "By e-mail",
      properties: { method: "email" },
      traits: { email: "ida@example.com", first_name: "Ida" },
    },
  ],
} satisfies EventContract;
