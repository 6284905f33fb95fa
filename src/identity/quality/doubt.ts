/**
 * Which rows of a page cannot be trusted to say what the links say, by looking at them and their own links alone: then the
 * whole of what could join them is read, and the partition decides. A row beside which all agrees is left unread. Pure.
 */
import { isScoped, namespaceOf, scopeLink } from "../graph.ts";
import { type IdentityRules, isMatch } from "../rules.ts";
import { isRowless, saysSame } from "../settle.ts";
import type { Page, WalkLink, WalkRow } from "./store.ts";

/**
 * Keys of the page's rows that are in doubt: also where all may be well, since a link joins nothing by a rule.
 * @param rows of the page and of all that its rows name as members
 */
export function doubtful(
  page: Page,
  rows: ReadonlyMap<string, WalkRow>,
  rules: Pick<IdentityRules, "mergesBy">,
): string[] {
  const links = Map.groupBy(page.links, ({ node }) => node);
  return page.rows
    .filter((row) => !row.suppressed)
    .filter(
      (row) =>
        row.key === page.crowd ||
        isLinkedOtherwise(row, links.get(row.key) ?? [], rules) ||
        isToldOtherwise(row, rows),
    )
    .map(({ key }) => key);
}

/** Whether a row's own links do not lead to its profile's members, or lead out of it. */
function isLinkedOtherwise(
  { key, members }: WalkRow,
  links: readonly WalkLink[],
  rules: Pick<IdentityRules, "mergesBy">,
): boolean {
  const own = new Set(members ?? [key]);
  if (!own.has(key)) return true;
  const scope = scopeLink(key);
  let joined = own.size === 1 || (members ?? []).some((one) => isScoped(one) && scopeLink(one)?.a === key);
  if (scope) {
    if (!own.has(scope.a)) return true;
    joined = true;
  }
  for (const { other, kind, state } of links) {
    if (state === "pending") return true;
    // It was found under other rules.
    if (kind === "rule" && state === "live" && !rules.mergesBy(namespaceOf(isMatch(key) ? key : other)))
      return true;
    if (kind === "aside") {
      if (state === "live") return true;
    } else if (kind === "apart") {
      if (state === "live" && own.has(other)) return true;
    } else {
      if (own.has(other) !== (state === "live")) return true;
      if (state === "live") joined = true;
    }
  }
  return !joined;
}

/** Whether another member's row is not there, or says something else. */
const isToldOtherwise = ({ key, members }: WalkRow, rows: ReadonlyMap<string, WalkRow>): boolean =>
  (members ?? []).some((one) => {
    if (one === key) return false;
    const row = rows.get(one);
    return row ? row.suppressed || !saysSame(row.members, members ?? []) : !isRowless(one);
  });
