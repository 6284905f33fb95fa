import { describe, expect, it } from "vitest";
import { anyOriginAllowed, authenticateSource, isWriteKey, requireSecretKey } from "#door/source";
import { sourceSchema } from "../../../src/settings/sources.ts";

const NOW = Date.UTC(2026, 10, 22);
const OWN = "https://shop.example";
const SHOP = "https://other.example";

const SOURCES = [
  sourceSchema.parse({
    id: "web",
    writeKey: [
      "wk_new_one",
      { key: "wk_until_december", until: "2026-12-01" },
      { key: "wk_until_november", until: "2026-11-01T00:00:00+01:00" },
      { key: "wk_leaked_one", disabled: true },
    ],
    secretKey: ["sk_new_one", { key: "sk_old_one", until: "2026-11-22T00:00:00Z" }],
    origins: [SHOP],
  }),
  sourceSchema.parse({ id: "old-shop", writeKey: "wk_old_shop", secretKey: "sk_old_shop", disabled: true }),
  sourceSchema.parse({ id: "app", writeKey: { key: "wk_of_the_app" } }),
];

/** `source:secret`, or the status and code of the refusal. */
function outcome(keys: string[], origin: string | null = null, now = NOW): string {
  try {
    const { source, secret } = authenticateSource(SOURCES, keys, origin, OWN, now);
    return `${source.id}${secret ? " (secret)" : ""}`;
  } catch (error) {
    const { status, code, message } = error as { status: number; code: string; message: string };
    for (const key of [...keys, "wk_new_one", "sk_new_one"]) if (key) expect(message).not.toContain(key);
    return `${status} ${code}`;
  }
}

describe("a key", () => {
  it.each<[string, string[], string]>([
    ["the newest write key", ["wk_new_one"], "web"],
    ["one that still runs", ["wk_until_december"], "web"],
    ["one that has ended", ["wk_until_november"], "401 key_expired"],
    ["one that ends at this very moment", ["sk_old_one"], "401 key_expired"],
    ["one that was taken back", ["wk_leaked_one"], "403 key_disabled"],
    ["one of a disabled source", ["wk_old_shop"], "403 source_disabled"],
    ["the secret key", ["sk_new_one"], "web (secret)"],
    ["a secret key beside a write key, in any order", ["wk_new_one", "sk_new_one"], "web (secret)"],
    ["a foreign one beside ours", ["staging", "wk_of_the_app"], "app"],
    ["an ended one beside its successor", ["sk_old_one", "wk_new_one"], "web"],
    ["none", [], "401 missing_key"],
    ["an unknown one", ["wk_nobody"], "401 unknown_key"],
    ["the beginning of one", ["wk_new_on"], "401 unknown_key"],
    ["one in another case", ["WK_NEW_ONE"], "401 unknown_key"],
    ["a name of the prototype", ["constructor", "__proto__"], "401 unknown_key"],
    ["a very long one", ["wk_new_one".repeat(10_000)], "401 unknown_key"],
  ])("%s", (_title, keys, expected) => {
    expect(outcome(keys)).toBe(expected);
  });

  it("may overlap with the one before it, and ends by itself", () => {
    const december = Date.UTC(2026, 11, 1);
    expect(outcome(["wk_until_december"], null, december - 1)).toBe("web");
    expect(outcome(["wk_until_december"], null, december)).toBe("401 key_expired");
    expect(outcome(["wk_new_one"], null, december)).toBe("web");
  });
});

describe("an origin", () => {
  it.each<[string, string[], string | null, string]>([
    ["of our own site", ["wk_new_one"], OWN, "web"],
    ["on the list", ["wk_new_one"], SHOP, "web"],
    ["on another source's list", ["wk_of_the_app"], SHOP, "403 origin_not_allowed"],
    ["that begins like a listed one", ["wk_new_one"], `${SHOP}.evil.example`, "403 origin_not_allowed"],
    ["in another case", ["wk_new_one"], SHOP.toUpperCase(), "403 origin_not_allowed"],
    ["of a sandboxed frame", ["wk_new_one"], "null", "403 origin_not_allowed"],
    ["with a secret key", ["sk_new_one"], OWN, "403 secret_key_in_browser"],
    ["none: a server", ["wk_new_one"], null, "web"],
  ])("%s", (_title, keys, origin, expected) => {
    expect(outcome(keys, origin)).toBe(expected);
  });

  it("may ask beforehand where some source lists it", () => {
    expect(anyOriginAllowed(SOURCES, SHOP, OWN)).toBe(true);
    expect(anyOriginAllowed(SOURCES, "https://evil.example", OWN)).toBe(false);
  });
});

it("history takes a secret key", () => {
  expect(() => requireSecretKey(authenticateSource(SOURCES, ["wk_new_one"], null, OWN, NOW))).toThrow(
    expect.objectContaining({ status: 403, code: "secret_key_required" }),
  );
  requireSecretKey(authenticateSource(SOURCES, ["sk_new_one"], null, OWN, NOW));
});

it("only a write key that may be used has settings to ask for", () => {
  const answers = ["wk_new_one", "wk_until_november", "wk_leaked_one", "wk_old_shop", "sk_new_one", "x"];
  expect(answers.map((key) => isWriteKey(SOURCES, key, NOW))).toEqual([
    true,
    ...Array<boolean>(5).fill(false),
  ]);
});
