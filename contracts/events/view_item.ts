/** A product was looked at: its page, or its details in place. */
import { productSchema } from "../commerce.ts";
import type { EventContract } from "./contract.ts";

export const viewItem = {
  name: "view_item",
  version: "1.0.0",
  description: "A product was looked at.",
  get properties() {
    return productSchema();
  },
  examples: [
    {
      title: "The page of a pair of gloves",
      properties: {
        product_id: "wool-gloves",
        name: "Wool gloves",
        category: "winter",
        price: 39,
        currency: "EUR",
      },
    },
  ],
} satisfies EventContract;
