/** Calls of Segment's specification as an enemy sends them: each field cut, wrong-typed, over-long, deep or hostile. */
import fc from "fast-check";
import { expect } from "vitest";
import { request } from "../product.ts";

const NAUGHTY = [
  "",
  "null",
  "__proto__",
  "constructor",
  "toString",
  "\u0000",
  "\ud800",
  "\u202e\u2066",
  "𝕳ı𝖍̷̛",
  "<script>alert(1)</script>",
  "javascript:alert(1)",
  "' OR 1=1 --",
  "{{7*7}}",
  "%00%0d%0aSet-Cookie: a=b",
  "%E0%A4%A",
  "https://[::1",
  "//x?utm_source=%",
  "ida@example.com",
  "a@".repeat(2_000),
  "x".repeat(40_000),
  "+275760-09-13T00:00:00.001Z",
  "-271821-04-20T00:00:00Z",
  "2026-11-22T10:00:00+25:00",
  "1e309",
  "-0",
  "NaN",
];

export const naughty = fc.oneof(fc.constantFrom(...NAUGHTY), fc.string({ unit: "binary", maxLength: 12 }));
const key = fc.oneof(
  fc.constantFrom("__proto__", "constructor", "length", "0", "", "name", "id"),
  fc.string(),
);

/** Any JSON value of a few levels. */
const json: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    naughty,
    fc.double(),
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(key, tie("value"), { maxKeys: 3 }),
  ),
})).value;

/** Levels of objects and lists, with those above them not more than the door takes. */
const deep = fc.integer({ min: 1, max: 24 }).map((levels) => {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = i % 2 ? [value] : { page: value };
  return value;
});

const bad = fc.oneof({ weight: 6, arbitrary: json }, { weight: 1, arbitrary: deep });
/** Mostly as it should be. */
const mostly = (good: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 3, arbitrary: good }, { weight: 1, arbitrary: bad });
const some = (model: Record<string, fc.Arbitrary<unknown>>) => mostly(fc.record(model, { requiredKeys: [] }));

const NAMES = [
  "Order Completed",
  "Order Refunded",
  "Product Added",
  "Product Viewed",
  "Product List Viewed",
  "Products Searched",
  "Checkout Step Completed",
  "Promotion Viewed",
  "Signed Up",
  "Form Submitted",
  "purchase",
  "Nobody Knows",
];

const product = some({
  product_id: mostly(fc.constant("p")),
  price: bad,
  quantity: bad,
  name: bad,
  position: bad,
});
const properties = some({
  products: mostly(fc.array(product, { maxLength: 3 })),
  items: bad,
  product_id: mostly(fc.constant("p")),
  order_id: mostly(fc.constant("o")),
  total: mostly(fc.constantFrom(1, "1", 1e13, -1)),
  currency: mostly(fc.constant("EUR")),
  query: naughty,
  content: bad,
  content_id: bad,
  shipping_method: naughty,
  url: naughty,
  title: naughty,
  form_id: naughty,
  fields: bad,
});
const traits = some({
  email: naughty,
  phone: naughty,
  firstName: bad,
  company: bad,
  name: bad,
  customerId: bad,
});
const context = some({
  page: some({ url: naughty, title: naughty, referrer: naughty }),
  campaign: some({ source: naughty, name: bad }),
  library: some({ name: naughty, version: bad }),
  device: some({ id: naughty }),
  consent: some({ categoryPreferences: bad }),
  consentManagement: some({ allowedConsentIds: bad, deniedConsentIds: bad }),
  userAgent: naughty,
  locale: naughty,
  traits,
  trulyAnonymousTracking: bad,
});
const at = fc.constantFrom(new Date().toISOString(), "2019-01-01", "2999-01-01T00:00:00Z");

