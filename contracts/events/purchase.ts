/** An order was placed. `value` is what the customer pays, in `currency`. */
import * as z from "zod";
import { amountSchema, itemsSchema } from "../commerce.ts";
import { currencySchema } from "../event.ts";
import { behavioural } from "../fields.ts";
import { once } from "../once.ts";
import type { EventContract } from "./contract.ts";

const properties = once(() =>
  z.object({
    order_id: behavioural(z.string().min(1).max(128)),
    value: amountSchema(),
    currency: currencySchema(),
    tax: amountSchema().optional(),
    shipping: amountSchema().optional(),
    coupon: behavioural(z.string().max(64), "text").optional(),
    items: itemsSchema().optional(),
  }),
);

export const purchase = {
  name: "purchase",
  version: "1.0.0",
  description: "An order was placed.",
  get properties() {
    return properties();
  },
  examples: [
    {
      title: "One pair of skis",
      properties: {
        order_id: "A-1001",
        value: 420,
        currency: "EUR",
        items: [
          {
            product_id: "fjell-skis",
            name: "Fjell touring skis",
            category: "winter",
            price: 420,
            quantity: 1,
          },
        ],
      },
    },
  ],
} satisfies EventContract;
