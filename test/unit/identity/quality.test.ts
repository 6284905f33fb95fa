/** The figures of quality: what a page adds, what pages come to together, and how labelled people are compared. */
import { describe, expect, it } from "vitest";
import { emptyRow, type IdentifierRow, type Link, type LinkKind } from "#identity/graph";
import { partition } from "#identity/partition";
import { doubtful } from "#identity/quality/doubt";
import { evaluate } from "#identity/quality/evaluate";
import { passEveryMs, qualityDay, withDay } from "#identity/quality/figures";
import { readLabelled } from "#identity/quality/labelled";
import type { Page, WalkRow } from "#identity/quality/store";
import {
  addTallies,
  emptyTally,
  type Found,
  setAsideIn,
  type Tally,
  tallyPage,
} from "#identity/quality/tally";
import type { Graph } from "#identity/read";
import { DEFAULT_RULES } from "#identity/rules";

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 22, 12);
const row = (key: string, more: Partial<IdentifierRow> = {}): IdentifierRow => ({
  ...emptyRow(key),
  version: 1,
  seenAt: NOW - DAY,
  ...more,
});
const link = (a: string, b: string, kind: LinkKind, more: Partial<Link> = {}): Link => ({
  a,
  b,
  kind,
  eventId: `${a}${b}`,
  source: "web",
  at: 1,
  state: "live",
  ...more,
});
const graphOf = (rows: IdentifierRow[], links: Link[] = []): Graph => ({
  rows: new Map(rows.map((one) => [one.key, one])),
  torn: [],
  crowded: new Set(),
  links,
  dead: [],
  lists: new Map(),
  subjectKeys: new Map(),
  erasures: 0,
});
/** As the walk finds it: rows say what the links say, and only those in doubt are read with all that could join them. */
function foundOf(graph: Graph, keys: Iterable<string> = graph.rows.keys()): Found {
  const all = partition(graph.rows.keys(), graph.links, DEFAULT_RULES);
  const rows = new Map<string, WalkRow & { events: number }>();
  for (const one of graph.rows.values()) {
    const members = all.members.get(all.rootOf.get(one.key) ?? one.key) ?? [one.key];
    const events = one.claims.reduce((sum, [, , ids]) => sum + ids.length, 0);
    rows.set(one.key, { ...one, members: members.length > 1 ? members : null, events });
  }
  const own = [...keys].flatMap((key) => rows.get(key) ?? []);
  const links = graph.links.flatMap(({ a, b, kind, state, at }) =>
    kind === "scope"
      ? []
      : [
          { node: a, other: b, kind, state, at },
          { node: b, other: a, kind, state, at },
        ],
  );
  const page: Page = {
    rows: own,
    links: links.filter(({ node }) => own.some(({ key }) => key === node)),
    crowd: undefined,
    end: own.at(-1)?.key ?? "",
    isLast: true,
  };
  const isInDoubt = doubtful(page, rows, DEFAULT_RULES).length > 0;
  const read = isInDoubt ? graph : graphOf([]);
  return { page, rows, graph: read, parts: isInDoubt ? all : partition([], []) };
}
const tallyOf = (graph: Graph, keys?: Iterable<string>, partners = new Map<string, number>()): Tally =>
  tallyPage(foundOf(graph, keys), partners, NOW);

const [V1, V2, V3, U, U2, E] = ["v1", "v2", "v3", "u", "u2", "e"].map(
  (name) => `${name.startsWith("v") ? "visitor_id" : name.startsWith("u") ? "user_id" : "email"}:1.${name}`,
) as [string, string, string, string, string, string];
const CLAIM = `${V2}|${E}`;
const PERSON = [row(U), row(V1), row(E)];
const PROOFS = [link(U, V1, "proof"), link(U, E, "proof")];

