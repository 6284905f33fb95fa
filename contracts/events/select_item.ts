/** A product was chosen from a list: `list_id`, `list_name` and `index` say from where. */
import { productSchema } from "../commerce.ts";
import type { EventContract } from "./contract.ts";

export const selectItem = {
  name: "select_item",
  version: "1.0.0",
  description: "A product was chosen from a list.",
  get properties() {
    return productSchema();
  },
  examples: [
    {
      title: "The second of a category",
      properties: { product_id: "fjell-skis", price: 420, currency: "EUR", list_id: "winter", index: 1 },
    },
  ],
} satisfies EventContract;
