/** Which profiles a batch merged and split, for the audit log; and which links an operator is asked to settle. */
import { describe, expect, it } from "vitest";
import { conflictsOf } from "#identity/conflicts";
import { emptyRow, type IdentifierRow, type Link, type LinkKind } from "#identity/graph";
import { movesOf } from "#identity/moves";
import { partition } from "#identity/partition";

const link = (
  a: string,
  b: string,
  kind: LinkKind = "proof",
  at = 1,
  state: Link["state"] = "live",
): Link => ({
  a,
  b,
  kind,
  at,
  state,
  eventId: `e${at}`,
  source: "shop",
});
const stored = (key: string, members: string[] | null = null): [string, IdentifierRow] => [
  key,
  { ...emptyRow(key), members, version: 1 },
];
const PAIR = ["email:1.e", "user_id:1.u"];

describe("moves", () => {
  it("are a merge where two stored profiles became one", () => {
    const before = new Map([stored("email:1.e"), stored("user_id:1.u")]);
    const after = partition(before.keys(), [link("user_id:1.u", "email:1.e")]);
    expect(movesOf(before, after, before.keys())).toEqual([{ before: PAIR, after: ["email:1.e"] }]);
  });

  it("are a split where one fell apart, told once however many of its identifiers the batch touched", () => {
    const before = new Map([stored("email:1.e", PAIR), stored("user_id:1.u", PAIR)]);
    const after = partition(before.keys(), []);
    expect(movesOf(before, after, before.keys())).toEqual([{ before: ["email:1.e"], after: PAIR }]);
  });

  it("are none where an identifier is new: nobody was anybody else before", () => {
    const before = new Map([stored("user_id:1.u"), ["email:1.e", emptyRow("email:1.e")] as const]);
    const after = partition(before.keys(), [link("user_id:1.u", "email:1.e")]);
    expect(movesOf(before, after, before.keys())).toEqual([]);
  });

  it("are none where nothing changed", () => {
    const before = new Map([stored("email:1.e", PAIR), stored("user_id:1.u", PAIR)]);
    const after = partition(before.keys(), [link("user_id:1.u", "email:1.e")]);
    expect(movesOf(before, after, before.keys())).toEqual([]);
  });

  it("tell of an identifier that went from one profile to another", () => {
    const before = new Map([stored("email:1.e", PAIR), stored("user_id:1.u", PAIR), stored("user_id:1.w")]);
    const links = [
      link("user_id:1.u", "email:1.e", "proof", 5),
      link("user_id:1.w", "email:1.e", "proof", 2),
    ];
    const moves = movesOf(before, partition(before.keys(), links), before.keys());
    expect(moves).toContainEqual({ before: ["email:1.e"], after: ["email:1.e", "user_id:1.u"] });
    expect(moves).toContainEqual({ before: ["email:1.e", "user_id:1.w"], after: ["email:1.e"] });
  });
});

describe("the queue of conflicts", () => {
  const two = [link("user_id:1.a", "email:1.e", "proof", 1), link("user_id:1.b", "email:1.e", "proof", 2)];
  const of = (links: Link[], isTouched = (_: string) => true) =>
    conflictsOf(links, partition([], links), isTouched);

  it("has what was proved and would make one person of two, its smaller key first", () => {
    expect(of(two)).toEqual([
      { a: "email:1.e", b: "user_id:1.b", kind: "proof", reason: "two_user_ids", at: 2 },
    ]);
    expect(of(two.map((one) => ({ ...one, a: one.b, b: one.a })))).toEqual(of(two));
  });

  it("has nothing that nobody touched, and nothing that is only claimed", () => {
    expect(of(two, () => false)).toEqual([]);
    const claimed = [
      link("user_id:1.a", "anonymous_id:1.x"),
      link("visitor_id:1.v", "anonymous_id:1.x", "device", 2),
    ];
    expect(of(claimed)).toEqual([]);
    // Nor by their number: anybody could fill the queue.
    const made = Array.from({ length: 60 }, (_, n) =>
      link("visitor_id:1.v", `anonymous_id:1.${n}`, "device", n),
    );
    expect(partition([], made).conflicted.size).toBeGreaterThan(0);
    expect(of(made)).toEqual([]);
  });

  it("has nothing that an operator has decided", () => {
    expect(of([link("user_id:1.a", "email:1.e"), link("user_id:1.a", "email:1.e", "apart")])).toEqual([]);
    expect(of([link("user_id:1.a", "email:1.e"), link("email:1.e", "email:1.e", "aside")])).toEqual([]);
    expect(of([...two.slice(0, 1), { ...(two[1] as Link), state: "revoked" }])).toEqual([]);
  });

  it("has what a rule proposes, as long as those who agree are several people", () => {
    const proposed = ["user_id:1.a", "crm_id:1.c"].map((key) =>
      link(key, "match-name:1.m", "rule", 3, "pending"),
    );
    expect(of(proposed).map(({ reason }) => reason)).toEqual(["proposal", "proposal"]);
    expect(of([...proposed, link("user_id:1.a", "crm_id:1.c")])).toEqual([]);
  });
});
