/** The way of payment was chosen during a checkout. Never a number of a card or an account. */
import * as z from "zod";
import { cartSchema } from "../commerce.ts";
import { behavioural } from "../fields.ts";
import { once } from "../once.ts";
import type { EventContract } from "./contract.ts";

const properties = once(() =>
  cartSchema().extend({ payment_type: behavioural(z.string().max(64), "text").optional() }),
);

export const addPaymentInfo = {
  name: "add_payment_info",
  version: "1.0.0",
  description: "The way of payment was chosen during a checkout.",
  get properties() {
    return properties();
  },
  examples: [
    {
      title: "By card",
      properties: {
        payment_type: "card",
        value: 78,
        currency: "EUR",
        items: [{ product_id: "wool-gloves", price: 39, quantity: 2 }],
      },
    },
  ],
} satisfies EventContract;
