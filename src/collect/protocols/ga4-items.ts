/**
 * Products as the tag packs them: `pr1=idSKU_1~nmStan%20Tee~pr9.99~qt2`, two letters and a value, `~` between them, and
 * `~~` for a `~` inside a value. Seen in the tag's requests; Google documents none of it.
 */
import type { Fields } from "./ga4-event.ts";

/** As many as GA4 takes. */
const MAX_ITEMS = 200;
const P = 112;
const ITEM = /^pr[1-9]\d{0,2}$/;

const NAMES = new Map([
  ["id", "item_id"],
  ["nm", "item_name"],
  ["br", "item_brand"],
  ["ca", "item_category"],
  ["va", "item_variant"],
  ["pr", "price"],
  ["qt", "quantity"],
  ["cp", "coupon"],
  ["ds", "discount"],
  ["ln", "item_list_name"],
  ["li", "item_list_id"],
  ["lp", "index"],
  ["pi", "promotion_id"],
  ["pn", "promotion_name"],
  ["cn", "creative_name"],
  ["cs", "creative_slot"],
]);

/** The products of an event, in their order; of two in one place the last. */
export function itemsOf(parameters: Iterable<[string, string]>): Fields[] {
  const items: Fields[] = [];
  for (const [name, packed] of parameters)
    if (name.charCodeAt(0) === P && ITEM.test(name)) items[Number(name.slice(2))] = unpack(packed);
  // Places begin with 1, and some may be empty.
  return items.length === 0 ? items : items.filter((item) => item !== undefined).slice(0, MAX_ITEMS);
}

function unpack(packed: string): Fields {
  const item: Record<string, string> = {};
  const isEscaped = packed.includes("~~");
  for (const part of (isEscaped ? packed.replaceAll("~~", "\0") : packed).split("~")) {
    const name = NAMES.get(part.slice(0, 2));
    if (name === undefined) continue;
    const value = part.slice(2);
    item[name] = isEscaped ? value.replaceAll("\0", "~") : value;
  }
  return item;
}
