/** Every event contract, one line each. Tests, docs, the published JSON Schemas and the door iterate this object. */
import { addToCart } from "./events/add_to_cart.ts";
import { consentUpdate } from "./events/consent_update.ts";
import { contentImpression } from "./events/content_impression.ts";
import type { EventContract } from "./events/contract.ts";
import { ctaClick } from "./events/cta_click.ts";
import { formSubmit } from "./events/form_submit.ts";
import { identify } from "./events/identify.ts";
import { login } from "./events/login.ts";
import { pageView } from "./events/page_view.ts";
import { purchase } from "./events/purchase.ts";
import { scroll } from "./events/scroll.ts";

export const EVENT_CONTRACTS = {
  page_view: pageView,
  content_impression: contentImpression,
  cta_click: ctaClick,
  scroll,
  form_submit: formSubmit,
  add_to_cart: addToCart,
  purchase,
  login,
  identify,
  consent_update: consentUpdate,
} satisfies Record<string, EventContract>;

export type EventName = keyof typeof EVENT_CONTRACTS;

/** Whether a contract exists for this name. */
export const isEventName = (name: string): name is EventName => Object.hasOwn(EVENT_CONTRACTS, name);
