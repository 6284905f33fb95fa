/** What the contracts say of the properties of each event, as types. Imported by types.ts. */
import type * as z from "zod";
import type { EVENT_CONTRACTS } from "#contracts/registry";

type Contracts = typeof EVENT_CONTRACTS;

/** Properties by name of event. */
export type EventProperties = { [Name in keyof Contracts]: z.input<Contracts[Name]["properties"]> };

/** Events that GA4 knows by the same name and with `items` or a promotion. */
export type EcommerceName = Extract<
  keyof Contracts,
  | "view_promotion"
  | "select_promotion"
  | "view_item_list"
  | "select_item"
  | "view_item"
  | "add_to_wishlist"
  | "add_to_cart"
  | "remove_from_cart"
  | "view_cart"
  | "begin_checkout"
  | "add_shipping_info"
  | "add_payment_info"
  | "purchase"
  | "refund"
>;
