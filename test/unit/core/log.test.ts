/** What of an error gets into the log, and that nothing is logged around it. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { describeError, logError } from "#core/log";
import { Problem } from "#core/problem";

const NEEDLE = "needle@example.com";

function caught(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

describe("an error in the log", () => {
  it.each<[string, () => unknown]>([
    ["a parser that quotes the text", () => caught(() => JSON.parse(`{"email":${NEEDLE}}`))],
    ["a text with line ends, made to look like places", () => new Error(`x\n    at ${NEEDLE} (a:1:1)\n`)],
    ["a Problem that repeats its input", () => new Problem(404, "unknown_slot", `no slot ${NEEDLE}`)],
    ["an error whose name was set", () => Object.assign(new Error("x"), { name: NEEDLE })],
    ["an error whose message was changed", () => Object.assign(new Error("x"), { message: NEEDLE })],
    ["an error with a code that is none", () => Object.assign(new Error("x"), { code: NEEDLE })],
    ["a text", () => NEEDLE],
    ["an object", () => ({ message: NEEDLE, toString: () => NEEDLE })],
  ])("says nothing of what it was about: %s", (_what, make) => {
    expect(describeError(make())).not.toContain("needle");
  });

  it("whose message was changed to many lines cannot add a place of its own making", () => {
    const error = Object.assign(new Error("before"), { message: "after" });
    Object.defineProperty(error, "stack", {
      value: `Error: ${NEEDLE}\n    at ${NEEDLE}\n    at f (a.ts:1:2)`,
    });
    expect(describeError(error)).toBe("Error\n    at f (a.ts:1:2)");
  });

  it("says its kind, the codes of a store or a library, and where it was", () => {
    const d1 = new Error(`D1_ERROR: UNIQUE constraint failed: ${NEEDLE}: SQLITE_CONSTRAINT`);
    expect(describeError(d1)).toMatch(/^Error D1_ERROR SQLITE_CONSTRAINT\n {4}at .*log\.test\.ts:\d+:\d+/);
    expect(describeError(new Error("KV PUT failed: 429 Too Many Requests"))).toMatch(
      /^Error PUT failed: 429/,
    );
    expect(describeError(new Error("put: not valid (10020)"))).toMatch(/^Error \(10020\)/);
    expect(describeError(new Problem(503, "not_ready", "x"))).toMatch(/^Problem not_ready/);
    expect(describeError(caught(() => JSON.parse("{")))).toMatch(/^SyntaxError\n/);
  });

  it("goes to the console with what we were doing", () => {
    const said = vi.spyOn(console, "error").mockImplementation(() => undefined);
    logError("reading failed", new TypeError(NEEDLE));
    expect(said.mock.calls).toEqual([["reading failed", expect.stringMatching(/^TypeError\n/)]]);
    said.mockRestore();
  });
});

/** Calls that log no error, or none that was caught from a store, a parser or the network. */
const REVIEWED: Record<string, string> = {
  "src/core/log.ts": "the one place",
  "src/core/alert.ts": "a code, a status, and the name of an error",
  "src/browser/guard.ts": "the visitor's own console, with what the page passed in",
  "src/browser/slots-element/fill.ts": "the visitor's own console, with a name that the page has",
  "src/slots/cms/hook.ts": "a key of the release, and words of ours",
  "src/console/access/guard.ts": "a code, an id and a pattern; its own test",
  "src/forward/alerts.ts": "a key of the release, and codes",
  "src/privacy/audit/checkpoints.ts": "a number",
  "src/subjects/routes.ts": "the name of an error",
  "src/subjects/tend.ts": "numbers, a status, a code, and the name of an error",
};

it("every error is logged through src/core/log.ts, or where it was reviewed", () => {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => `src/${path.replaceAll("\\", "/")}`);
  const logging = files.filter((path) => /\bconsole\.[a-z]+\(/.test(readFileSync(path, "utf8")));
  expect(logging.filter((path) => !Object.hasOwn(REVIEWED, path))).toEqual([]);
  expect(Object.keys(REVIEWED).filter((path) => !logging.includes(path))).toEqual([]);
});

it("no error's message or stack is logged, nor an error itself", () => {
  const found = Object.keys(REVIEWED).flatMap((path) => {
    const calls = readFileSync(path, "utf8").match(/\bconsole\.[a-z]+\([^;]*?\);/gs) ?? [];
    return calls
      .filter((call) => /\.(message|stack|cause)\b|,\s*error\s*[,)]/.test(call))
      .map((call) => `${path}: ${call}`);
  });
  expect(found).toEqual([]);
});
