/**
 * Where the identifiers of a profile are drawn, and the lines between them: columns of devices, of claims made on them, of
 * the person's own identifiers, and of other profiles. Always the same for the same profile. Pure; drawn by graph.ts.
 */
import { isScoped, namesDevice, namespaceOf } from "#identity/graph";
import type { ProfileLink, ProfileView } from "../../profile/view.ts";

export const NODE = { width: 168, height: 44 } as const;
const GAP = { x: 132, y: 20 } as const;
const MARGIN = 24;
/** More are not drawn: the tables have them. */
export const MAX_DRAWN = 50;

/** What a node is drawn as. */
export type NodeKind = "device" | "claim" | "person" | "match" | "other";

export interface DrawnNode {
  key: string;
  kind: NodeKind;
  x: number;
  y: number;
}

/** How a line looks; each is also said in words. */
export type LineKind = "joins" | "pending" | "revoked" | "conflict";

export interface DrawnLine {
  link: ProfileLink;
  kind: LineKind;
  /** Of an SVG path. */
  path: string;
  width: number;
  /** Where its label goes. */
  label: { x: number; y: number };
}

export interface Drawing {
  width: number;
  height: number;
  nodes: DrawnNode[];
  lines: DrawnLine[];
  /** Identifiers that are not drawn. */
  left: number;
}

const COLUMNS: readonly NodeKind[] = ["device", "claim", "person", "match", "other"];

export function layOut({ members, links }: Pick<ProfileView, "members" | "links">): Drawing {
  const own = members.map(({ key }) => key);
  const kinds = new Map<string, NodeKind>(own.map((key) => [key, kindOf(key)]));
  const ends = links.flatMap(({ a, b }) => [a, b]);
  for (const key of ends) if (!kinds.has(key)) kinds.set(key, "other");
  const keys = [...kinds.keys()].slice(0, MAX_DRAWN);
  const drawn = new Set(keys);
  const shown = links.filter(({ a, b }) => drawn.has(a) && drawn.has(b));
  const columns = COLUMNS.map((kind) => keys.filter((key) => kinds.get(key) === kind).sort()).filter(
    (column) => column.length > 0,
  );
  const rows = untangled(columns, shown);
  const most = Math.max(1, ...rows.map((column) => column.length));
  const heightOf = (count: number): number => count * NODE.height + (count - 1) * GAP.y;
  const height = heightOf(most) + 2 * MARGIN;
  const nodes = rows.flatMap((column, place) =>
    column.map(
      (key, row): DrawnNode => ({
        key,
        kind: kinds.get(key) ?? "other",
        x: MARGIN + place * (NODE.width + GAP.x),
        y: (height - heightOf(column.length)) / 2 + row * (NODE.height + GAP.y),
      }),
    ),
  );
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  const lines = shown.flatMap((link): DrawnLine[] => {
    const [a, b] = [byKey.get(link.a), byKey.get(link.b)];
    // A link of an identifier with itself is said in words alone.
    if (!a || !b || a === b) return [];
    return [{ link, kind: lineKind(link), width: widthOf(link), ...pathOf(a, b) }];
  });
  // Within the last column lines bow out to the right of it.
  const bows = lines.some(({ link: { a, b } }) => {
    const last = MARGIN + (rows.length - 1) * (NODE.width + GAP.x);
    return byKey.get(a)?.x === last && byKey.get(b)?.x === last;
  });
  const width = 2 * MARGIN + rows.length * NODE.width + (rows.length - 1) * GAP.x + (bows ? GAP.x / 2 : 0);
  return {
    width: Math.max(width, NODE.width + 2 * MARGIN),
    height,
    nodes,
    lines,
    left: kinds.size - keys.length,
  };
}

function kindOf(key: string): NodeKind {
  if (isScoped(key)) return "claim";
  if (namespaceOf(key).startsWith("match-")) return "match";
  return namesDevice(key) ? "device" : "person";
}

/** Each column in the order of what its nodes are linked with in the column before, so that fewer lines cross. */
function untangled(columns: readonly string[][], links: readonly ProfileLink[]): string[][] {
  const placed = new Map<string, number>();
  return columns.map((column) => {
    const weight = (key: string): number => {
      const places = links.flatMap(({ a, b }) => {
        const other = a === key ? b : b === key ? a : undefined;
        const place = other === undefined ? undefined : placed.get(other);
        return place === undefined ? [] : [place];
      });
      return places.length === 0
        ? Number.POSITIVE_INFINITY
        : places.reduce((sum, place) => sum + place, 0) / places.length;
    };
    const weights = new Map(column.map((key) => [key, weight(key)]));
    const of = (key: string) => weights.get(key) ?? 0;
    const sorted = [...column].sort((x, y) => (of(x) === of(y) ? (x < y ? -1 : 1) : of(x) - of(y)));
    for (const [place, key] of sorted.entries()) placed.set(key, place / Math.max(1, sorted.length - 1));
    return sorted;
  });
}

const lineKind = ({ state, conflict, kind }: ProfileLink): LineKind => {
  if (state === "revoked") return "revoked";
  if (conflict !== null || kind === "apart") return "conflict";
  return state === "pending" ? "pending" : "joins";
};

/** The stronger the evidence, the thicker. */
const widthOf = ({ strength }: ProfileLink): number => (strength >= 90 ? 2.5 : strength >= 50 ? 1.75 : 1.25);

function pathOf(a: DrawnNode, b: DrawnNode): { path: string; label: { x: number; y: number } } {
  const [left, right] = a.x < b.x || (a.x === b.x && a.y < b.y) ? [a, b] : [b, a];
  const from = { x: left.x + NODE.width, y: left.y + NODE.height / 2 };
  if (left.x === right.x) {
    // One column: a bow on its right side, the wider the longer.
    const to = { x: from.x, y: right.y + NODE.height / 2 };
    const bow = Math.min(GAP.x * 0.4, 16 + (to.y - from.y) / 10);
    return {
      path: `M${from.x} ${from.y}C${from.x + bow} ${from.y} ${to.x + bow} ${to.y} ${to.x} ${to.y}`,
      label: { x: from.x + bow * 0.75, y: (from.y + to.y) / 2 },
    };
  }
  const to = { x: right.x, y: right.y + NODE.height / 2 };
  const pull = Math.min(GAP.x * 0.8, (to.x - from.x) / 2);
  return {
    path: `M${from.x} ${from.y}C${from.x + pull} ${from.y} ${to.x - pull} ${to.y} ${to.x} ${to.y}`,
    // Nearer to its right end: lines within a column are on the other side.
    label: { x: from.x + (to.x - from.x) * 0.62, y: from.y + (to.y - from.y) * 0.68 },
  };
}
