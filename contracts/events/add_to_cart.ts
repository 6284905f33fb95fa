/** A product was put into the cart. */
import { contentSchema, currencySchema, itemSchema } from "../event.ts";
import type { EventContract } from "./contract.ts";

export const addToCart = {
  name: "add_to_cart",
  version: "1.0.0",
  description: "A product was put into the cart.",
  properties: itemSchema.extend({ currency: currencySchema.optional(), content: contentSchema.optional() }),
  examples: [
    {
      title: "Two pairs of gloves",
      properties: { product_id: "wool-gloves", name: "Wool gloves", price: 39, quantity: 2, currency: "EUR" },
    },
  ],
} satisfies EventContract;
