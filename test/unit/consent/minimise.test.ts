/** What minimisation makes of records of fields, and of events of an older version. */
import { describe, expect, it } from "vitest";
import { PURPOSES } from "#contracts/taxonomy";
import { minimise } from "../../../src/consent/minimise.ts";

const custom = (fields: Record<string, unknown>) => ({
  properties: { event: "Quiz Done", fields },
  context: {},
});

describe("a record of fields", () => {
  it("keeps every entry for a purpose that is granted, and takes addresses out of its texts", () => {
    const given = custom({ score: 7, passed: true, note: "from ida@example.com" });
    const { properties, removed } = minimise("custom", given, given, PURPOSES);
    expect(properties).toEqual({
      event: "Quiz Done",
      fields: { score: 7, passed: true, note: "from [email]" },
    });
    expect(removed).toEqual([
      { path: "properties.fields.note", action: "scrubbed", reason: "personal_data_in_text" },
    ]);
  });

  it("keeps nothing where no purpose is granted, and says so entry by entry", () => {
    const given = custom({ score: 7 });
    const { properties, removed } = minimise("custom", given, given, []);
    expect(properties).toEqual({ fields: {} });
    expect(removed.map(({ path }) => path)).toEqual(["properties.event", "properties.fields.score"]);
  });
});

describe("an event that was accepted as an older version", () => {
  const old = { properties: { product_id: "x", price: 5, value: 5 }, context: {} };

  it("is cut by the fields of its own version", () => {
    expect(minimise("add_to_cart", { ...old, version: "1.0.0" }, {}, PURPOSES).properties).toEqual({
      product_id: "x",
      price: 5,
    });
  });

  it("is cut by those of the newest where its version is not known, or not said", () => {
    for (const version of [undefined, "1.1.0", "9.0.0"]) {
      const valid = { ...old, ...(version !== undefined && { version }) };
      expect(minimise("add_to_cart", valid, {}, PURPOSES).properties).toEqual(old.properties);
    }
  });
});
