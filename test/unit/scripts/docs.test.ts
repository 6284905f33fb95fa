/** The generated parts of docs/: they are current, and they say what contracts, release and code say. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { EventContract } from "#contracts/events/contract";
import { behavioural, personal } from "#contracts/fields";
import { enrichedContextSchema } from "#contracts/messages/event_envelope";
import { BLOCKS } from "../../../scripts/docs/blocks.ts";
import { type Block, renderInto, table } from "../../../scripts/docs/markers.ts";
import { DOOR_FIELDS } from "../../../scripts/docs/privacy/fields.ts";
import { CONTRACTS, demoRelease } from "../../../scripts/docs/privacy/inputs.ts";
import { contextMatrix, eventMatrix, traitMatrix } from "../../../scripts/docs/privacy/matrix.ts";

const ROOT = new URL("../../../", import.meta.url);
const FILES = [...new Set(Object.values<Block>(BLOCKS).map(({ file }) => file))];

describe("generated documents", () => {
  it.each(FILES)("%s is what `npm run docs` writes", (file) => {
    const text = readFileSync(new URL(file, ROOT), "utf8");
    expect(renderInto(text, file, BLOCKS)).toBe(text);
  });
});

describe("markers", () => {
  const blocks = { one: { file: "a.md", render: () => "new $1" }, two: { file: "b.md", render: () => "" } };
  const of = (name: string, inner = "old\n") => `<!-- generated: ${name} -->\n${inner}<!-- /generated -->`;

  it("hold what the block makes, and the rest stays", () => {
    const written = renderInto(`before\n${of("one")}\nafter\n`, "a.md", blocks);
    expect(written).toBe("before\n<!-- generated: one -->\n\nnew $1\n\n<!-- /generated -->\nafter\n");
    expect(renderInto(written, "a.md", blocks)).toBe(written);
    expect(renderInto(of("one", ""), "a.md", blocks)).toContain("new $1");
  });
  it("that are missing, unknown or there twice are an error that names the file", () => {
    expect(() => renderInto("none", "a.md", blocks)).toThrow(/a\.md has no markers for one/);
    expect(() => renderInto(of("three"), "a.md", blocks)).toThrow(/a\.md: "three"/);
    expect(() => renderInto(of("two"), "a.md", blocks)).toThrow(/"two"/);
    expect(() => renderInto(of("one") + of("one"), "a.md", blocks)).toThrow(/twice/);
  });
  it("a table's bars do not end its cells", () => {
    expect(table(["a"], [["x|y"]])).toBe("| a |\n|---|\n| x\\|y |");
  });
});

const demo = demoRelease();
/** The demo's release with three of its destinations, whatever others it has. */
const release = {
  ...demo,
  destinations: Object.fromEntries(
    Object.entries(demo.destinations).filter(([key]) => ["ga4", "hubspot", "orders-webhook"].includes(key)),
  ),
};
const contract = (properties: z.ZodObject): EventContract => ({
  name: "purchase",
  version: "1.0.0",
  description: "An order was placed.",
  properties,
  examples: [],
});
const rowsOf = (text: string) =>
  text.split("\n").map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

describe("the field matrix", () => {
  it("changes with a contract's field", () => {
    const free = eventMatrix([contract(z.object({ note: behavioural(z.string(), "text") }))], release);
    const strict = eventMatrix([contract(z.object({ note: personal(z.string()) }))], release);
    expect(rowsOf(free)[2]).toEqual([
      "`purchase`",
      "`note`",
      "",
      "behavioural",
      "✓",
      "✓",
      "✓",
      "as text",
      "✓",
      "✓",
      "✓",
    ]);
    expect(rowsOf(strict)[2]).toEqual([
      "`purchase`",
      "`note`",
      "",
      "personal",
      "",
      "✓",
      "",
      "",
      "",
      "✓",
      "✓",
    ]);
  });

  it("has a row for every event, and sends it where the release does", () => {
    const rows = rowsOf(eventMatrix(CONTRACTS, release));
    for (const { name } of CONTRACTS)
      expect(rows.filter(([event]) => event === `\`${name}\``)).toHaveLength(1);
    const to = (event: string) => rows.find(([name]) => name === `\`${event}\``)?.slice(-3);
    expect(rows[0]?.slice(-3)).toEqual(["→ `ga4`", "→ `hubspot`", "→ `orders-webhook`"]);
    expect(to("purchase")).toEqual(["✓", "✓", "✓"]);
    expect(to("login")).toEqual(["✓", "✓", ""]);
    expect(to("page_view")).toEqual(["✓", "", ""]);
  });

  it("leaves out a destination that is switched off, and follows a destination's purposes", () => {
    const { ga4, ...others } = release.destinations;
    if (!ga4) throw new Error("the demo has no ga4");
    const off = { ...release, destinations: { ...others, ga4: { ...ga4, enabled: false } } };
    expect(traitMatrix(off)).not.toContain("ga4");
    const row = (text: string) => rowsOf(text).find(([, field]) => field?.startsWith("`click_ids.gclid`"));
    expect(row(contextMatrix(release))?.slice(-3)).toEqual(["", "✓", "✓"]);
    const wide = { ...release, destinations: { ga4: { ...ga4, purposes: ["marketing" as const] } } };
    expect(row(contextMatrix(wide))?.slice(-1)).toEqual(["✓"]);
  });

  it("gives personal traits to those alone who can use them", () => {
    const rows = rowsOf(traitMatrix(release));
    const email = rows.find(([name]) => name === "`email`");
    expect(email).toEqual(["`email`", "identifier", "", "✓", "hash", "", "✓", "✓"]);
  });

  it("knows every field that the door adds", () => {
    expect(Object.keys(DOOR_FIELDS).sort()).toEqual(Object.keys(enrichedContextSchema.shape).sort());
  });
});
