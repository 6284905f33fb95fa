/**
 * Products as the tag packs them: `pr1=idSKU_1~nmStan%20Tee~pr9.99~qt2`, two letters and a value, `~` between them, and
 * `~~` for a `~` inside a value. Seen in the tag's requests; Google documents none of it.
 */
import type { Fields } from "./ga4-event.ts";

/** As many as GA4 takes. */
const MAX_ITEMS = 200;
const ITEM = /^pr[1-9]\d{0,2}$/;

const NAMES: Record<string, string> = {
  id: "item_id",
  nm: "item_name",
  br: "item_brand",
  ca: "item_category",
  va: "item_variant",
  pr: "price",
  qt: "quantity",
  cp: "coupon",
  ds: "discount",
  ln: "item_list_name",
  li: "item_list_id",
  lp: "index",
  pi: "promotion_id",
  pn: "promotion_name",
  cn: "creative_name",
  cs: "creative_slot",
};

/** The products of an event, in their order. */
export function itemsOf(parameters: Iterable<[string, string]>): Fields[] {
  const items: { place: number; item: Fields }[] = [];
  for (const [name, packed] of parameters) {
    if (ITEM.test(name) && items.length < MAX_ITEMS)
      items.push({ place: Number(name.slice(2)), item: unpack(packed) });
  }
  return items.sort((a, b) => a.place - b.place).map(({ item }) => item);
}

function unpack(packed: string): Fields {
  const item: Record<string, string> = {};
  for (const part of packed.replaceAll("~~", "\0").split("~")) {
    const code = part.slice(0, 2);
    const name = Object.hasOwn(NAMES, code) ? NAMES[code] : undefined;
    if (name !== undefined) item[name] = part.slice(2).replaceAll("\0", "~");
  }
  return item;
}
