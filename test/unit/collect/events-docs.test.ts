/** docs/collect.md lists every contract of an event with exactly its fields, and links to pages that are there. */
import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import * as z from "zod";
import { itemSchema } from "../../../contracts/event.ts";
import { EVENT_CONTRACTS } from "../../../contracts/registry.ts";

const docs = new URL("../../../docs/", import.meta.url);
const page = readFileSync(new URL("collect.md", docs), "utf8");
const table = page.slice(page.indexOf("| event |"), page.indexOf("- A product's fields"));

const named = (cell: string): string[] =>
  [...cell.matchAll(/`(\w+)`/g)].flatMap(([, name]) => (name ? [name] : []));

const rows = [...table.matchAll(/^\| `(\w+)` \|(.*)\|(.*)\|$/gm)].map(([, name, must = "", may = ""]) => ({
  name,
  required: named(must).sort(),
  optional: [
    ...named(may),
    ...(may.includes("a product's") ? Object.keys(itemSchema().omit({ product_id: true }).shape) : []),
  ].sort(),
}));

it("lists every event with its fields", () => {
  const contracts = Object.values(EVENT_CONTRACTS).map(({ name, properties }) => {
    const fields = Object.entries<z.ZodType>(properties.shape);
    const keys = (optional: boolean) =>
      fields.flatMap(([key, field]) => (field instanceof z.ZodOptional === optional ? [key] : [])).sort();
    return { name, required: keys(false), optional: keys(true) };
  });
  expect(rows).toEqual(contracts);
});

it("says which fields a product has", () => {
  const sentence = page.slice(page.indexOf("- A product's fields"), page.indexOf("; each of `items`"));
  expect(named(sentence)).toEqual(Object.keys(itemSchema().shape));
});

it.each(
  [...page.matchAll(/\]\(([\w/-]+\.md)(?:#([\w-]+))?\)/g)].map(([, file, anchor]) => ({ file, anchor })),
)("links to $file $anchor", ({ file = "", anchor }) => {
  const url = new URL(file, docs);
  expect(existsSync(url)).toBe(true);
  if (anchor === undefined) return;
  const headings = [...readFileSync(url, "utf8").matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, "")
      .replaceAll(" ", "-"),
  );
  expect(headings).toContain(anchor);
});
