/** What differs between documents, and what two people made of one put together: by definition, whatever way it is written. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diffDocuments, summaryOf } from "#release/diff";
import { definitionsOf, documentFrom, isPath, isSame } from "#release/diff-definitions";
import { mergeDocuments } from "#release/diff-merge";

const segment = (n: number) => ({ when: { purchases: { $gte: n } } });

describe("a diff", () => {
  it("names added, removed and changed definitions, and each changed place with its values", () => {
    const from = {
      segments: { a: segment(1), gone: segment(1) },
      offers: { x: { slot: "hero", content: "c", caps: [{ count: 1, per: "day" }] } },
      policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
    };
    const to = {
      segments: { a: { ...segment(2), description: "Twice" }, added: segment(3) },
      offers: { x: { slot: "hero", content: "c", caps: [{ count: 2, per: "day" }] } },
      policy: { regimes: { gdpr: { default: "granted" } }, otherwise: "gdpr" },
    };
    const changes = diffDocuments(from, to);
    expect(changes).toEqual([
      {
        kind: "segments",
        key: "a",
        change: "changed",
        paths: [
          { path: "when.purchases.$gte", from: 1, to: 2 },
          { path: "description", to: "Twice" },
        ],
      },
      { kind: "segments", key: "added", change: "added", to: { ...segment(3), purpose: "personalization" } },
      { kind: "offers", key: "x", change: "changed", paths: [{ path: "caps.0.count", from: 1, to: 2 }] },
      {
        kind: "policy",
        key: null,
        change: "changed",
        paths: [{ path: "regimes.gdpr.default", from: "denied", to: "granted" }],
      },
      {
        kind: "segments",
        key: "gone",
        change: "removed",
        from: { ...segment(1), purpose: "personalization" },
      },
    ]);
    expect(summaryOf(changes)).toEqual({ added: 1, removed: 1, changed: 3 });
  });

  it("is empty where only defaults are written out, or names stand in another order", () => {
    const short = { slots: { hero: {} }, segments: { a: segment(1) } };
    const long = {
      decisioning: { goal: "purchase", holdout: 0 },
      segments: { a: { purpose: "personalization", when: { purchases: { $gte: 1 } } } },
      slots: { hero: { budgetMs: 50, kind: "html", fallback: null, holdout: 0, rankBy: "none" } },
    };
    expect(diffDocuments(short, long)).toEqual([]);
    expect(diffDocuments(long, short)).toEqual([]);
  });

  it("of documents that are wrong shows what is there", () => {
    expect(diffDocuments({ segments: 5 }, { segments: { a: 7 }, nonsense: true })).toEqual([
      { kind: "segments", key: "a", change: "added", to: 7 },
      { kind: "nonsense", key: null, change: "added", to: true },
      { kind: "segments", key: null, change: "removed", from: 5 },
    ]);
    expect(diffDocuments(null, [])).toEqual([]);
  });

  it("shows a definition with very many differences as a whole", () => {
    const data = (n: number) => ({ content: { a: { data: Array.from({ length: 500 }, () => n) } } });
    const [change] = diffDocuments(data(1), data(2));
    expect(change?.paths?.map(({ path }) => path)).toEqual([""]);
  });
});

/** Documents of few segments, so that they collide. */
const documents = fc
  .dictionary(fc.constantFrom("a", "b", "c"), fc.integer({ min: 1, max: 3 }).map(segment))
  .map((segments) => ({ segments }));

describe("a merge", () => {
  it("keeps what only one side has changed, and names what both have", () => {
    const base = { segments: { a: segment(1), b: segment(1), c: segment(1) } };
    const theirs = { segments: { a: segment(2), b: segment(1), c: segment(2) } };
    const mine = { segments: { a: segment(1), b: segment(3), c: segment(3), d: segment(4) } };
    const { document, conflicts } = mergeDocuments(base, theirs, mine);
    expect(document).toEqual({ segments: { a: segment(2), b: segment(3), c: segment(2), d: segment(4) } });
    expect(conflicts).toEqual([
      { path: "segments.c", base: segment(1), theirs: segment(2), mine: segment(3) },
    ]);
    const preferred = mergeDocuments(base, theirs, mine, "mine");
    expect(preferred).toMatchObject({ conflicts: [], document: { segments: { c: segment(3) } } });
  });

  it("takes a removal where the other side left the definition alone", () => {
    const base = { segments: { a: segment(1), b: segment(1) } };
    expect(mergeDocuments(base, { segments: { b: segment(1) } }, base).document).toEqual({
      segments: { b: segment(1) },
    });
    expect(
      mergeDocuments(base, { segments: { b: segment(2) } }, { segments: { a: segment(1) } }),
    ).toMatchObject({
      document: { segments: { b: segment(2) } },
      conflicts: [{ path: "segments.b" }],
    });
  });

  it("with a side that has changed nothing is the other side", () =>
    fc.assert(
      fc.property(documents, documents, (base, other) => {
        expect(diffDocuments(mergeDocuments(base, other, base).document, other)).toEqual([]);
        expect(diffDocuments(mergeDocuments(base, base, other).document, other)).toEqual([]);
      }),
    ));

  it("is the same from both sides, but for what both have changed", () =>
    fc.assert(
      fc.property(documents, documents, documents, (base, one, other) => {
        const here = mergeDocuments(base, one, other);
        const there = mergeDocuments(base, other, one);
        const paths = here.conflicts.map(({ path }) => path).sort();
        expect(there.conflicts.map(({ path }) => path).sort()).toEqual(paths);
        const differing = diffDocuments(here.document, there.document).map(({ key }) => `segments.${key}`);
        expect(differing.every((path) => paths.includes(path))).toBe(true);
      }),
    ));
});

describe("definitions", () => {
  it("make the document that they were taken from", () =>
    fc.assert(
      fc.property(documents, (document) => {
        const again = documentFrom(definitionsOf(document));
        expect(isSame(again, Object.keys(document.segments).length > 0 ? document : {})).toBe(true);
      }),
    ));

  it.each(["segments.loyal", "policy", "decisioning", "content.a-b_1"])("lie at %s", (path) => {
    expect(isPath(path)).toBe(true);
  });

  it.each([
    "segments",
    "segments.",
    "segments.A",
    "segments.__proto__",
    "policy.x",
    "__proto__",
    "",
    "toString",
  ])("do not lie at %j", (path) => {
    expect(isPath(path)).toBe(false);
  });
});
