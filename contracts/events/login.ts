/** A visitor logged in. Only a signed token or a secret-key source proves who it is. */
import * as z from "zod";
import { behavioural } from "../fields.ts";
import { once } from "../once.ts";
import type { EventContract } from "./contract.ts";

const properties = once(() => z.object({ method: behavioural(z.string().max(64), "text").optional() }));

export const login = {
  name: "login",
  version: "1.0.0",
  description: "A visitor logged in.",
  get properties() {
    return properties();
  },
  examples: [{ title: "By password", properties: { method: "password" }, traits: { customer_id: "C-77" } }],
} satisfies EventContract;
