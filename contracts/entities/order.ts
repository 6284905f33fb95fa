/** An order as the shop has it: what `purchase` says of it, whose it is, and what became of it. */
import * as z from "zod";
import { traitsSchema } from "../event.ts";
import { purchase } from "../events/purchase.ts";
import { behavioural, technical } from "../fields.ts";
import { ORDER_STATUSES } from "../taxonomy.ts";
import type { EntityContract } from "./contract.ts";

export const order = {
  name: "order",
  version: "1.0.0",
  description: "What a customer has ordered.",
  fields: purchase.properties.extend({
    customer_id: traitsSchema().shape.customer_id,
    status: behavioural(z.enum(ORDER_STATUSES)),
    placed_at: technical(z.iso.datetime({ offset: true })),
  }),
  examples: [
    {
      title: "A pair of skis, on its way",
      value: {
        order_id: "A-1001",
        value: 420,
        currency: "EUR",
        items: [{ product_id: "fjell-skis", price: 420, quantity: 1 }],
        customer_id: "C-77",
        status: "shipped",
        placed_at: "2026-11-22T10:00:00.000Z",
      },
    },
  ],
} satisfies EntityContract;