describe("the tally of a page", () => {
  it("counts identifiers by namespace, and what is only claimed apart from them", () => {
    const rows = [...PERSON, row(V2), row(CLAIM), row("event:0.x"), row("phone:1.p", { suppressed: true })];
    const scope = link(V2, CLAIM, "scope");
    expect(tallyOf(graphOf(rows, [...PROOFS, scope]))).toMatchObject({
      identifiers: { user_id: 1, visitor_id: 2, email: 1 },
      claims: { email: 1 },
      nameless: 1,
      suppressed: 1,
      profiles: 2,
      states: { anonymous: 0, pseudonymous: 1, authenticated: 1 },
    });
  });

  it("counts each profile once, on whichever pages its rows are", () => {
    const graph = graphOf([...PERSON, row(V3)], PROOFS);
    const pages = [[E], [U], [V1, V3]].map((keys) => tallyOf(graph, keys));
    const together = pages.reduce(addTallies, emptyTally());
    expect(together).toEqual(tallyOf(graph));
    expect(together).toMatchObject({ profiles: 2, sizes: [1, 0, 1, 0, 0, 0, 0, 0, 0] });
  });

  it("takes for the match rate the browsers of 30 days whose profile has a proved person", () => {
    const old = row("visitor_id:1.old", { seenAt: NOW - 31 * DAY });
    // Logged in all the time: its events are the person's.
    const rows = [row(U), row(V1, { seenAt: 0 }), row(E), row(V2), row(CLAIM), row(V3), old];
    expect(tallyOf(graphOf(rows, [...PROOFS, link(V2, CLAIM, "scope")])).visitors).toEqual({
      all: 3,
      proved: 1,
      claimed: 1,
    });
  });

  it("counts the events of a day by whose they are", () => {
    const claims = (...events: [number, number][]): IdentifierRow["claims"] =>
      events.map(([age, count], n) => [
        `x${n}`,
        NOW - age,
        Array.from({ length: count }, (_, i) => `${n}${i}`),
      ]);
    const rows = [row(U, { claims: claims([1000, 2]) }), row(V1), row(V3, { claims: claims([5, 3]) })];
    expect(tallyOf(graphOf(rows, [link(U, V1, "proof")])).events).toEqual({ all: 5, proved: 2, claimed: 0 });
  });

  it("counts what is contested: a device of two people, and the profiles that a proof does not join", () => {
    const rows = [row(U), row(U2), row(V1)];
    const links = [link(U, V1, "proof"), link(U2, V1, "proof", { at: 2 })];
    expect(tallyOf(graphOf(rows, links))).toMatchObject({ sharedDevices: 1, conflicted: 3, proposed: 0 });
    const same = ["user_id:1.u", "user_id:1.u2"].map((user) =>
      link(user, "match-name:1.m", "rule", { state: "pending" }),
    );
    expect(tallyOf(graphOf(rows, same))).toMatchObject({ conflicted: 0, proposed: 2 });
  });

  it("names values that are set aside, those with the most partners first", () => {
    const crowd = Array.from({ length: 51 }, (_, n) => `customer_id:1.c${n}`);
    const links = [...crowd.map((key) => link(E, key, "proof")), link(U, U, "aside")];
    const graph = graphOf([row(U), row(E)], links);
    expect(setAsideIn(foundOf(graph, [U, E]))).toEqual([
      { key: U, why: "operator" },
      { key: E, why: "partners" },
    ]);
    expect(tallyOf(graph, [U, E], new Map([[E, 51]])).setAside).toEqual({
      operator: 1,
      partners: 1,
      most: [
        { key: E, why: "partners", partners: 51 },
        { key: U, why: "operator", partners: 0 },
      ],
    });
  });

  it("names the twenty largest profiles of all pages", () => {
    const pages = Array.from({ length: 3 }, (_, page) =>
      tallyOf(graphOf(Array.from({ length: 15 }, (_, n) => row(`visitor_id:1.${page}${n}`)))),
    );
    expect(pages.reduce(addTallies).largest).toHaveLength(20);
  });
});

describe("a row in doubt", () => {
  const told = (key: string, ...members: string[]) =>
    row(key, { members: members.length > 1 ? members : null });
  const doubts = (rows: IdentifierRow[], links: Link[] = []): string[] => {
    const { page } = foundOf(graphOf(rows, links));
    const own = page.rows.map((one) => ({
      ...one,
      members: rows.find(({ key }) => key === one.key)?.members as string[] | null,
    }));
    const rules = { mergesBy: (namespace: string) => namespace === "match-name" };
    return doubtful({ ...page, rows: own }, new Map(own.map((one) => [one.key, one])), rules);
  };
  const proof = link(U, V1, "proof");
  it.each<[string, IdentifierRow[], Link[], string[]]>([
    ["none, where rows and links agree", [told(U, U, V1), told(V1, U, V1), told(V3)], [proof], []],
    ["those of a link that no row knows", [told(U), told(V1)], [proof], [U, V1]],
    ["those that other rows do not name", [told(U, U, V1), told(V1)], [proof], [U, V1]],
    ["those of a revoked link", [told(U, U, V1), told(V1, U, V1)], [{ ...proof, state: "revoked" }], [U, V1]],
    ["those that no link joins", [told(U, U, V1), told(V1, U, V1)], [], [U, V1]],
    ["one of which a member has no row", [told(U, U, V1)], [proof], [U]],
    [
      "none by a member that a rule has derived, which has no row",
      [told(U, "match-name:1.m", U)],
      [link(U, "match-name:1.m", "rule")],
      [],
    ],
    [
      "one that a rule joined which only proposes by now",
      [told(U, "match-guess:1.m", U)],
      [link(U, "match-guess:1.m", "rule")],
      [U],
    ],
    ["one of which a member was erased", [told(U, U, V1), row(V1, { suppressed: true })], [proof], [U]],
    ["none, of a claim beside its device", [told(V2, V2, CLAIM), told(CLAIM, V2, CLAIM)], [], []],
    ["a claim that is not with its device", [told(V2), told(CLAIM)], [], [CLAIM]],
    [
      "both ends of what a rule proposes, and of what an operator has said",
      [told(U), told(U2), told(V1), told(E)],
      [link(U, U2, "rule", { state: "pending" }), link(V1, V1, "aside")],
      [U, U2, V1],
    ],
    [
      "none, of those kept apart who are apart",
      [told(U), told(U2)],
      [link(U, U2, "apart", { state: "revoked" })],
      [],
    ],
  ])("%s", (_, rows, links, expected) => {
    expect(doubts(rows, links)).toEqual(expected);
  });
});

