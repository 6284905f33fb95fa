/** What is not uploaded is not needed: the Worker's sources ask for none of it, and the build has none of it. */
import { globSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addToCart } from "#contracts/events/add_to_cart";
import type { DestinationType } from "#forward/destinations/contract";
import { formOf } from "#forward/destinations/form";
import { DESTINATION_TYPES } from "#forward/destinations/registry";
import { parsePhone } from "#identity/normalise/phone-number";
import type { Line } from "#lake/parquet";
import { buildWorker, inputOf } from "../../../scripts/build-worker.ts";
import { ZOD_MEMBERS } from "../../../scripts/left-out.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "doorstep-left-out-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A source as it is in the Worker. */
async function asBuilt(source: string): Promise<unknown> {
  const bundle = await rolldown(inputOf(source));
  const dir = join(folder, source.replaceAll("/", "-"));
  const { output } = await bundle.write({ dir, format: "esm", entryFileNames: "entry.mjs", minify: true });
  await bundle.close();
  return import(pathToFileURL(join(dir, output[0].fileName)).href);
}

describe("what is left does all that the Worker needs:", () => {
  it("it writes and reads the lake's files, empty ones, of few lines, of many pages and of values that never repeat", async () => {
    const lake = (await asBuilt("src/lake/parquet.ts")) as typeof import("#lake/parquet");
    const text = (length: number, n: number) => `${n}-`.padEnd(length, "x");
    const event = (n: number) => ({
      ...{ type: "event", id: text(300, n), name: n % 2 ? "page_view" : undefined, version: "1.0.0" },
      ...{ occurredAt: Date.UTC(2026, 0, 1) + n, receivedAt: Date.UTC(2026, 0, 1) - n, source: "web" },
      consent: { granted: n % 3 ? ["analytics"] : [], regime: "eu" },
      properties: { value: n / 3, quantity: n, price: n * 1.5 },
      context: { bot: n % 2 === 0, session: { id: "s", number: n } },
      ...(n % 7 && { other: n }),
    });
    const receipt = (n: number) => ({ stage: "door", eventId: text(20, n), at: n, attempt: n % 3 });
    for (const count of [0, 1, 17, 20_000])
      for (const [kind, make] of [
        ["events", event],
        ["receipts", receipt],
      ] as const) {
        const lines = Array.from({ length: count }, (_, n) => lake.lineOf(JSON.stringify(make(n))));
        const { buffer } = await lake.toParquet(kind, lines);
        const texts = (all: readonly Line[]) => all.map((line) => line.text);
        expect(texts(await lake.fromParquet(kind, buffer))).toEqual(texts(lines));
        expect(await lake.readRows(buffer, ["line"])).toHaveLength(count);
      }
  }, 60_000);

  it("it reads telephone numbers", async () => {
    const built = (await asBuilt("src/identity/normalise/phone-number.ts")) as {
      parsePhone: typeof parsePhone;
    };
    const digits = fc.stringMatching(/^[0-9]{1,13}$/);
    const start = fc.constantFrom(
      "",
      "+",
      "00",
      "0",
      "tel:",
      "tel:+",
      "+421",
      "+1",
      "+44",
      "+390",
      "(",
      "+7(",
    );
    const end = fc.constantFrom("", "", "", " ext. 12", ";phone-context=+44", ")-55");
    const country = fc.constantFrom(undefined, "SK", "US", "GB", "IT", "AR", "BR", "MX", "RU", "XX");
    let numbers = 0;
    fc.assert(
      fc.property(start, digits, end, country, (before, middle, after, from) => {
        const text = before + middle + after;
        const expected = parsePhone(text, from);
        if (expected !== undefined) numbers++;
        expect(built.parsePhone(text, from)).toBe(expected);
      }),
      { numRuns: 5000 },
    );
    expect(numbers).toBeGreaterThan(100);
  });
});

it("of zod's schemas no member is called that was left out: formats are z.email(), z.iso.date() and so on", () => {
  const sources = globSync(["src/**/*.ts", "contracts/**/*.ts"], {
    exclude: ["src/browser/**", "src/console/page/**"],
  });
  expect(sources.length).toBeGreaterThan(500);
  const calls = sources.flatMap((source) => {
    const code = readFileSync(source, "utf8")
      .replace(/^\s*(?:\*|\/[/*]).*$/gm, "")
      .replace(/\s+(?=\.)/g, "");
    const members = [...code.matchAll(/(?<!\b(?:z|iso))\.(\w+)\(/g)].map(([, name = ""]) => name);
    return members.filter((name) => ZOD_MEMBERS.test(name)).map((name) => `${source}: ${name}`);
  });
  expect(calls).toEqual([]);
});

it("examples of contracts, descriptions of settings, and what makes JSON Schema, are not in any uploaded module", async () => {
  const modules = join(folder, "worker");
  await buildWorker(modules);
  const names = (await readdir(modules)).filter((name) => /\.m?js$/.test(name));
  const code = (await Promise.all(names.map((name) => readFile(join(modules, name), "utf8")))).join("\n");
  expect(code).toContain("add_to_cart");
  const texts = [...addToCart.examples, ...addToCart.previous.flatMap(({ examples }) => examples)];
  const settings = Object.values<DestinationType>(DESTINATION_TYPES).flatMap((type) =>
    formOf(type).map(({ description }) => description),
  );
  expect(settings.length).toBeGreaterThan(30);
  const gone = [addToCart.description, ...texts.map(({ title }) => title), ...settings, "json-schema.org"];
  // Of each the longest part that has no quotes, which are escaped in one way or another.
  const longest = (text: string) =>
    text.match(/[\w ,.:-]+/g)?.reduce((a, b) => (a.length < b.length ? b : a)) ?? "";
  expect(gone.map(longest).filter((text) => text === "" || code.includes(text))).toEqual([]);
}, 60_000);
