/** A form was sent. Names of fields only; values that may be read come as traits. */
import * as z from "zod";
import { behavioural } from "../fields.ts";
import { once } from "../once.ts";
import type { EventContract } from "./contract.ts";

const properties = once(() =>
  z.object({
    form_id: behavioural(z.string().min(1).max(128)),
    form_name: behavioural(z.string().max(256), "text").optional(),
    fields: behavioural(z.array(z.string().max(128)).max(100), "text").optional(),
  }),
);

export const formSubmit = {
  name: "form_submit",
  version: "1.0.0",
  description: "A form was sent; its listed values come as traits.",
  get properties() {
    return properties();
  },
  examples: [
    {
      title: "A lead",
      properties: { form_id: "newsletter", fields: ["email", "first_name"] },
      traits: { email: "ida@example.com", first_name: "Ida" },
    },
  ],
} satisfies EventContract;
