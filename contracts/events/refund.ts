/** An order was paid back: all of it, or the `items` and the `value` that are named. */
import * as z from "zod";
import { amountSchema, itemsSchema } from "../commerce.ts";
import { currencySchema } from "../event.ts";
import { behavioural } from "../fields.ts";
import { once } from "../once.ts";
import type { EventContract } from "./contract.ts";

const properties = once(() =>
  z.object({
    order_id: behavioural(z.string().min(1).max(128)),
    value: amountSchema().optional(),
    currency: currencySchema().optional(),
    tax: amountSchema().optional(),
    shipping: amountSchema().optional(),
    coupon: behavioural(z.string().max(64), "text").optional(),
    items: itemsSchema().optional(),
  }),
);

export const refund = {
  name: "refund",
  version: "1.0.0",
  description: "An order was paid back, in whole or in part.",
  get properties() {
    return properties();
  },
  examples: [
    { title: "A whole order", properties: { order_id: "A-1001" } },
    {
      title: "One line of an order",
      properties: {
        order_id: "A-1002",
        value: 39,
        currency: "EUR",
        items: [{ product_id: "wool-gloves", price: 39, quantity: 1 }],
      },
    },
  ],
} satisfies EventContract;
