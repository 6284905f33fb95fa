import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutsAmong, type Drawn, mergeDrawn } from "#segments/cuts";
import { csvEntries } from "#segments/lists";
import { addPerson, emptyTally, marginOf } from "#segments/sizes";

describe("quantiles", () => {
  it("have about a fifth of all on each side of the next", () => {
    const drawn = Array.from({ length: 100 }, (_, n): Drawn => [n, n, 2 * n, 3 * n]);
    expect(cutsAmong(drawn)).toEqual({
      recency: [19, 39, 59, 79],
      frequency: [38, 78, 118, 158],
      monetary: [57, 117, 177, 237],
    });
    expect(cutsAmong([])).toBeUndefined();
  });

  it("are drawn from the same people in whatever order and parts they were found", () => {
    const people = fc.uniqueArray(fc.nat(1e6), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(people, fc.nat(300), (ranks, cut) => {
        const all = ranks.map((rank): Drawn => [rank, rank % 7, rank % 11, rank % 13]);
        const [one, other] = [all.slice(0, cut), all.slice(cut)];
        expect(mergeDrawn(one, other)).toEqual(mergeDrawn([...other].reverse(), one));
      }),
    );
  });
});

describe("sizes", () => {
  it("count each person once in a segment and in each two of them", () => {
    const tally = emptyTally();
    for (const segments of [["a", "b", "c"], ["a", "c"], [], ["b"]]) addPerson(tally, segments, true);
    expect(tally).toEqual({
      people: 4,
      sizes: { a: 2, b: 2, c: 2 },
      pairs: { "a b": 1, "a c": 2, "b c": 1 },
    });
    const named = emptyTally();
    for (let n = 0; n < 2; n++) addPerson(named, ["constructor"], true);
    expect(named.sizes).toEqual({ constructor: 2 });
    const alone = emptyTally();
    addPerson(alone, ["a", "b"], false);
    expect(alone.pairs).toEqual({});
  });

  it("of a sample have a margin that holds the truth in about 95 of 100", () => {
    let seed = 1;
    const random = () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed / 2 ** 32;
    };
    const [share, sampled, of] = [0.1, 500, 10_000];
    let held = 0;
    for (let run = 0; run < 400; run++) {
      let found = 0;
      for (let n = 0; n < sampled; n++) if (random() < share) found++;
      if (Math.abs((found / sampled) * of - share * of) <= marginOf(found, sampled, of)) held++;
    }
    expect(held).toBeGreaterThan(370);
    expect(marginOf(0, 500, 10_000)).toBe(60);
    expect(marginOf(0, 0, 10)).toBe(10);
  });
});

it("a CSV may have a heading, quotes, semicolons, another system's line ends and a byte-order mark", () => {
  const text =
    '\ufeffNamespace,Value\r\nemail, a@x.example \r\n"user_id";"a ""b"", c"\r\n\r\nalone\r\na,b,c\r\n';
  expect(csvEntries(text)).toEqual([
    { line: 2, namespace: "email", value: "a@x.example" },
    { line: 3, namespace: "user_id", value: 'a "b", c' },
    { line: 5, reason: "not_two_fields" },
    { line: 6, reason: "not_two_fields" },
  ]);
});

it("a CSV is read in a time that grows with its size alone, and what is no list is given up early", () => {
  const hostile = [
    " ".repeat(1_000_000),
    `a,${" ".repeat(1_000_000)}"`,
    `"${'""'.repeat(500_000)}`,
    `"a"${" ".repeat(1_000_000)}x`,
    ",".repeat(1_000_000),
  ].join("x\n");
  const fastest = Math.min(
    ...[1, 2, 3].map(() => {
      const begun = performance.now();
      expect(csvEntries(hostile).every((line) => "reason" in line)).toBe(true);
      return performance.now() - begun;
    }),
  );
  expect(fastest).toBeLessThan(1_000);
  expect(csvEntries("\n".repeat(6_000_000))).toEqual([]);
  expect(() => csvEntries("x\n".repeat(200_000))).toThrow("more than 100000 entries");
});

it("the draws of a night fit into a row of D1, however many features are drawn for", () => {
  const buyers = Array.from(
    { length: 9_000 },
    (_, n): Drawn => [4_294_000_000 + n, 8_760, 123, 12345.678901],
  );
  for (const features of [1, 4, 9, 300]) {
    const drawn = Object.fromEntries(
      Array.from({ length: features }, (_, n) => [`rfm_${n}`, mergeDrawn([], buyers, features)]),
    );
    expect(JSON.stringify(drawn).length).toBeLessThan(1_900_000);
    expect(drawn.rfm_0?.length).toBe(Math.min(5_000, Math.floor(20_000 / features)));
  }
});
