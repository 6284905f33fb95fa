/**
 * Splitting a profile by hand: every live link that crosses the groups is revoked, and what is left of each is kept apart,
 * so that later evidence does not weld them again. Facts lie with identifiers, so each side keeps exactly its own. Pure.
 */
import { Problem } from "#core/problem";
import { isScoped, type Link, type LinkKind } from "../graph.ts";
import { type Partition, partition } from "../partition.ts";
import { type IdentityRules, isMatch } from "../rules.ts";
import type { Known, Plan, Split } from "./asked.ts";
import { bestNamed, membersOf, requireKnown } from "./known.ts";
import { Edits } from "./links.ts";

/** More of them would be a matter for several splits. */
const MAX_APART = 200;
/** What joins identifiers that are one by their nature. */
const INSEPARABLE: readonly LinkKind[] = ["scope", "version"];

export function planSplit({ groups, keepApart }: Split, known: Known): Plan {
  const { graph, rules, parts } = known;
  for (const key of groups.flat()) requireKnown(key, known);
  const roots = new Set(groups.flat().map((key) => parts.rootOf.get(key) ?? key));
  if (roots.size !== 1)
    throw new Problem(
      409,
      "not_one_profile",
      "These identifiers are not of one profile: there is nothing to split.",
    );
  const members = membersOf(groups.flat()[0] ?? "", parts);
  const groupOf = assign(groups, members, graph.links);
  const whole = groups.map((_, n) => members.filter((key) => groupOf.get(key) === n));
  if (whole.some(({ length }) => length === 0))
    throw new Problem(400, "empty_group", "Each group needs at least one identifier of its own.");
  const edits = new Edits(graph.links, known.at);
  for (const link of graph.links) {
    const one = groupOf.get(link.a);
    const other = groupOf.get(link.b);
    if (link.state !== "live" || link.kind === "apart") continue;
    if (one !== undefined && other !== undefined && one !== other) edits.set(link, "revoked");
  }
  if (keepApart) keepGroupsApart(edits, whole, rules);
  const all = edits.links();
  const after = partition(graph.rows.keys(), all, rules);
  requireApart(whole, after);
  return { links: edits.changed(), all, after, warnings: warningsOf(whole, after, groups) };
}

/**
 * Key → its group. Facts under a claim go with the device that they were made on, and an identifier with itself under
 * another look-up key.
 */
function assign(
  groups: readonly (readonly string[])[],
  members: readonly string[],
  links: readonly Link[],
): Map<string, number> {
  const unitOf = new Map(members.map((key) => [key, [key]]));
  for (const { a, b, kind, state } of links) {
    const one = unitOf.get(a);
    const other = unitOf.get(b);
    if (state !== "live" || !INSEPARABLE.includes(kind) || !one || !other || one === other) continue;
    one.push(...other);
    for (const key of other) unitOf.set(key, one);
  }
  const named = new Map<string[], number>();
  for (const [n, group] of groups.entries()) {
    for (const key of group) {
      const unit = unitOf.get(key) ?? [key];
      const given = named.get(unit);
      if (given !== undefined && given !== n)
        throw new Problem(
          422,
          "inseparable",
          "Identifiers of two groups cannot be parted: a claim's facts go with the device that it was made on, and one value is in one group.",
        );
      named.set(unit, n);
    }
  }
  return new Map(members.map((key) => [key, named.get(unitOf.get(key) ?? []) ?? 0]));
}

/** Each piece of one group is kept from each piece of another, as far as the links inside a group join them. */
function keepGroupsApart(edits: Edits, groups: readonly (readonly string[])[], rules: IdentityRules): void {
  const links = edits.links();
  const pieces = groups.map((group) => {
    const own = new Set(group);
    const inside = links.filter(({ a, b }) => own.has(a) && own.has(b));
    const names = [...partition(group, inside, rules).members.values()].map((piece) =>
      bestNamed(piece, rules),
    );
    // What a match rule derives is nobody's by itself, and its links that crossed stay revoked.
    return names.filter((name) => !isMatch(name));
  });
  let made = 0;
  for (const [n, one] of pieces.entries())
    for (const other of pieces.slice(n + 1).flat())
      for (const a of one) {
        if (++made > MAX_APART)
          throw new Problem(
            422,
            "too_many_pieces",
            "The groups fall into too many pieces to keep all of them apart: split in several steps, or without keeping apart.",
          );
        edits.set({ a, b: other, kind: "apart" }, "live");
      }
}

/** Something outside of the profile that was conflicted until now may join both sides. */
function requireApart(groups: readonly (readonly string[])[], { rootOf }: Partition): void {
  const owner = new Map<string, number>();
  for (const [n, group] of groups.entries()) {
    for (const key of group) {
      const root = rootOf.get(key) ?? key;
      if ((owner.get(root) ?? n) !== n)
        throw new Problem(
          409,
          "joins_again",
          "Another identifier's links would join the groups again at once: split that off as well, or keep the groups apart.",
        );
      owner.set(root, n);
    }
  }
}

function warningsOf(
  groups: readonly (readonly string[])[],
  { rootOf }: Partition,
  asked: readonly (readonly string[])[],
): string[] {
  const warnings: string[] = [];
  for (const [n, group] of groups.entries()) {
    const pieces = new Set(group.map((key) => rootOf.get(key) ?? key)).size;
    if (pieces > 1)
      warnings.push(`Group ${n + 1} falls into ${pieces} profiles: nothing that is left joins them.`);
    const claims = group.filter((key) => isScoped(key) && !asked[n]?.includes(key)).length;
    if (claims > 0 && n > 0)
      warnings.push(`Group ${n + 1} takes along what was done under ${claims} claims on its devices.`);
  }
  return warnings;
}
