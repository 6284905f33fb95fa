/**
 * Names and lengths that the Measurement Protocol reserves or limits:
 * https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference#reserved_names
 * https://developers.google.com/analytics/devguides/collection/protocol/ga4/sending-events#limitations
 * https://support.google.com/analytics/answer/9267744 (longer values for the page parameters)
 */

/** Limits of one request. */
export const LIMITS = {
  bodyBytes: 130_000,
  events: 25,
  params: 25,
  userProperties: 25,
  nameLength: 40,
  valueLength: 100,
  userPropertyNameLength: 24,
  userPropertyValueLength: 36,
  items: 200,
  customItemParams: 10,
  backdatingMs: 72 * 3_600_000,
} as const;

/** Parameters whose values may be longer than 100 characters. */
export const LONGER_VALUES: Record<string, number> = {
  page_location: 1000,
  page_referrer: 420,
  page_title: 300,
};

/** Names start with a letter and hold letters, digits and underscores. */
export const NAME_PATTERN = /^[A-Za-z][A-Za-z0-9_]*$/;

/** No event, parameter or user property may start with one of these. */
export const RESERVED_PREFIXES = ["_", "firebase_", "ga_", "google_", "gtag."];

/** Events that only Google's own collection may send. */
export const RESERVED_EVENTS = new Set([
  "ad_activeview",
  "ad_click",
  "ad_exposure",
  "ad_query",
  "ad_reward",
  "adunit_exposure",
  "app_background",
  "app_clear_data",
  "app_exception",
  "app_remove",
  "app_store_refund",
  "app_store_subscription_cancel",
  "app_store_subscription_convert",
  "app_store_subscription_renew",
  "app_uninstall",
  "app_update",
  "app_upgrade",
  "dynamic_link_app_open",
  "dynamic_link_app_update",
  "dynamic_link_first_open",
  "error",
  "firebase_campaign",
  "firebase_in_app_message_action",
  "firebase_in_app_message_dismiss",
  "firebase_in_app_message_impression",
  "first_open",
  "first_visit",
  "in_app_purchase",
  "notification_dismiss",
  "notification_foreground",
  "notification_open",
  "notification_receive",
  "notification_send",
  "os_update",
  "screen_view",
  "session_start",
  "user_engagement",
]);

/** Parameters that may not be sent. */
export const RESERVED_PARAMS = new Set(["firebase_conversion"]);

/** User properties that may not be sent. */
export const RESERVED_USER_PROPERTIES = new Set([
  "first_open_time",
  "first_visit_time",
  "last_deep_link_referrer",
  "user_id",
  "first_open_after_install",
]);

/** Item parameters that Google defines; all others count as custom. */
export const ITEM_PARAMS = new Set([
  "item_id",
  "item_name",
  "affiliation",
  "coupon",
  "discount",
  "index",
  "item_brand",
  "item_category",
  "item_category2",
  "item_category3",
  "item_category4",
  "item_category5",
  "item_list_id",
  "item_list_name",
  "item_variant",
  "location_id",
  "price",
  "quantity",
  "creative_name",
  "creative_slot",
  "promotion_id",
  "promotion_name",
]);

/**
 * Parameters that an event must have: …/protocol/ga4/reference/events. `value` and `currency` are asked for only as a
 * pair (event-rules.ts): the reference wants them for reports, and takes events without.
 */
export const REQUIRED_PARAMS: Record<string, readonly string[]> = {
  add_payment_info: ["items"],
  add_shipping_info: ["items"],
  add_to_cart: ["items"],
  add_to_wishlist: ["items"],
  begin_checkout: ["items"],
  purchase: ["transaction_id", "currency", "value", "items"],
  refund: ["transaction_id"],
  remove_from_cart: ["items"],
  search: ["search_term"],
  select_item: ["items"],
  view_cart: ["items"],
  view_item: ["items"],
  view_item_list: ["items"],
  view_promotion: ["items"],
};
