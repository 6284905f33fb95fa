/** A sequence over time: something in the cart, and no purchase for a while. */
import { html } from "../../html.ts";
import type { Capability } from "./capability.ts";
import { links, place } from "./place.ts";

export const cart: Capability = {
  slug: "cart",
  title: "Sequences",
  lede: "“Added to cart, no purchase for a minute.” The segment fills by itself when the time has passed, with no further event; a shop would say three hours.",
  steps: [
    "Accept personal pages, and put something into the cart.",
    "Wait a minute and come back: the reminder is here. Nothing was clicked in between.",
    "Buy it: the reminder is gone with the next page.",
  ],
  show: () => html`${place("try-reminder", "Your cart", "Nothing is waiting for you.")}
${links(["/products/polar-drift-jacket", "A jacket to put into the cart"], ["/cart", "The cart"])}`,
  code: `"cart_abandoned": {
  "sequence": [{ "event": "add_to_cart" }, { "event": "purchase", "absent": true, "within": "1m" }],
  "window": "30d"
}
"left-a-cart": { "when": { "cart_abandoned": true } }`,
};
