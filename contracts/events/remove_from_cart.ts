/** A product was taken out of the cart. */
import { productSchema } from "../commerce.ts";
import type { EventContract } from "./contract.ts";

export const removeFromCart = {
  name: "remove_from_cart",
  version: "1.0.0",
  description: "A product was taken out of the cart.",
  get properties() {
    return productSchema();
  },
  examples: [
    {
      title: "One of two pairs of gloves",
      properties: { product_id: "wool-gloves", price: 39, quantity: 1, value: 39, currency: "EUR" },
    },
  ],
} satisfies EventContract;
