/**
 * What a deal becomes of the orders and refunds that tell of it, in whatever order they come, and however often. The deal
 * itself remembers the order's value and each refund by its item, so that no refund counts twice. Pure.
 */
import type { Modes } from "../../mapping/modes.ts";
import type { HubspotBody } from "./map.ts";
import { changes, type Properties, written } from "./properties.ts";

interface Item {
  itemId: string;
  deal: NonNullable<HubspotBody["deal"]>;
  modes?: Modes | undefined;
}

/** Custom deal properties, besides the unique one: single-line texts. */
const ORDER_VALUE = "doorstep_order_value";
/** `<item>=<value>` of each refund, joined by `;`; `all` for a whole one. */
const REFUNDS = "doorstep_refunds";
/** What `foldDeal` looks at, besides what its items say. */
export const DEAL_PROPERTIES = [ORDER_VALUE, REFUNDS, "amount", "dealstage"] as const;

/** Sales move a deal on: these are written where there is nothing yet. */
const FIRST_ONLY: ReadonlySet<string> = new Set(["dealname", "pipeline", "dealstage"]);

/** @param items in the order of their events @param refundedStage of a deal that was paid back in whole */
export function foldDeal(
  known: Properties,
  items: readonly Item[],
  refundedStage: string | undefined,
): Properties {
  const now: Record<string, string> = { ...known };
  // Of a deal that somebody else has made, the amount is what the order was worth.
  if (!known[ORDER_VALUE] && known.amount) now[ORDER_VALUE] = known.amount;
  const refunds = new Map((known[REFUNDS] ?? "").split(";").flatMap((one) => pair(one)));
  for (const { itemId, deal, modes } of items) {
    for (const [name, value] of Object.entries(deal.properties)) {
      const mode = modes?.[`deal.properties.${name}`] ?? (FIRST_ONLY.has(name) ? "if_empty" : "overwrite");
      now[name] = written(mode, name, now[name] ?? "", value);
    }
    if (deal.kind === "refund") refunds.set(itemId.slice(0, 16), deal.value?.toString() ?? "all");
    else if (deal.value !== undefined) now[ORDER_VALUE] = String(deal.value);
  }
  const whole = [...refunds.values()].includes("all");
  const paidBack = [...refunds.values()].reduce((sum, value) => sum + (Number(value) || 0), 0);
  if (refunds.size > 0) now[REFUNDS] = [...refunds].map(([item, value]) => `${item}=${value}`).join(";");
  const value = Number(now[ORDER_VALUE] ?? 0);
  now.amount = whole ? "0" : String(Math.max(0, Number((value - paidBack).toFixed(4))));
  if (whole && !(known[REFUNDS] ?? "").includes("=all") && refundedStage !== undefined)
    now.dealstage = refundedStage;
  return changes(known, now);
}

function pair(text: string): [string, string][] {
  const [item, value] = text.split("=", 2);
  return item && value !== undefined ? [[item, value]] : [];
}
