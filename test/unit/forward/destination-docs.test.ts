/** docs/destinations/: every page is what the code makes it, and what a type says of itself is true. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EVENT_CONTRACTS } from "#contracts/registry";
import { exampleEvent } from "#forward/destinations/example-event";
import { browser } from "#forward/destinations/meta/example";
import { documented } from "../../../scripts/docs/destinations/documented.ts";
import { readable } from "../../../scripts/docs/json.ts";
import { PAGES } from "../../../scripts/docs/pages.ts";
import { listSources, readSource } from "../../setup/architecture/source-files.ts";

const ROOT = new URL("../../../", import.meta.url);
const ALL = documented().map((one) => ({ name: one.type.name, ...one }));
const SECTIONS = ["Set up", "Settings", "What it needs", "Events", "Examples", "Consent and personal data"];
const MORE = ["Limits", "Repetitions", "Answers", "Deletion", "Health"];

describe("pages", () => {
  it.each(Object.entries(PAGES))("%s is what `npm run docs` writes", async (file, render) => {
    expect(readFileSync(new URL(file, ROOT), "utf8")).toBe(await render());
  });

  it("there is none of a type that is no more", () => {
    const known = [...ALL.map(({ name }) => `${name}.md`), "README.md", "writing.md"];
    expect(readdirSync(new URL("docs/destinations/", ROOT)).sort()).toEqual(known.sort());
  });
});

describe.each(ALL)("$name", ({ name, type, about, examples }) => {
  const page = readFileSync(new URL(`docs/destinations/${name}.md`, ROOT), "utf8");
  const said = about.events.map(({ event }) => event).join("\n");
  const isForAll = about.events.some(({ event }) => /^(every event|all others)/.test(event));

  it("has every section, and none is empty", () => {
    const titles = [...page.matchAll(/^## (.+)\n\n(?!#)\S/gm)].map(([, title]) => title);
    expect(titles).toEqual(expect.arrayContaining([...SECTIONS, ...MORE]));
    expect(titles.includes("Write modes")).toBe((type.records ?? []).length > 0);
  });

  it("names every event of the contracts, or says what becomes of all others", () => {
    const unnamed = Object.keys(EVENT_CONTRACTS).filter((event) => !said.includes(`\`${event}\``));
    expect(isForAll ? [] : unnamed).toEqual([]);
    expect(isForAll || said.includes("`profile_change`") || !type.changes).toBe(true);
  });

  it("says of an event of the contracts that it is left out, and why, if and only if it is", () => {
    const settings = type.settings.parse(examples[0]?.settings);
    for (const { name: event, examples: given } of Object.values(EVENT_CONTRACTS)) {
      const row = about.events.find((one) => one.event.includes(`\`${event}\``));
      for (const { properties, ...more } of given) {
        const known = { context: browser, identityState: "authenticated" as const, verified: true };
        const traits = { email: "ida@example.com", ...("traits" in more ? more.traits : {}) };
        const result = type.map(
          exampleEvent(event, properties, known),
          type.needsPersonal ? traits : {},
          settings,
        );
        if (result.status === "skipped") expect(row?.becomes).toContain(result.reason);
        else expect(`${event}: ${result.status}`).toBe(`${event}: mapped`);
        if (/^(none|nothing)/.test(row?.becomes ?? "")) expect(result.status).toBe("skipped");
      }
    }
  });

  it("names what its limits, answers, sources and setup are", () => {
    expect(about.limits.length).toBeGreaterThan(0);
    expect(about.answers.length).toBeGreaterThan(1);
    for (const { url } of about.sources) expect(new URL(url).protocol).toBe("https:");
    expect(about.sources.length).toBeGreaterThan(0);
    for (const text of [about.summary, about.setup, about.idempotency, about.consent, about.apiVersion])
      expect(text.length).toBeGreaterThan(10);
  });
});

it("nothing that the Worker bundles imports what only tests and docs need", () => {
  const isForDocs = (path: string) => /\/(about|examples?(-[\w-]+)?)(\.ts)?$/.test(path);
  const imports = listSources(["src/forward"])
    .filter((path) => !isForDocs(path))
    .flatMap((path) => readSource(path).imports.map(({ specifier }) => ({ path, specifier })));
  expect(imports.length).toBeGreaterThan(100);
  expect(imports.filter(({ specifier }) => isForDocs(specifier))).toEqual([]);
});

describe("JSON as it is shown", () => {
  const value = {
    a: [1, "two [ 3 ]"],
    long: { text: "x".repeat(100), none: undefined, empty: {} },
    list: [],
  };

  it("is the same value, with what is short on one line", () => {
    expect(JSON.parse(readable(value))).toEqual(JSON.parse(JSON.stringify(value)));
    expect(readable(value).split("\n")).toEqual([
      "{",
      '  "a": [1, "two [ 3 ]"],',
      '  "long": {',
      `    "text": "${"x".repeat(100)}",`,
      '    "empty": {}',
      "  },",
      '  "list": []',
      "}",
    ]);
  });
});
