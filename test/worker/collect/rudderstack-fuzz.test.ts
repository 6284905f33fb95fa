/** Whatever is sent to RudderStack's beacons, pixels and settings, the answer is never a 5xx, and never late. */
import fc from "fast-check";
import { beforeAll, it } from "vitest";
import { publishRelease } from "../product.ts";
import { batchBody, expectBoth, headers, naughty, type Seen, survives } from "./hostile-calls.ts";

beforeAll(async () => void (await publishRelease()));

it("beacons", async () => {
  const seen: Seen = new Map();
  const sent = fc.asyncProperty(batchBody, headers, naughty, (bytes, given, key) =>
    survives(
      `/beacon/v1/batch?writeKey=${encodeURIComponent(wellFormed(key))}`,
      {
        method: "POST",
        body: bytes,
        headers: given,
      },
      seen,
    ),
  );
  await fc.assert(sent, { numRuns: 600 });
  expectBoth(seen);
}, 60_000);

const name = fc.oneof(
  fc.constantFrom(
    "event",
    "anonymousId",
    "userId",
    "name",
    "properties",
    "properties.total",
    "properties.products.0.price",
    "context.page.url",
    "context.traits.email",
    "context.consent.categoryPreferences",
    "properties.__proto__.x",
    "constructor.prototype.x",
    "timestamp",
    "messageId",
    ".",
    "a.".repeat(500),
  ),
  naughty,
);

it("pixels and settings", async () => {
  const seen: Seen = new Map();
  const sent = fc.asyncProperty(
    fc.constantFrom("/pixel/v1/track", "/pixel/v1/page", "/sourceConfig/", "/v1/projects/x/settings"),
    fc.array(fc.tuple(name, naughty), { maxLength: 12 }),
    headers,
    (path, fields, given) => {
      const query = new URLSearchParams(fields).toString().slice(0, 60_000);
      return survives(
        `${path}?writeKey=wk_demo&event=Cart+Viewed&anonymousId=a&${query}`,
        {
          headers: given,
        },
        seen,
      );
    },
  );
  await fc.assert(sent, { numRuns: 900 });
  expectBoth(seen);
}, 60_000);

const wellFormed = (text: string): string => text.toWellFormed().slice(0, 1_000);
