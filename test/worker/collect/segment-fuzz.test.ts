/** Whatever is sent to Segment's paths, the answer is never a 5xx, and never late. */
import fc from "fast-check";
import { beforeAll, it } from "vitest";
import { segment } from "#collect/protocols/segment";
import { publishRelease } from "../product.ts";
import { batchBody, callBody, expectBoth, headers, type Seen, survives } from "./hostile-calls.ts";

beforeAll(async () => void (await publishRelease()));

const paths = segment.routes.map(({ path }) => path);
const isBatch = (path: string): boolean => /\/(b|batch|import)$/.test(path);

it.each([
  ["calls", paths.filter((path) => !isBatch(path)), callBody],
  ["batches", paths.filter(isBatch), batchBody],
] as const)(
  "%s of all kinds",
  async (_, of, body) => {
    const seen: Seen = new Map();
    const sent = fc.asyncProperty(fc.constantFrom(...of), body, headers, (path, bytes, given) =>
      survives(path, { method: "POST", body: bytes, headers: given }, seen),
    );
    await fc.assert(sent, { numRuns: 1_000 });
    expectBoth(seen);
  },
  60_000,
);
