/** A product as the shop's catalogue has it. Lines of carts and orders name it by `product_id`. */
import * as z from "zod";
import { currencySchema, itemSchema } from "../event.ts";
import { behavioural } from "../fields.ts";
import type { EntityContract } from "./contract.ts";

export const product = {
  name: "product",
  version: "1.0.0",
  description: "Something that the shop sells.",
  fields: itemSchema()
    .pick({ product_id: true, name: true, category: true, brand: true, variant: true, price: true })
    .extend({
      currency: currencySchema().optional(),
      url: behavioural(z.string().max(4096), "url").optional(),
      image_url: behavioural(z.string().max(4096), "url").optional(),
      available: behavioural(z.boolean()).optional(),
    }),
  examples: [
    {
      title: "A pair of skis",
      value: {
        product_id: "fjell-skis",
        name: "Fjell touring skis",
        category: "winter",
        price: 420,
        currency: "EUR",
        available: true,
      },
    },
  ],
} satisfies EntityContract;
