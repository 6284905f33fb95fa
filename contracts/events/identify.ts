/** Traits of a person became known, without anything else having happened. */
import * as z from "zod";
import { once } from "../once.ts";
import type { EventContract } from "./contract.ts";

const properties = once(() => z.object({}));

export const identify = {
  name: "identify",
  version: "1.0.0",
  description: "Traits of a person became known.",
  get properties() {
    return properties();
  },
  examples: [{ title: "An e-mail address", properties: {}, traits: { email: "ida@example.com" } }],
} satisfies EventContract;
