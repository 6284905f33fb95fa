/** Who gets a candidate, and which versions hold after each move. */
import { describe, expect, it } from "vitest";
import { releaseSchema } from "#contracts/definitions/release";
import { type Next, type Pointer, pointerAfter } from "#release/moves";
import { candidateDocument, documentsOf, pickRelease } from "#release/pick";

const policy = (purpose: "denied" | "granted") => ({
  regimes: { all: { default: purpose } },
  otherwise: "all",
});
const stable = releaseSchema.parse({ policy: policy("denied"), slots: { hero: {} } });
const own = releaseSchema.parse({ policy: policy("granted"), slots: { other: {} } });
const at = (share: number, version = 2) => ({
  version: 1,
  document: stable,
  candidate: { version, document: own, share },
});
const visitors = Array.from({ length: 4_000 }, (_, n) => `1.visitor${n}`);
const within = (share: number, version?: number) =>
  visitors.filter((id) => pickRelease(at(share, version), id).version !== 1);

describe("the pick", () => {
  it("gives the candidate to its share of visitors", () => {
    for (const share of [0.05, 0.1, 0.5, 0.9])
      expect(Math.abs(within(share).length / visitors.length - share)).toBeLessThan(0.03);
    expect(within(0)).toEqual([]);
    expect(within(1)).toEqual(visitors);
  });

  it("keeps whom it has when the share grows", () => {
    const larger = new Set(within(0.4));
    for (const id of within(0.15)) expect(larger).toContain(id);
  });

  it("draws others for the next candidate", () => {
    const next = new Set(within(0.2, 3));
    const both = within(0.2, 2).filter((id) => next.has(id));
    expect(Math.abs(both.length / visitors.length - 0.04)).toBeLessThan(0.02);
  });

  it("gives the stable release to who has no id, and to all where there is no canary", () => {
    expect(pickRelease(at(1), undefined).version).toBe(1);
    const alone = { version: 1, document: stable };
    expect(pickRelease(alone, "1.x")).toBe(alone);
    expect(documentsOf(alone)).toEqual([stable]);
    expect(documentsOf(at(0))).toEqual([stable, own]);
  });
});

it("a candidate has its own slots, and the stable release's policy, identity and destinations", () => {
  const document = candidateDocument(own, stable);
  expect(document.slots).toBe(own.slots);
  expect(document.policy).toBe(stable.policy);
  expect(document.destinations).toBe(stable.destinations);
  expect(document).not.toHaveProperty("identity");
  expect(releaseSchema.parse(document)).toEqual(document);
});

describe("a move", () => {
  const now: Pointer = { revision: 4, stable: 3, share: 0 };
  const canary: Pointer = { revision: 5, stable: 3, candidate: 4, share: 0.1 };
  it.each<[string, Pointer, Next, Pointer]>([
    ["publish", now, { action: "publish", version: 4 }, { revision: 5, stable: 4, share: 0 }],
    ["canary", now, { action: "canary", version: 4, share: 0.1 }, canary],
    ["share", canary, { action: "share", share: 1 }, { ...canary, revision: 6, share: 1 }],
    ["promote", canary, { action: "promote" }, { revision: 6, stable: 4, share: 0 }],
    ["abort", canary, { action: "abort" }, { revision: 6, stable: 3, share: 0 }],
    ["rollback", now, { action: "rollback", version: 1 }, { revision: 5, stable: 1, share: 0 }],
    [
      "rollback of a canary",
      canary,
      { action: "rollback", version: 3 },
      { revision: 6, stable: 3, share: 0 },
    ],
  ])("%s", (_, from, next, to) => {
    expect(pointerAfter(from, next)).toEqual(to);
  });

  it.each<[string, Pointer, Next]>([
    ["canary_running", canary, { action: "publish", version: 5 }],
    ["canary_running", canary, { action: "canary", version: 5, share: 0.1 }],
    ["no_canary", now, { action: "share", share: 0.1 }],
    ["no_canary", now, { action: "promote" }],
    ["no_canary", now, { action: "abort" }],
    ["nothing_to_change", now, { action: "rollback", version: 3 }],
    ["nothing_published", { revision: 0, stable: 0, share: 0 }, { action: "canary", version: 1, share: 0.5 }],
  ])("is refused as %s", (code, from, next) => {
    expect(() => pointerAfter(from, next)).toThrow(expect.objectContaining({ code }));
  });
});
