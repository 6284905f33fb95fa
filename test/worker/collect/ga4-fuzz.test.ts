/** GA4's requests as an enemy sends them: cut, wrong-typed, over-long, deep, badly encoded. Never a 5xx, no hang. */
import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { HOST, publishRelease } from "../product.ts";
import { expectBoth, headers, naughty, type Seen, survives } from "./hostile-calls.ts";

const RUNS = 400;
const NAMES = [
  ...[
    "page_view",
    "scroll",
    "click",
    "form_submit",
    "search",
    "user_engagement",
    "login",
    "purchase",
    "refund",
  ],
  ...["add_to_cart", "view_item_list", "view_promotion", "begin_checkout", "session_start", "generate_lead"],
  ...["custom", "constructor", "__proto__", "own_event"],
];
const PARAMS = [
  ...[
    "transaction_id",
    "value",
    "currency",
    "items",
    "search_term",
    "link_url",
    "form_id",
    "method",
    "coupon",
  ],
  ...[
    "content_id",
    "content_type",
    "percent_scrolled",
    "page_location",
    "event_id",
    "__proto__",
    "timestamp_micros",
  ],
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

/** A parameter as it stands in a query or a line: encoded, half encoded, or not at all. */
const written = fc.oneof(
  { weight: 4, arbitrary: naughty.map((text) => encodeURIComponent(text.toWellFormed()).slice(0, 4_000)) },
  { weight: 1, arbitrary: fc.constantFrom("%", "%E0%A4%A", "a%zz", "~~~~", "id~~nm~pr", "=&=&", "+", "\t") },
);
const item = fc.constantFrom(
  "idA~nmB~pr1~qt1",
  "idA~pr-1~qt0.5",
  "~",
  "prx~~qt",
  "id",
  `id${"~nmx".repeat(2_000)}`,
);
const line = fc
  .tuple(
    fc.constantFrom(...NAMES, ""),
    fc.dictionary(
      fc.constantFrom(...PARAMS.flatMap((name) => [`ep.${name}`, `epn.${name}`]), "cu", "_et", "dl"),
      written,
      { maxKeys: 5 },
    ),
    fc.array(item, { maxLength: 3 }),
  )
  .map(([name, params, items]) =>
    [
      `en=${name}`,
      ...Object.entries(params).map(([key, of]) => `${key}=${of}`),
      ...items.map((of, n) => `pr${n + 1}=${of}`),
    ].join("&"),
  );
const page = fc
  .record({
    tid: fc.constantFrom("wk_demo", "wk_demo", "wk_demo", "G-NOBODY"),
    cid: written,
    uid: written,
    _p: written,
    _s: written,
    gcs: fc.constantFrom("G111", "G100", "G1--", "%", "G1%0A1"),
    npa: fc.constantFrom("0", "1", "x"),
    gdpr_consent: written,
    gpp: fc.oneof(written, fc.constant("DBABTA~1YYN")),
    gpp_sid: fc.oneof(written, fc.constantFrom("6", "-1", "7,8", ",", "6,6", "1e9")),
    us_privacy: fc.oneof(written, fc.constantFrom("1YYN", "1---", "1YNN~1YNN")),
    dl: written,
    dt: written,
    ul: written,
  })
  .map((fields) =>
    Object.entries(fields)
      .map(([name, of]) => `${name}=${of.replaceAll(/[\s#]/g, "")}`)
      .join("&"),
  );

it("hits of anything are answered", async () => {
  const seen: Seen = new Map();
  await fc.assert(
    fc.asyncProperty(
      page,
      fc.array(line, { maxLength: 5 }),
      naughty,
      headers,
      fc.nat({ max: 9 }),
      async (query, lines, raw, more, kind) => {
        const separator = kind % 2 ? "\r\n" : "\n";
        const body = [...lines, kind === 0 ? raw : "en=page_view"].join(separator);
        const { "x-write-key": _, ...rest } = more;
        await survives(
          `/g/collect?${query}`,
          { method: "POST", headers: { origin: HOST, ...rest }, body },
          seen,
        );
        const single = (lines[0] ?? "en=scroll").replaceAll(/[\s#]/g, "").slice(0, 6_000);
        await survives(`/g/collect?${query}&${single}`, { headers: rest }, seen);
      },
    ),
    { numRuns: RUNS },
  );
  expectBoth(seen);
});

const at = mostly(fc.constantFrom(Date.now() * 1_000, 0, -1, 1e300, String(Date.now() * 1_000), "NaN"));
const event = mostly(
  fc.record(
    {
      name: mostly(fc.constantFrom(...NAMES)),
      params: mostly(fc.dictionary(fc.constantFrom(...PARAMS), value, { maxKeys: 6 })),
      timestamp_micros: at,
    },
    { requiredKeys: ["name"] },
  ),
);
const request = mostly(
  fc.record(
    {
      client_id: mostly(fc.constant("1.2")),
      user_id: value,
      timestamp_micros: at,
      user_properties: mostly(fc.dictionary(fc.constantFrom("customer_id", "tier", "ga_x"), value)),
      consent: mostly(
        fc.record({ ad_user_data: mostly(fc.constantFrom("GRANTED", "DENIED")), analytics_storage: value }),
      ),
      user_agent: value,
      non_personalized_ads: value,
      events: mostly(fc.array(event, { maxLength: 4 })),
    },
    { requiredKeys: ["events"] },
  ),
);

it.each(["/mp/collect", "/debug/mp/collect"])("requests of anything to %s are answered", async (path) => {
  const seen: Seen = new Map();
  await fc.assert(
    fc.asyncProperty(request, headers, fc.nat({ max: 19 }), fc.nat(), async (given, more, damage, place) => {
      const levels = damage === 0 ? place % 100_000 : 0;
      const json = "[".repeat(levels) + JSON.stringify(given) + "]".repeat(levels);
      const body = damage === 1 ? json.slice(0, place % json.length) : json;
      await survives(`${path}?api_secret=wk_demo`, { method: "POST", headers: more, body }, seen);
    }),
    { numRuns: RUNS },
  );
  expectBoth(seen);
});

it.each<[string, string, string]>([
  [
    "100 lines of 40 items",
    "",
    `${Array(100)
      .fill(`en=view_item_list&${many("pr", "=idA~nmB", 40)}`)
      .join("\n")}`,
  ],
  [
    "many parameters that all lines share",
    many("ep.a", "=1", 1_200),
    Array(100)
      .fill(`en=x&${"a=1&".repeat(1_000)}`)
      .join("\n"),
  ],
  ["one item of separators", "", `en=view_item&pr1=${"~".repeat(500_000)}`],
])("%s do not hang", async (_, query, body) => {
  const seen: Seen = new Map();
  const path = `/g/collect?tid=wk_demo&cid=1&_p=1&_s=1&${query}`;
  await survives(path, { method: "POST", headers: { cookie: "ds_dev_country=US" }, body }, seen);
  expect([...seen]).toEqual([[204, 1]]);
});

it("101 lines are too many", async () => {
  const seen: Seen = new Map();
  await survives("/g/collect?tid=wk_demo", { method: "POST", body: "en=x\n".repeat(101) }, seen);
  expect([...seen]).toEqual([[413, 1]]);
});

/** `name1value&name2value…` */
function many(name: string, value: string, count: number): string {
  return Array.from({ length: count }, (_, n) => `${name}${n + 1}${value}`).join("&");
}
