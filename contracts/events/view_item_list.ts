/** A list of products was shown: a category, search results, recommendations. */
import * as z from "zod";
import { itemsSchema } from "../commerce.ts";
import { contentSchema, currencySchema } from "../event.ts";
import { behavioural } from "../fields.ts";
import { once } from "../once.ts";
import type { EventContract } from "./contract.ts";

const properties = once(() =>
  z.object({
    list_id: behavioural(z.string().max(128)).optional(),
    list_name: behavioural(z.string().max(256), "text").optional(),
    currency: currencySchema().optional(),
    items: itemsSchema().optional(),
    content: contentSchema().optional(),
  }),
);

export const viewItemList = {
  name: "view_item_list",
  version: "1.0.0",
  description: "A list of products was shown.",
  get properties() {
    return properties();
  },
  examples: [
    {
      title: "A category of two products",
      properties: {
        list_id: "winter",
        list_name: "Winter",
        currency: "EUR",
        items: [
          { product_id: "wool-gloves", name: "Wool gloves", price: 39, index: 0 },
          { product_id: "fjell-skis", name: "Fjell touring skis", price: 420, index: 1 },
        ],
      },
    },
  ],
} satisfies EventContract;
