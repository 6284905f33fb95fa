/** An account was made. Who it is comes as traits. */
import * as z from "zod";
import { behavioural } from "../fields.ts";
import { once } from "../once.ts";
import type { EventContract } from "./contract.ts";

const properties = once(() => z.object({ method: behavioural(z.string().max(64), "text").optional() }));

export const signUp = {
  name: "sign_up",
  version: "1.0.0",
  description: "An account was made.",
  get properties() {
    return properties();
  },
  examples: [
    {
      title: "By e-mail",
      properties: { method: "email" },
      traits: { email: "ida@example.com", first_name: "Ida" },
    },
  ],
} satisfies EventContract;
