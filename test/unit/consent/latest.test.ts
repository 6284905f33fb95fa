/** Of several signals of one kind, the latest; and both where nobody can say which that is. */
import { describe, expect, it } from "vitest";
import { latestOfEachKind } from "#consent/signals/latest";
import { DENIES_ALL, type Signal } from "#consent/signals/signal";

const LATEST = 1_000;
const signal = (more: Partial<Signal>): Signal => ({
  kind: "tcf",
  name: "",
  says: { analytics: "granted" },
  givenAt: 100,
  evidence: JSON.stringify(more),
  ...more,
});
const of = (...signals: Signal[]) => latestOfEachKind(signals, LATEST);

describe("of two signals of one kind", () => {
  const old = signal({ givenAt: 100, says: { analytics: "granted", marketing: "granted" } });
  const young = signal({ givenAt: 200, says: { analytics: "denied" } });
  it("the later stands alone, in whatever order they come", () => {
    expect(of(old, young)).toEqual([young]);
    expect(of(young, old)).toEqual([young]);
  });
  it.each([
    ["were given at the same time", 200],
    ["do not both tell when", 0],
    ["are not both possible", LATEST + 1],
  ])("that %s, both stand: a denial of either, else what either grants", (_title, givenAt) => {
    const other = signal({ givenAt, says: { analytics: "granted", marketing: "granted" } });
    for (const [both] of [of(young, other), of(other, young)])
      expect(both).toMatchObject({
        says: { analytics: "denied", marketing: "granted" },
        givenAt: Math.min(givenAt, 200),
      });
  });
  it("of which one is not valid, both stand, however old that one is", () => {
    const [both] = of(signal({ givenAt: 50, invalid: "malformed", says: DENIES_ALL }), old);
    expect(both).toMatchObject({ says: DENIES_ALL, invalid: "malformed" });
  });
  it("that are one and the same, one stands", () => {
    expect(of(old, old)).toEqual([old]);
  });
  it("both stand with the names and the evidence of both, until the first of them lapses", () => {
    const one = signal({ kind: "banner", name: "onetrust", evidence: "v1", expiresAt: 900 });
    const two = signal({ kind: "banner", name: "didomi", evidence: "v2", expiresAt: 500 });
    expect(of(one, two)).toMatchObject([{ name: "onetrust,didomi", evidence: "v1,v2", expiresAt: 500 }]);
  });
});

describe("of several kinds", () => {
  it("each has one, in the order of the kinds", () => {
    const kinds = ["consent_mode", "tcf", "banner", "gpp"] as const;
    const found = of(...kinds.map((kind) => signal({ kind })));
    expect(found.map(({ kind }) => kind)).toEqual(["tcf", "gpp", "banner", "consent_mode"]);
  });
  it("one kind says nothing of another's time", () => {
    const found = of(signal({ givenAt: 1 }), signal({ kind: "gpp", givenAt: 900 }));
    expect(found.map(({ givenAt }) => givenAt)).toEqual([1, 900]);
  });
});
