/** docs/protocols/segment.md is the table of src/collect/protocols/ecommerce-segment.ts, name by name. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { NAMED_EVENTS, namedEvent } from "../../../src/collect/protocols/ecommerce-segment.ts";

const page = readFileSync(new URL("../../../docs/protocols/segment.md", import.meta.url), "utf8");

/** Rows of the table of track calls: names of Segment's, and the contract. */
const rows = [...page.matchAll(/^\| ([A-Z][^|]*) \| `(\w+)` \|/gm)].flatMap(([, names = "", contract]) =>
  names.split(", ").map((name) => ({ name: name.toLowerCase(), contract })),
);

it("says of each named event what it becomes, and of no other", () => {
  const documented = rows.filter(({ name }) => !/^(checkout step completed|else|with )/.test(name));
  expect(documented.map(({ name, contract }) => `${name} → ${contract}`).sort()).toEqual(
    Object.entries(NAMED_EVENTS)
      .map(([name, mapping]) => `${name} → ${mapping.name}`)
      .sort(),
  );
});

it("says which of two a step of the checkout becomes", () => {
  const step = (properties: Record<string, unknown>) =>
    namedEvent("checkout step completed", properties)?.name;
  expect(page).toMatch(/Completed, with `shipping_method` \| `add_shipping_info`/);
  expect(step({ shipping_method: "x", payment_method: "y" })).toBe("add_shipping_info");
  expect(page).toMatch(/Completed, else with `payment_method` \| `add_payment_info`/);
  expect(step({ payment_method: "y" })).toBe("add_payment_info");
  expect(step({ step: 1 })).toBeUndefined();
});
