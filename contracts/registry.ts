/**
 * Every event contract, one line each. Tests, docs, the published JSON Schemas, the dictionary and the door iterate this
 * object. Entities are in entity_registry.ts: nothing that an event meets on its way reads them.
 */
import { addPaymentInfo } from "./events/add_payment_info.ts";
import { addShippingInfo } from "./events/add_shipping_info.ts";
import { addToCart } from "./events/add_to_cart.ts";
import { addToWishlist } from "./events/add_to_wishlist.ts";
import { beginCheckout } from "./events/begin_checkout.ts";
import { consentUpdate } from "./events/consent_update.ts";
import { contentImpression } from "./events/content_impression.ts";
import type { EventContract } from "./events/contract.ts";
import { ctaClick } from "./events/cta_click.ts";
import { custom } from "./events/custom.ts";
import { formSubmit } from "./events/form_submit.ts";
import { generateLead } from "./events/generate_lead.ts";
import { group } from "./events/group.ts";
import { identify } from "./events/identify.ts";
import { linkClick } from "./events/link_click.ts";
import { login } from "./events/login.ts";
import { pagePing } from "./events/page_ping.ts";
import { pageView } from "./events/page_view.ts";
import { purchase } from "./events/purchase.ts";
import { refund } from "./events/refund.ts";
import { removeFromCart } from "./events/remove_from_cart.ts";
import { screenView } from "./events/screen_view.ts";
import { scroll } from "./events/scroll.ts";
import { search } from "./events/search.ts";
import { selectItem } from "./events/select_item.ts";
import { selectPromotion } from "./events/select_promotion.ts";
import { share } from "./events/share.ts";
import { signUp } from "./events/sign_up.ts";
import { viewCart } from "./events/view_cart.ts";
import { viewItem } from "./events/view_item.ts";
import { viewItemList } from "./events/view_item_list.ts";
import { viewPromotion } from "./events/view_promotion.ts";

export const EVENT_CONTRACTS = {
  page_view: pageView,
  screen_view: screenView,
  page_ping: pagePing,
  content_impression: contentImpression,
  cta_click: ctaClick,
  link_click: linkClick,
  scroll,
  search,
  share,
  form_submit: formSubmit,
  generate_lead: generateLead,
  view_promotion: viewPromotion,
  select_promotion: selectPromotion,
  view_item_list: viewItemList,
  select_item: selectItem,
  view_item: viewItem,
  add_to_wishlist: addToWishlist,
  add_to_cart: addToCart,
  remove_from_cart: removeFromCart,
  view_cart: viewCart,
  begin_checkout: beginCheckout,
  add_shipping_info: addShippingInfo,
  add_payment_info: addPaymentInfo,
  purchase,
  refund,
  sign_up: signUp,
  login,
  identify,
  group,
  consent_update: consentUpdate,
  custom,
} satisfies Record<string, EventContract>;

export type EventName = keyof typeof EVENT_CONTRACTS;

/** Whether a contract exists for this name. */
export const isEventName = (name: string): name is EventName => Object.hasOwn(EVENT_CONTRACTS, name);
