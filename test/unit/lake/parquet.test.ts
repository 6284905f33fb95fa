/** Lines of the lake become Parquet and come back as they were, whatever they hold. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { fromParquet, lineOf, toParquet } from "#lake/parquet";
import type { PartKind } from "#lake/places";

const throughParquet = async (kind: PartKind, texts: readonly string[]) =>
  (await fromParquet(kind, (await toParquet(kind, texts.map(lineOf))).buffer)).map(({ text }) => text);

const millis = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double(), fc.string());
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string(),
  fc.constant(null),
  fc.constant("__proto__"),
);
const json = fc.oneof(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue()));
/** Records of the fields that the writers know, of others, and of values that no writer writes. */
const recordOf = (fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc
    .tuple(
      fc.record(fields, { requiredKeys: [] }),
      fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 2 }),
    )
    .map(([own, more]) => ({ ...more, ...own }));

const event = recordOf({
  id: text,
  name: text,
  occurredAt: millis,
  receivedAt: millis,
  source: text,
  subject: text,
  profile: text,
  consent: json,
  properties: json,
  context: json,
}).map((record) => JSON.stringify({ type: "event", ...record }));

const receipt = recordOf({
  stage: fc.constantFrom("door", "ingest", "delivery", "slot", 7),
  eventId: text,
  at: millis,
  outcome: text,
  attempt: millis,
  mayRepeat: fc.oneof(fc.boolean(), text),
  consent: json,
  routed: json,
  segments: json,
  visitor: text,
}).map((record) => JSON.stringify(record));

const broken = fc.string({ unit: "grapheme-ascii" }).filter((line) => !line.includes("\n"));

it.each([
  ["events", event],
  ["receipts", fc.oneof({ weight: 5, arbitrary: receipt }, broken)],
] as const)("every line of %s comes back with all that it said", async (kind, line) => {
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 30 }), async (lines) => {
      const back = await throughParquet(kind, lines);
      const values = (texts: readonly string[]) => texts.map((one) => jsonOf(one));
      expect(values(back)).toEqual(values(lines));
      // And once more: a part that is merged or erased from again and again stays what it is.
      expect(await throughParquet(kind, back)).toEqual(back);
    }),
    { numRuns: 150 },
  );
});

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}

it("a line as ingest writes it comes back to the character", async () => {
  const line = JSON.stringify({
    type: "event",
    id: "e-1",
    name: "purchase",
    version: "1.0.0",
    occurredAt: 1_795_000_000_000,
    receivedAt: 1_795_000_000_123,
    source: "web",
    protocol: "native",
    subject: "visitor_id:1.abc",
    profile: "visitor_id:1.abc",
    consent: { receipt: "default:gdpr", regime: "gdpr", granted: ["analytics"], grounds: {}, decidedAt: 1 },
    properties: { order_id: "A-1", value: 420.5, currency: "EUR", items: [{ product_id: "Größe 🎿" }] },
    context: { device: { type: "mobile" }, page: { url: "https://shop.example/" } },
  });
  expect(await throughParquet("events", [line])).toEqual([line]);
});

it("a part without lines is a file that can be read", async () => {
  expect(await throughParquet("events", [])).toEqual([]);
});
