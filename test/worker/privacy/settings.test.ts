/** The settings of a rotation: what is wrong with them is named, and no secret is repeated. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { keyring } from "#privacy/keys";
import { type Env, readSettings } from "../../../src/env.ts";
import { FIRST, ringOf, SECOND } from "./rings.ts";

const THIRD = "third-master-secret-0123456789abcdef";
const read = (changes: Partial<Env>) => readSettings({ ...env, ...changes } as Env);
const rotated = (version: string, before: unknown, secret = THIRD): Partial<Env> => ({
  MASTER_SECRET: secret,
  MASTER_SECRET_VERSION: version,
  MASTER_SECRETS_BEFORE: typeof before === "string" ? before : JSON.stringify(before),
});

describe("the versions of the master secret", () => {
  it.each([
    ["nothing of them", {}],
    ["them left blank", { MASTER_SECRET_VERSION: "", MASTER_SECRETS_BEFORE: " " }],
    ["version 1 said", { MASTER_SECRET_VERSION: "1", MASTER_SECRETS_BEFORE: "{}" }],
  ])("with %s are one, and the ring is that of its secret", async (_title, changes) => {
    const result = read({ MASTER_SECRET: FIRST, ...changes });
    if (!result.ok) throw new Error(result.problems.join());
    expect(await keyring(result.settings)).toBe(await keyring(FIRST));
  });

  it("make the ring of all of them", async () => {
    const result = read(rotated("3", { "2": SECOND, "1": FIRST }));
    if (!result.ok) throw new Error(result.problems.join());
    expect(await keyring(result.settings)).toBe(await ringOf(3));
  });

  it("may have the next one, ahead of its use", async () => {
    const result = read(rotated("1", { "2": SECOND }, FIRST));
    if (!result.ok) throw new Error(result.problems.join());
    const { lookup } = await keyring(result.settings);
    expect([lookup.version, lookup.others.map(({ version }) => version)]).toEqual(["1", ["2"]]);
  });

  it.each([
    ["a version before that is missing", rotated("3", { "2": SECOND }), "lacks version 1"],
    ["all before that are missing", rotated("2", ""), "lacks version 1"],
    [
      "the current version among the others",
      rotated("1", { "1": SECOND }),
      "has version 1, which is neither",
    ],
    ["a version from far ahead", rotated("1", { "3": SECOND }), "has version 3, which is neither"],
    [
      "a new secret without its new number",
      rotated("1", { "2": SECOND }, SECOND),
      "same secret for version 2 as MASTER_SECRET",
    ],
    [
      "one secret for two versions",
      rotated("3", { "1": FIRST, "2": FIRST }),
      "same secret for version 2 as version 1",
    ],
    ["a short one", rotated("2", { "1": "short" }), "32 characters or more for version 1"],
    ["one that is no text", rotated("2", { "1": 12 }), "32 characters or more for version 1"],
    ["secrets that are no JSON", rotated("2", `{"1":"${FIRST}"`), "MASTER_SECRETS_BEFORE is not JSON"],
    ["secrets in a list", rotated("2", [FIRST]), "MASTER_SECRETS_BEFORE must be a JSON object"],
    ["null", rotated("2", "null"), "MASTER_SECRETS_BEFORE must be a JSON object"],
    [
      "secret and version the wrong way round",
      rotated("2", { [FIRST]: "1" }),
      "no whole number from 1 to 999",
    ],
    ["a version with a nought before it", rotated("2", { "01": FIRST }), "no whole number from 1 to 999"],
    ["a prototype", rotated("2", `{"__proto__":"${FIRST}"}`), "no whole number from 1 to 999"],
    ["version 0", rotated("0", {}), "MASTER_SECRET_VERSION"],
    ["half a version", rotated("1.5", {}), "MASTER_SECRET_VERSION"],
    ["a version that is no number", rotated("two", {}), "MASTER_SECRET_VERSION"],
  ])("are refused for %s, in words without a secret", (_title, changes, text) => {
    const result = read(changes);
    const problems = result.ok ? "" : result.problems.join("; ");
    expect(problems).toContain(text);
    for (const secret of [FIRST, SECOND, THIRD]) expect(problems).not.toContain(secret);
  });
});
