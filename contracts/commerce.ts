/**
 * Shapes that the e-commerce events share. Names are GA4's where it has them, but for the product's, which are shorter
 * (`product_id`, `name`, `category`), and `order_id`, which GA4 calls `transaction_id`.
 */
import * as z from "zod";
import { contentSchema, currencySchema, itemSchema } from "./event.ts";
import { behavioural } from "./fields.ts";
import { once } from "./once.ts";

/** More than that is nobody's cart. */
export const MAX_AMOUNT = 1e12;
/** An amount of money in the event's currency, or of an order's in its own. */
export const amountSchema = once(() => behavioural(z.number().min(0).max(MAX_AMOUNT)));

/** The lines of a cart, a list or an order. */
export const itemsSchema = once(() => z.array(itemSchema()).max(200));

/**
 * Something was done with one product, whose fields are the event's own, so that features read them by one name. Where a
 * sender says it of several at once, `items` has them all, and the event's own fields are those of the first.
 */
export const productSchema = once(() =>
  itemSchema().extend({
    value: amountSchema().optional(),
    currency: currencySchema().optional(),
    items: itemsSchema().optional(),
    content: contentSchema().optional(),
  }),
);

/** Something was done with a whole cart. */
export const cartSchema = once(() =>
  z.object({
    value: amountSchema().optional(),
    currency: currencySchema().optional(),
    coupon: behavioural(z.string().max(64), "text").optional(),
    items: itemsSchema().optional(),
  }),
);

/** A promotion on a page: a banner, a tile. Offers in our own slots are `content_impression` and `cta_click`. */
export const promotionSchema = once(() =>
  z.object({
    promotion_id: behavioural(z.string().max(128)).optional(),
    promotion_name: behavioural(z.string().max(256), "text").optional(),
    creative_name: behavioural(z.string().max(256), "text").optional(),
    creative_slot: behavioural(z.string().max(128)).optional(),
    items: itemsSchema().optional(),
  }),
);
