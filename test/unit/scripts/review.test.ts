/** `npm run contracts -- check`: a version's number must say what it changes, and no version may vanish. */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { isClean, review } from "../../../scripts/contracts/review.ts";

const text = z.string();
const base = { a: text.max(9) };

/** Files of versions of one contract `thing`. */
const files = (versions: Record<string, z.ZodRawShape>, name = "thing") =>
  new Map(
    Object.entries(versions).map(([version, shape]) => {
      const schema = z.toJSONSchema(z.object({ version: z.literal(version).optional(), ...shape }));
      return [`${name}.${version}.json`, JSON.stringify(schema)];
    }),
  );

describe("a contract in code", () => {
  it("is clean where it is published as it is", () => {
    const all = files({ "1.0.0": base, "1.1.0": { ...base, b: text.optional() } });
    expect(isClean(review(all, all))).toBe(true);
  });

  it("is missing until it is published", () => {
    expect(review(files({ "1.0.0": base }), new Map()).missing).toEqual(["thing.1.0.0.json"]);
  });

  it("is stale where the file says otherwise, and each field is named", () => {
    const found = review(files({ "1.0.0": { b: text } }), files({ "1.0.0": base }));
    expect(isClean(found)).toBe(false);
    expect(found.changed).toMatchObject([
      {
        file: "thing.1.0.0.json",
        changes: [
          { field: "a", what: "is removed", breaking: true },
          { field: "b", what: "is new and required", breaking: true },
        ],
      },
    ]);
  });

  it("is stale also where only words changed", () => {
    const described = { a: base.a.describe("A.") };
    const { changed } = review(files({ "1.0.0": described }), files({ "1.0.0": base }));
    expect(changed).toEqual([{ file: "thing.1.0.0.json", changes: [] }]);
  });
});

describe("a new version", () => {
  const first = { "1.0.0": base };
  const found = (version: string, shape: z.ZodRawShape) => {
    const code = files({ ...first, [version]: shape });
    return review(code, files(first)).misnumbered;
  };
  const shorter = { a: text.max(5) };
  const more = { ...base, b: text.optional() };

  it.each([
    ["1.0.1", base],
    ["1.1.0", more],
    ["1.1.0", base],
    ["2.0.0", shorter],
    ["2.0.0", base],
  ])("%s may be", (version, shape) => {
    expect(found(version, shape)).toEqual([]);
  });

  it.each([
    ["1.0.1", shorter, "major"],
    ["1.1.0", shorter, "major"],
    ["1.0.1", more, "minor"],
  ])("%s may not be: it needs a higher number", (version, shape, needs) => {
    expect(found(version, shape)).toMatchObject([
      { file: `thing.${version}.json`, predecessor: "1.0.0", needs },
    ]);
  });

  it("names the field that breaks, and no others", () => {
    const [one] = found("1.1.0", { ...shorter, c: text.optional() });
    expect(one?.changes).toEqual([
      { field: "a", what: "must have at most 5 characters now (was 9)", breaking: true },
    ]);
  });

  it("is held against the newest before it, also one that is only published", () => {
    const published = files({ "1.0.0": base, "1.9.0": more, "1.10.0": { ...more, c: text.optional() } });
    const code = files({ "1.0.0": base, "1.11.0": more });
    expect(review(code, published).misnumbered).toMatchObject([
      { predecessor: "1.10.0", needs: "major", changes: [{ field: "c", what: "is removed" }] },
    ]);
  });

  it("is not held against other contracts", () => {
    const other = files({ "1.0.0": { z: z.number() } }, "other_thing");
    expect(review(new Map([...files(first), ...other]), files(first)).misnumbered).toEqual([]);
  });
});

describe("a published version", () => {
  it("may not vanish within its major version: its senders would be refused", () => {
    const { gone } = review(files({ "1.1.0": base }), files({ "1.0.0": base, "1.1.0": base }));
    expect(gone).toEqual(["thing.1.0.0.json"]);
  });

  it("may end with the next major version", () => {
    const { gone } = review(files({ "2.0.0": base }), files({ "1.0.0": base, "2.0.0": base }));
    expect(gone).toEqual([]);
  });

  it("may not vanish with its contract", () => {
    expect(review(new Map(), files({ "1.0.0": base })).gone).toEqual(["thing.1.0.0.json"]);
  });

  it("is called by name and version", () => {
    expect(() => review(new Map(), new Map([["thing.json", "{}"]]))).toThrow("thing.json");
  });
});
