/**
 * The marks of every contract's fields, as a review of them: a text that people write is scrubbed, one that is not is on
 * the list of what a site itself makes. And what minimisation makes of lists, of queries, and of what was cut before.
 */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { MINIMISED_BEFORE, minimise, minimiseRules } from "#consent/minimise";
import { policySchema } from "#contracts/definitions/policy";
import { contextSchema } from "#contracts/event";
import type { EventContract } from "#contracts/events/contract";
import { type FieldRule, fieldRule } from "#contracts/fields";
import { EVENT_CONTRACTS } from "#contracts/registry";

interface Leaf {
  path: string;
  schema: z.ZodType;
  rule: FieldRule;
}

function leaves(schema: z.ZodType, path: string): Leaf[] {
  const rule = fieldRule(schema);
  if (rule) return [{ path, schema, rule }];
  if (schema instanceof z.ZodOptional) return leaves(schema.unwrap() as z.ZodType, path);
  if (schema instanceof z.ZodArray) return leaves(schema.element as z.ZodType, path);
  if (schema instanceof z.ZodRecord) return leaves(schema.valueType as z.ZodType, `${path}.*`);
  if (schema instanceof z.ZodObject)
    return Object.entries(schema.shape).flatMap(([name, field]) =>
      leaves(field as z.ZodType, `${path}.${name}`),
    );
  throw new Error(`${path} has no class`);
}

const all = [
  ...leaves(contextSchema(), "context"),
  ...Object.values<EventContract>(EVENT_CONTRACTS).flatMap(({ name, properties }) =>
    leaves(properties, name),
  ),
];

/** The last part of a path: names mean the same in every contract. */
const named = (path: string): string => path.slice(path.lastIndexOf(".") + 1);

/** What the site's own code, shop or CMS makes. A person can write none of it; scrubbed, it would name nothing. */
const MADE_BY_THE_SITE = [
  "author",
  "brand",
  "category",
  "content_id",
  "creative_slot",
  "cta_id",
  "currency",
  "experiment_id",
  "file_extension",
  "form_id",
  "link_id",
  "list_id",
  "locale",
  "offer",
  "order_id",
  "product_id",
  "promotion_id",
  "publish_date",
  "screen_class",
  "slot",
  "taxonomy",
  "topic",
  "variation_id",
];

const isText = (schema: z.ZodType): boolean =>
  schema instanceof z.ZodString || (schema instanceof z.ZodArray && isText(schema.element as z.ZodType));

describe("fields of contracts", () => {
  it("every text is scrubbed, or is made by the site itself", () => {
    const open = all.filter(
      ({ schema, rule }) => isText(schema) && rule.reduce === undefined && rule.class !== "identifier",
    );
    const ours = new Set([...MADE_BY_THE_SITE, "name", "version"]); // of a library
    expect(open.filter(({ path }) => !ours.has(named(path))).map(({ path }) => path)).toEqual([]);
    expect(open.filter(({ path }) => named(path) === "name").map(({ path }) => path)).toEqual([
      "context.library.name",
    ]);
    const used = new Set(open.map(({ path }) => named(path)));
    expect(
      MADE_BY_THE_SITE.filter((name) => !used.has(name) && name !== "currency" && name !== "publish_date"),
    ).toEqual([]);
  });

  it("every URL is cut as one", () => {
    const urls = all.filter(({ path }) => /(?:url|href|referrer)$/.test(path));
    expect(urls.length).toBeGreaterThan(3);
    for (const { rule } of urls) expect(rule.reduce).toBe("url");
  });

  it("nobody's own data is in an event: personal fields come as traits, and ids of clicks serve marketing alone", () => {
    for (const { path, rule } of all) {
      if (rule.class === "personal") throw new Error(`${path} belongs to the traits`);
      if (rule.class === "identifier") {
        expect(path).toMatch(/^context\.click_ids\./);
        expect(rule.purposes).toEqual(["marketing"]);
      }
    }
  });
});

const given = (properties: Record<string, unknown>, context: Record<string, unknown> = {}) => ({
  properties,
  context,
});

describe("minimise", () => {
  it.each<[keyof typeof EVENT_CONTRACTS, Record<string, unknown>, Record<string, unknown>]>([
    ["search", { search_term: "0905 123 456" }, { search_term: "[phone]" }],
    [
      "form_submit",
      { form_id: "f", fields: ["email", "ida@example.com"] },
      { form_id: "f", fields: ["email", "[email]"] },
    ],
    ["add_payment_info", { payment_type: "4111 1111 1111 1111" }, { payment_type: "[card]" }],
    ["group", { group_id: "ida@example.com" }, { group_id: "[email]" }],
    [
      "purchase",
      { order_id: "0905123456", value: 1, currency: "EUR", coupon: "for-ida@example.com" },
      { order_id: "0905123456", value: 1, currency: "EUR", coupon: "[email]" },
    ],
    ["cta_click", { cta_id: "c", href: "tel:+421905123456" }, { cta_id: "c", href: "tel:[phone]" }],
  ])("of %s keeps no personal data in texts", (name, properties, expected) => {
    const { properties: kept, removed } = minimise(name, given(properties), given(properties), ["analytics"]);
    expect(kept).toEqual(expected);
    expect(removed).toHaveLength(1);
    expect(removed[0]).toMatchObject({ action: "scrubbed", reason: "personal_data_in_text" });
  });

  it("names a list's field once, however many of its values are cut", () => {
    const properties = { form_id: "f", fields: ["a@example.com", "b@example.com"] };
    expect(minimise("form_submit", given(properties), {}, ["analytics"]).removed).toEqual([
      { path: "properties.fields", action: "scrubbed", reason: "personal_data_in_text" },
    ]);
    const none = minimise("form_submit", given(properties), {}, []);
    expect(none.properties).toEqual({});
    expect(none.removed.map(({ path }) => path)).toEqual(["properties.form_id", "properties.fields"]);
    expect(
      minimise("form_submit", given({ form_id: "f", fields: [] }), {}, ["analytics"]).properties,
    ).toEqual({
      form_id: "f",
      fields: [],
    });
  });

  const url = "https://s.example/a?q=gloves&page=2&gclid=G1&utm_source=x";
  const cutUrl = (rules: Parameters<typeof minimise>[4], granted: Parameters<typeof minimise>[3]) => {
    const context = { page: { url } };
    const { page } = minimise("page_view", given({}, context), {}, granted, rules).context;
    return (page as { url: string }).url;
  };

  it("lets the release's query parameters stay, and no others", () => {
    const policy = policySchema.parse({
      regimes: { strict: { default: "denied" } },
      otherwise: "strict",
      minimise: { queryParameters: ["page"] },
    });
    expect(minimiseRules(policy)).toBe(minimiseRules(policy));
    expect(cutUrl(minimiseRules(policy), ["analytics"])).toBe("https://s.example/a?page=2&utm_source=x");
    expect(cutUrl(undefined, ["analytics"])).toBe("https://s.example/a?utm_source=x");
  });

  it("of what was minimised before cuts only what the purposes no longer allow", () => {
    expect(cutUrl(MINIMISED_BEFORE, ["analytics"])).toBe("https://s.example/a?q=gloves&page=2&utm_source=x");
    expect(cutUrl(MINIMISED_BEFORE, ["marketing"])).toBe(url);
  });
});
