/** The way of shipping was chosen during a checkout. Never an address. */
import * as z from "zod";
import { cartSchema } from "../commerce.ts";
import { behavioural } from "../fields.ts";
import { once } from "../once.ts";
import type { EventContract } from "./contract.ts";

const properties = once(() =>
  cartSchema().extend({ shipping_tier: behavioural(z.string().max(64), "text").optional() }),
);

export const addShippingInfo = {
  name: "add_shipping_info",
  version: "1.0.0",
  description: "The way of shipping was chosen during a checkout.",
  get properties() {
    return properties();
  },
  examples: [
    {
      title: "By courier",
      properties: {
        shipping_tier: "courier",
        value: 78,
        currency: "EUR",
        items: [{ product_id: "wool-gloves", price: 39, quantity: 2 }],
      },
    },
  ],
} satisfies EventContract;
