/** The cart was looked at. */
import { cartSchema } from "../commerce.ts";
import type { EventContract } from "./contract.ts";

export const viewCart = {
  name: "view_cart",
  version: "1.0.0",
  description: "The cart was looked at.",
  get properties() {
    return cartSchema();
  },
  examples: [
    {
      title: "Two pairs of gloves",
      properties: {
        value: 78,
        currency: "EUR",
        items: [{ product_id: "wool-gloves", price: 39, quantity: 2 }],
      },
    },
  ],
} satisfies EventContract;
