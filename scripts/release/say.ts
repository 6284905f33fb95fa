/** What `npm run release` prints, in lines. */
import { type Change, summaryOf } from "../../src/release/diff.ts";
import type { Active, Issue } from "./site.ts";

const MAX_VALUE_CHARS = 80;

/** What was changed, definition by definition, and how much in all. */
export function diffLines(changes: readonly Change[]): string[] {
  if (changes.length === 0) return ["Nothing differs."];
  const signs = { added: "+", removed: "-", changed: "~" } as const;
  const { added, removed, changed } = summaryOf(changes);
  return [
    ...changes.flatMap(({ kind, key, change, paths = [] }) => [
      `${signs[change]} ${kind}${key === null ? "" : `.${key}`}`,
      ...paths.map((one) => `    ${one.path || "all of it"}: ${shown(one, "from")} → ${shown(one, "to")}`),
    ]),
    `${added} added, ${removed} removed, ${changed} changed.`,
  ];
}

function shown(change: { from?: unknown; to?: unknown }, side: "from" | "to"): string {
  if (change[side] === undefined) return "nothing";
  const text = JSON.stringify(change[side]);
  return text.length > MAX_VALUE_CHARS ? `${text.slice(0, MAX_VALUE_CHARS)}…` : text;
}

export const issueLines = (what: string, issues: readonly Issue[]): string[] =>
  issues.map(({ path, message }) => `${what && `${what}: `}${path || "the document"}: ${message}`);

export const holdsLine = ({ stable, candidate, share }: Active): string =>
  `Version ${stable} is stable.${candidate === null ? "" : ` ${share * 100} % of visitors get version ${candidate}.`}`;
