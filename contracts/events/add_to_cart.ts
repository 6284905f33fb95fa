/** A product was put into the cart. */
import type * as z from "zod";
import { MAX_AMOUNT, productSchema } from "../commerce.ts";
import { contentSchema, currencySchema, itemSchema } from "../event.ts";
import { once } from "../once.ts";
import type { EventContract } from "./contract.ts";

const first = once(() =>
  itemSchema()
    .pick({ product_id: true, name: true, category: true, price: true, quantity: true })
    .extend({ currency: currencySchema().optional(), content: contentSchema().optional() }),
);

export const addToCart = {
  name: "add_to_cart",
  version: "1.1.0",
  description: "A product was put into the cart.",
  get properties() {
    return productSchema();
  },
  examples: [
    {
      title: "Two pairs of gloves",
      properties: {
        product_id: "wool-gloves",
        name: "Wool gloves",
        price: 39,
        quantity: 2,
        value: 78,
        currency: "EUR",
      },
    },
    {
      title: "Two products at once",
      properties: {
        product_id: "wool-gloves",
        price: 39,
        value: 459,
        currency: "EUR",
        items: [
          { product_id: "wool-gloves", price: 39 },
          { product_id: "fjell-skis", price: 420 },
        ],
      },
    },
  ],
  previous: [
    {
      version: "1.0.0",
      get properties() {
        return first();
      },
      /**
       * Before `value` was a field, what went into the cart was worth its price times its quantity; where that is more
       * than any value may be, nobody says what it was worth.
       */
      upgrade({ price, quantity, ...product }: z.infer<ReturnType<typeof first>>) {
        const value = price === undefined ? undefined : price * (quantity ?? 1);
        return {
          ...product,
          ...(price !== undefined && { price }),
          ...(value !== undefined && value <= MAX_AMOUNT && { value }),
          ...(quantity !== undefined && { quantity }),
        };
      },
      deprecated: { since: "1.1.0", use: "add_to_cart 1.1.0, which says the `value` itself" },
      examples: [
        {
          title: "Two pairs of gloves",
          properties: { product_id: "wool-gloves", price: 39, quantity: 2, currency: "EUR" },
          becomes: { product_id: "wool-gloves", price: 39, quantity: 2, value: 78, currency: "EUR" },
        },
        {
          title: "A product without a price",
          properties: { product_id: "gift-card" },
          becomes: { product_id: "gift-card" },
        },
      ],
    },
  ],
} satisfies EventContract;
