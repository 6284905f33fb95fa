/** A checkout was begun. */
import { cartSchema } from "../commerce.ts";
import type { EventContract } from "./contract.ts";

export const beginCheckout = {
  name: "begin_checkout",
  version: "1.0.0",
  description: "A checkout was begun.",
  get properties() {
    return cartSchema();
  },
  examples: [
    {
      title: "With a coupon",
      properties: {
        value: 70,
        currency: "EUR",
        coupon: "WINTER10",
        items: [{ product_id: "wool-gloves", price: 39, quantity: 2 }],
      },
    },
  ],
} satisfies EventContract;