describe("the pace of the walk", () => {
  it("reads 400,000 rows a day of each database at most, until a pass takes a day; a small one every few minutes", () => {
    for (const rows of [1, 1_000, 50_000, 400_000])
      expect((DAY / passEveryMs(rows)) * rows).toBeLessThanOrEqual(400_000);
    expect([0, 1, 100, 1_000, 2_000].map((rows) => passEveryMs(rows) / 60_000)).toEqual([0, 0.01, 1, 10, 10]);
    expect(passEveryMs(1_000_000)).toBe(DAY);
  });

  it("keeps the last pass of each of sixty days", () => {
    const day = (at: number) => qualityDay(emptyTally(), at);
    let history = withDay([], day(NOW));
    expect(withDay(history, { ...day(NOW + 1000), profiles: 7 })).toEqual([{ ...day(NOW), profiles: 7 }]);
    for (let n = 1; n < 70; n++) history = withDay(history, day(NOW + n * DAY));
    expect(history).toHaveLength(60);
    expect(history[0]?.day).toBe("2027-01-30");
  });
});

describe("labelled people", () => {
  it("have precision and recall by pairs of identifiers", () => {
    // Ann's three are in one profile; Bo's are split, and one of them is in Cy's.
    const found = evaluate([
      { label: "ann", roots: ["p", "p", "p"] },
      { label: "bo", roots: ["q", "r", undefined] },
      { label: "cy", roots: ["r"] },
    ]);
    expect(found).toEqual({
      people: 3,
      identifiers: 7,
      unknown: 1,
      profiles_per_person: { mean: 1.333, max: 2 },
      people_per_profile: { mean: 1.333, max: 2 },
      // Of four pairs in one profile three are one person's; so are four of all.
      pairs: { precision: 0.75, recall: 0.75, f1: 0.75 },
      wrongly_joined: [
        { label: "bo", with: ["cy"] },
        { label: "cy", with: ["bo"] },
      ],
      apart: [{ label: "bo", profiles: 2, identifiers: 2 }],
    });
  });

  it("say nothing where there is nothing to say", () => {
    expect(evaluate([{ label: "ann", roots: [undefined, "p"] }])).toMatchObject({
      unknown: 1,
      pairs: { precision: null, recall: null, f1: null },
    });
    expect(evaluate([{ label: "ann", roots: [undefined] }])).toMatchObject({
      profiles_per_person: null,
      people_per_profile: null,
    });
  });

  const ann = { label: "ann", identifiers: [{ namespace: "email", value: "ann@shop.example" }] };
  it.each([
    ["one document", JSON.stringify({ people: [ann] })],
    ["a person on each line", `${JSON.stringify(ann)}\n\n`],
  ])("come as %s", (_, text) => {
    expect(readLabelled(text)).toEqual({ people: [ann] });
  });

  it.each([
    ["what is not JSON, by its line", `${JSON.stringify(ann)}\n{"label`, /Line 2 is not JSON/],
    [
      "an unknown namespace, by its place",
      JSON.stringify({
        people: [{ ...ann, identifiers: [{ namespace: "ssn", value: "ann@shop.example" }] }],
      }),
      /people\.0\.identifiers\.0\.namespace/,
    ],
    ["nobody", "", /people/],
    [
      "too many identifiers",
      JSON.stringify({
        people: Array.from({ length: 5001 }, () => ({
          ...ann,
          identifiers: [...ann.identifiers, ...ann.identifiers],
        })),
      }),
      /10002 identifiers/,
    ],
  ])("are refused for %s, and no value is repeated", (_, text, message) => {
    expect(() => readLabelled(text)).toThrow(message);
    try {
      readLabelled(text);
    } catch (error) {
      expect(String(error)).not.toContain("ann@shop.example");
    }
  });
});