/** One call. */
export const call = some({
  type: mostly(fc.constantFrom("track", "page", "screen", "identify", "group", "alias")),
  event: mostly(fc.constantFrom(...NAMES)),
  messageId: mostly(fc.uuid()),
  anonymousId: mostly(fc.constant("a-1")),
  userId: mostly(fc.constant("u-1")),
  previousId: bad,
  groupId: bad,
  name: bad,
  timestamp: mostly(at),
  originalTimestamp: bad,
  sentAt: mostly(at),
  integrations: bad,
  properties,
  traits,
  context,
});

const calls = fc.array(call, { maxLength: 4 });
const batch = fc.oneof(
  { weight: 4, arbitrary: fc.record({ batch: calls, context, sentAt: mostly(at), integrations: bad }) },
  { weight: 1, arbitrary: some({ batch: mostly(calls), context: bad }) },
);

/** A value as the bytes of a body, now and then cut, with a byte changed, or deeper than the door takes. */
const bytesOf = (value: fc.Arbitrary<unknown>) =>
  fc.tuple(value, fc.nat({ max: 19 }), fc.nat()).map(([given, damage, place]) => {
    const text = JSON.stringify(given) ?? "";
    const levels = damage === 2 ? place % 100_000 : 0;
    const bytes = new TextEncoder().encode("[".repeat(levels) + text + "]".repeat(levels));
    if (damage === 0) return bytes.slice(0, place % (bytes.length + 1));
    if (damage === 1 && bytes.length > 0) bytes[place % bytes.length] = place % 256;
    return bytes;
  });

export const callBody = bytesOf(call);
export const batchBody = bytesOf(batch);

/** What comes with it: keys that are ours and not, types and encodings that are true and not. */
export const headers = fc
  .record({
    authorization: fc.constantFrom("", "", `Basic ${btoa("wk_demo:")}`, "Basic !", "Bearer"),
    "content-type": fc.constantFrom("text/plain", "application/x-www-form-urlencoded", "image/png"),
    "content-encoding": fc.constantFrom("", "", "", "", "", "identity", "gzip", "br"),
    cookie: fc.constantFrom("ds_dev_country=US", "ds_dev_country=SK; ds_id=1.a.b.c; ds_consent=."),
    "user-agent": fc.constantFrom("", "Mozilla/5.0 Chrome/154.0", "x".repeat(3_000)),
    "x-write-key": fc.constantFrom("wk_demo", "wk_demo", "wk_demo", "a:wk_demo", ":", "sk_demo"),
  })
  .map((given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== "")));

const SLOW_MS = 2_000;

/** Answers by their status: a corpus of which nothing is read shows nothing. */
export type Seen = Map<number, number>;

let isLoaded = false;
/** Collection, and what reads consent strings, are loaded with the first request for them; here from hundreds of sources. */
async function loadCollection(): Promise<void> {
  if (isLoaded) return;
  const hit = "/g/collect?tid=wk_demo&cid=1.1&en=page_view&gpp=DBABTA~1YYN&gpp_sid=6";
  await (await request(hit, { method: "POST" })).arrayBuffer();
  isLoaded = true;
}

/** Fails where the app answers 5xx, or takes long. */
export async function survives(path: string, init: RequestInit, seen: Seen): Promise<void> {
  await loadCollection();
  const started = performance.now();
  const response = await request(path, init);
  const bytes = await response.arrayBuffer();
  if (response.status >= 500)
    throw new Error(`${response.status} for ${path}: ${new TextDecoder().decode(bytes)}`);
  const tookMs = performance.now() - started;
  if (tookMs > SLOW_MS) throw new Error(`${path} took ${tookMs} ms`);
  seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
}

/** At least a tenth was read, and some was refused. */
export function expectBoth(seen: Seen): void {
  const counts = [...seen];
  const of = (from: number) =>
    counts.reduce((sum, [status, n]) => (status >= from && status < from + 100 ? sum + n : sum), 0);
  const all = counts.reduce((sum, [, n]) => sum + n, 0);
  expect(of(200), JSON.stringify(counts)).toBeGreaterThan(all / 10);
  expect(of(400), JSON.stringify(counts)).toBeGreaterThan(0);
}
