/** Every entity contract, one line each. Tests, docs, the published JSON Schemas and the dictionary iterate this object. */
import { account } from "./entities/account.ts";
import { campaign } from "./entities/campaign.ts";
import { consent } from "./entities/consent.ts";
import { content } from "./entities/content.ts";
import type { EntityContract } from "./entities/contract.ts";
import { customer } from "./entities/customer.ts";
import { event } from "./entities/event.ts";
import { order } from "./entities/order.ts";
import { product } from "./entities/product.ts";

export const ENTITY_CONTRACTS = {
  customer,
  account,
  consent,
  content,
  campaign,
  order,
  product,
  event,
} satisfies Record<string, EntityContract>;
