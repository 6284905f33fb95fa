/** A promotion was clicked. */
import { promotionSchema } from "../commerce.ts";
import type { EventContract } from "./contract.ts";

export const selectPromotion = {
  name: "select_promotion",
  version: "1.0.0",
  description: "A promotion was clicked.",
  get properties() {
    return promotionSchema();
  },
  examples: [
    {
      title: "A banner on the home page",
      properties: { promotion_id: "winter-sale", promotion_name: "Winter sale", creative_slot: "home-top" },
    },
  ],
} satisfies EventContract;
