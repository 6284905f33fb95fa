/** Snowplow's requests as an enemy sends them: cut, wrong-typed, over-long, deep, badly encoded. Never a 5xx, no hang. */
import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { HOST, publishRelease } from "../product.ts";
import { expectBoth, headers, naughty, type Seen, survives } from "./hostile-calls.ts";

const RUNS = 400;
const SP = "iglu:com.snowplowanalytics.snowplow";
const SCHEMAS = [
  ...[
    "link_click",
    "submit_form",
    "change_form",
    "site_search",
    "screen_view",
    "add_to_cart",
    "button_click",
  ],
  ...["consent_preferences", "consent_granted", "consent_withdrawn", "consent_document", "client_session"],
].map((name) => `${SP}/${name}/jsonschema/1-0-0`);
const ENTITIES = ["product", "cart", "transaction", "refund", "promotion", "checkout_step", "user"].map(
  (name) => `${SP}.ecommerce/${name}/jsonschema/1-0-0`,
);
const ACTION = `${SP}.ecommerce/snowplow_ecommerce_action/jsonschema/1-0-2`;
const ACTIONS = [
  ...["add_to_cart", "product_view", "list_view", "list_click", "checkout_step", "transaction", "refund"],
  ...["promo_view", "promo_click", "trns_error", "constructor"],
];

beforeAll(async () => void (await publishRelease()));

const value: fc.Arbitrary<unknown> = fc.oneof(
  naughty,
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(naughty, { maxLength: 3 }),
  fc.dictionary(naughty, naughty, { maxKeys: 2 }),
);
const mostly = <T>(good: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 4, arbitrary: good }, { weight: 1, arbitrary: value });
const schema = (...known: string[]) =>
  mostly(fc.constantFrom(...known, `${SP}/`, "iglu:a/b", "iglu:com.acme/purchase/jsonschema/1-0-0"));

const FIELDS = [
  "id",
  "name",
  "type",
  "formId",
  "elements",
  "terms",
  "targetUrl",
  "sku",
  "transaction_id",
  "revenue",
];
const MORE = [
  "currency",
  "price",
  "quantity",
  "product_ids",
  "step",
  "consentScopes",
  "eventType",
  "userId",
  "email",
];
const data = fc.dictionary(fc.constantFrom(...FIELDS, ...MORE, "__proto__"), value, { maxKeys: 6 });
const event = fc.oneof(
  fc.record({ schema: schema(...SCHEMAS), data: mostly(data) }),
  fc.record({ schema: fc.constant(ACTION), data: fc.record({ type: mostly(fc.constantFrom(...ACTIONS)) }) }),
);
const entities = fc.array(fc.record({ schema: schema(...SCHEMAS, ...ENTITIES), data: mostly(data) }), {
  maxLength: 4,
});

/** JSON in a field: whole, cut, nested as deep as it gets, or none. */
const text = (inner: fc.Arbitrary<unknown>): fc.Arbitrary<string> =>
  fc.oneof(
    {
      weight: 8,
      arbitrary: inner.map((given) => JSON.stringify({ schema: `${SP}/any/jsonschema/1-0-0`, data: given })),
    },
    { weight: 1, arbitrary: inner.map((given) => JSON.stringify({ data: given }).slice(0, 40)) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 9_000 }).map((n) => `${'{"data":['.repeat(n)}`) },
    { weight: 1, arbitrary: naughty },
  );
/** As base64url, and now and then as what only looks like it. */
const encoded = (inner: fc.Arbitrary<unknown>): fc.Arbitrary<string> =>
  fc.tuple(text(inner), fc.nat({ max: 9 })).map(([given, damage]) => {
    const base64 = btoa(String.fromCharCode(...new TextEncoder().encode(given.slice(0, 60_000))));
    if (damage === 0) return base64.slice(0, -3);
    if (damage === 1) return `${base64.slice(0, 9)}%${base64.slice(9)}`;
    return damage === 2 ? base64 : base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  });

const at = fc.constantFrom("0", "1e400", "-1", "NaN", "99999999999999999", String(Date.now()));
const payload = mostly(
  fc.record(
    {
      e: mostly(fc.constantFrom("pv", "pp", "se", "ue", "tr", "ti")),
      eid: mostly(fc.uuid()),
      aid: mostly(fc.constant("wk_demo")),
      dtm: at,
      ttm: at,
      stm: at,
      duid: mostly(fc.constant("d-1")),
      uid: naughty,
      url: naughty,
      page: naughty,
      refr: naughty,
      tv: naughty,
      vp: naughty,
      ds: fc.constantFrom("1280x0", "x", "1280x4000"),
      pp_may: at,
      se_ac: naughty,
      se_la: value,
      tr_id: mostly(fc.constant("A-1")),
      tr_tt: mostly(fc.constant("1")),
      tr_cu: mostly(fc.constant("EUR")),
      ti_id: mostly(fc.constant("A-1")),
      ti_sk: naughty,
      ua: naughty,
      ue_pr: text(event),
      ue_px: encoded(event),
      co: text(entities),
      cx: encoded(entities),
    },
    { requiredKeys: ["e", "aid"] },
  ),
);
/** A value as it would stand in a query. */
const textOf = (of: unknown): string =>
  typeof of === "string" ? of.toWellFormed() : (JSON.stringify(of) ?? "");

const envelope = fc.oneof(
  { weight: 9, arbitrary: fc.record({ schema: value, data: fc.array(payload, { maxLength: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ data: value }) },
);

it("an envelope of anything is answered", async () => {
  const seen: Seen = new Map();
  await fc.assert(
    fc.asyncProperty(envelope, headers, fc.nat({ max: 9 }), fc.nat(), async (given, more, damage, place) => {
      const json = JSON.stringify(given);
      const body = damage === 0 ? json.slice(0, place % json.length) : json;
      await survives("/com.acme/tp2", { method: "POST", headers: { origin: HOST, ...more }, body }, seen);
    }),
    { numRuns: RUNS },
  );
  expectBoth(seen);
});

it("a pixel of anything is answered", async () => {
  const seen: Seen = new Map();
  await fc.assert(
    fc.asyncProperty(payload, fc.nat({ max: 9 }), naughty, async (given, damage, raw) => {
      const fields = Object.entries(Object(given) as object).map(([name, of]) => [
        name,
        textOf(of).slice(0, 4_000),
      ]);
      const query = new URLSearchParams(fields.map(([name = "", of = ""]) => [name, of])).toString();
      // What no encoder makes: lone per cent signs, and halves of characters.
      const broken =
        damage < 3 ? `&page=%&url=%E0%A4%A&%=${encodeURI(raw.toWellFormed()).slice(0, 500)}` : "";
      await survives(`/i?${query}${broken}`, { headers: { cookie: "ds_dev_country=US" } }, seen);
    }),
    { numRuns: RUNS },
  );
  expectBoth(seen);
});

it("1,000 payloads of deep and long encoded JSON do not hang", async () => {
  const cx = btoa('{"data":['.repeat(20));
  const one = { e: "ue", aid: "wk_demo", cx, ue_px: btoa(`{"data":{"schema":"iglu:${"a.".repeat(60)}"}}`) };
  const seen: Seen = new Map();
  const body = JSON.stringify({ data: Array(1_000).fill(one) });
  await survives("/com.acme/tp2", { method: "POST", headers: { cookie: "ds_dev_country=US" }, body }, seen);
  expect([...seen]).toEqual([[200, 1]]);
});
