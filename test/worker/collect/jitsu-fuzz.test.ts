/** Whatever is sent to Jitsu's paths, the answer is never a 5xx, and never late. */
import fc from "fast-check";
import { beforeAll, it } from "vitest";
import { publishRelease } from "../product.ts";
import {
  batchBody,
  call,
  callBody,
  expectBoth,
  headers,
  naughty,
  type Seen,
  survives,
} from "./hostile-calls.ts";

beforeAll(async () => void (await publishRelease()));

const type = fc.oneof(
  fc.constantFrom(
    "track",
    "page",
    "identify",
    "group",
    "alias",
    "event",
    "batch",
    "constructor",
    "__proto__",
  ),
  naughty,
);
const inPath = (text: string): string => encodeURIComponent(text.toWellFormed()).slice(0, 1_000);

it.each([
  ["calls", type, callBody],
  ["batches", fc.constant("batch"), batchBody],
] as const)(
  "%s of all kinds",
  async (_, named, body) => {
    const seen: Seen = new Map();
    const sent = fc.asyncProperty(
      fc.constantFrom("/api/s", "/api/s/s2s"),
      named,
      body,
      headers,
      (path, of, bytes, given) =>
        survives(`${path}/${inPath(of)}`, { method: "POST", body: bytes, headers: given }, seen),
    );
    await fc.assert(sent, { numRuns: 600 });
    expectBoth(seen);
  },
  60_000,
);

it("pixels", async () => {
  const seen: Seen = new Map();
  const packed = call.map((value) =>
    btoa(unescape(encodeURIComponent((JSON.stringify(value) ?? "").toWellFormed()))),
  );
  const data = fc.oneof({ weight: 4, arbitrary: packed }, { weight: 1, arbitrary: naughty });
  const sent = fc.asyncProperty(type, data, naughty, headers, (of, packed, value, given) => {
    const query = new URLSearchParams({ data: packed, "context.page.url": value, writekey: "a:wk_demo" });
    return survives(`/api/px/${inPath(of)}?${query.toString().slice(0, 60_000)}`, { headers: given }, seen);
  });
  await fc.assert(sent, { numRuns: 600 });
  expectBoth(seen);
}, 60_000);
