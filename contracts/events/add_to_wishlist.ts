/** A product was put on a wish list. */
import { productSchema } from "../commerce.ts";
import type { EventContract } from "./contract.ts";

export const addToWishlist = {
  name: "add_to_wishlist",
  version: "1.0.0",
  description: "A product was put on a wish list.",
  get properties() {
    return productSchema();
  },
  examples: [
    { title: "A pair of skis", properties: { product_id: "fjell-skis", price: 420, currency: "EUR" } },
  ],
} satisfies EventContract;
