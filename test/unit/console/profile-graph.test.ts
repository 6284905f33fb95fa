/** Where the graph of a profile is drawn: always the same, nothing on top of another, and no more than can be read. */
import { describe, expect, it } from "vitest";
import { lineInWords } from "../../../src/console/page/profile/graph.ts";
import { layOut, MAX_DRAWN, NODE } from "../../../src/console/page/profile/graph-layout.ts";
import type { ProfileLink, ProfileMember } from "../../../src/console/profile/view.ts";

const member = (key: string): ProfileMember => ({
  key,
  namespace: "",
  proof: "source",
  explained: "",
  device: null,
  first_at: null,
  seen_at: null,
  suppressed: false,
  shared: false,
  conflicts: 0,
});
const link = (a: string, b: string, more: Partial<ProfileLink> = {}): ProfileLink => ({
  a,
  b,
  kind: "proof",
  strength: 90,
  state: "live",
  at: null,
  source: "",
  event_id: "",
  conflict: null,
  other: null,
  explained: "",
  ...more,
});
const U = "user_id:1.u";
const E = "email:1.e";
const V = "visitor_id:1.v";
const W = "visitor_id:1.w";
const CLAIM = `${V}|phone:1.p`;

describe("the drawing of a profile", () => {
  const members = [U, E, V, W, CLAIM].map(member);
  const links = [
    link(U, V),
    link(U, W),
    link(U, E),
    link(V, CLAIM, { kind: "scope", strength: 100 }),
    link(E, "user_id:1.other", { conflict: "two_user_ids", other: "user_id:1.other" }),
    link(U, "phone:1.gone", { state: "revoked" }),
    link(E, `${W}|email:1.e`, { kind: "claim", state: "pending", strength: 10 }),
    link(E, E, { kind: "aside", strength: 130 }),
  ];
  const drawing = layOut({ members, links });

  it("is the same in whatever order the links come", () => {
    const other = layOut({ members: members.toReversed(), links: links.toReversed() });
    const sorted = (of: typeof drawing) => of.nodes.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    expect(sorted(other)).toEqual(sorted(drawing));
  });

  it("has each identifier once, devices to the left of persons and other profiles to the right, none on another", () => {
    expect(drawing.nodes.map(({ key }) => key).sort()).toEqual(
      [...new Set(links.flatMap(({ a, b }) => [a, b]))].sort(),
    );
    const columnOf = (kind: string) => drawing.nodes.filter((node) => node.kind === kind).map(({ x }) => x);
    const [device, claim, person, other] = ["device", "claim", "person", "other"].map(columnOf);
    expect(Math.max(...(device ?? []))).toBeLessThan(Math.min(...(claim ?? [])));
    expect(Math.max(...(claim ?? []))).toBeLessThan(Math.min(...(person ?? [])));
    expect(Math.max(...(person ?? []))).toBeLessThan(Math.min(...(other ?? [])));
    for (const [i, one] of drawing.nodes.entries())
      for (const two of drawing.nodes.slice(i + 1))
        expect(Math.abs(one.x - two.x) >= NODE.width || Math.abs(one.y - two.y) >= NODE.height).toBe(true);
    for (const { x, y } of drawing.nodes) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(y).toBeGreaterThanOrEqual(0);
      expect(x + NODE.width).toBeLessThanOrEqual(drawing.width);
      expect(y + NODE.height).toBeLessThanOrEqual(drawing.height);
    }
  });

  it("tells lines that join from those that conflict, wait or were revoked; one to itself is not drawn", () => {
    const kindOf = (b: string) => drawing.lines.find((line) => line.link.b === b)?.kind;
    expect([V, "user_id:1.other", "phone:1.gone", `${W}|email:1.e`].map(kindOf)).toEqual([
      "joins",
      "conflict",
      "revoked",
      "pending",
    ]);
    expect(drawing.lines).toHaveLength(links.length - 1);
  });

  it("of very many identifiers has so many as can be read, and says how many it left out", () => {
    const many = Array.from({ length: 200 }, (_, n) => `visitor_id:1.${n}`);
    const drawn = layOut({ members: [U, ...many].map(member), links: many.map((key) => link(U, key)) });
    expect(drawn.nodes).toHaveLength(MAX_DRAWN);
    expect(drawn.left).toBe(201 - MAX_DRAWN);
  });

  it("of one identifier alone is that one", () => {
    expect(layOut({ members: [member(V)], links: [] })).toMatchObject({
      nodes: [{ key: V }],
      lines: [],
      left: 0,
    });
  });
});

it("says of evidence which event told it, and of an operator's word none: it has a change", () => {
  const told = { explained: "Says so.", source: "web", event_id: "e1" };
  expect(lineInWords(link("email:1.a", "user_id:1.b", told))).toContain("By web, event e1.");
  expect(lineInWords(link("email:1.a", "user_id:1.b", { ...told, kind: "manual" }))).not.toContain("event");
});
