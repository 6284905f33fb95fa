/**
 * Which links a change by hand edits, and what comes of it: merging profiles, keeping them apart, setting a value aside
 * (splitting is split.ts). Pure. What cannot be done, or would not do what was asked for, is refused with its reason.
 */
import { Problem } from "#core/problem";
import { isScoped, type Link, linkId, namespaceOf } from "../graph.ts";
import { partition } from "../partition.ts";
import type { IdentityRules } from "../rules.ts";
import { grantedNow } from "../state.ts";
import type { Asked, Known, Merge, Plan } from "./asked.ts";
import { bestNamed, membersOf, requireKnown } from "./known.ts";
import { Edits } from "./links.ts";
import { planSplit } from "./split.ts";

/** @throws Problem 404 `unknown_identifier`, or why it is not done */
export function plan(asked: Asked, known: Known): Plan {
  switch (asked.action) {
    case "merge":
      return planMerge(asked, known);
    case "split":
      return planSplit(asked, known);
    case "apart":
      return planApart(asked.keys, known);
    default:
      return planAside(asked.key, asked.action === "aside", known);
  }
}

/** Pieces that fall off are joined by hand as well, one after another; what takes more turns than this is odd. */
const MAX_TURNS = 60;

function planMerge({ keys, liftApart = false, revoke = [] }: Merge, known: Known): Plan {
  const { graph, rules } = known;
  for (const key of keys) requireKnown(key, known);
  const edits = new Edits(graph.links, known.at);
  for (const link of revoke) edits.set(link, "revoked");
  const nodes = [...graph.rows.keys()];
  const now = revoke.length > 0 ? partition(nodes, edits.links(), rules) : known.parts;
  const profiles = [
    ...new Map(keys.map((key) => [now.rootOf.get(key) ?? key, membersOf(key, now)])).values(),
  ];
  if (profiles.length < 2 && revoke.length === 0)
    throw new Problem(409, "same_profile", "These identifiers are one profile already.");
  const wanted = profiles.flat();
  const warnings = new Set(
    profiles.length > 1 ? [...severalWarnings(wanted, rules), ...consentWarnings(profiles, graph)] : [],
  );
  liftAparts(edits, profiles, graph.links, liftApart);
  const [first = "", ...others] = profiles.map((members) => bestNamed(members, rules));
  for (const other of others) edits.set({ a: first, b: other, kind: "manual" }, "live");
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const all = edits.links();
    const after = partition(nodes, all, rules);
    const root = after.rootOf.get(first);
    const lost = Map.groupBy(
      wanted.filter((key) => after.rootOf.get(key) !== root),
      (key) => after.rootOf.get(key) ?? key,
    );
    if (lost.size === 0) return { links: edits.changed(), all, after, warnings: [...warnings] };
    for (const piece of lost.values()) {
      const link = { a: first, b: bestNamed(piece, rules), kind: "manual" } as const;
      if (edits.set(link, "live")) continue;
      throw cannotMerge(after.conflicted.get(linkId(link)), rules);
    }
    warnings.add(
      "Not all of their identifiers would follow by themselves: those are joined by hand as well.",
    );
  }
  throw cannotMerge(undefined, rules);
}

/** What an operator has kept apart is merged only by somebody who says so. */
function liftAparts(
  edits: Edits,
  profiles: readonly (readonly string[])[],
  links: readonly Link[],
  liftApart: boolean,
): void {
  const profileOf = new Map(profiles.flatMap((members, n) => members.map((key) => [key, n] as const)));
  for (const link of links) {
    if (link.kind !== "apart" || link.state !== "live") continue;
    const one = profileOf.get(link.a);
    const other = profileOf.get(link.b);
    if (one === undefined || other === undefined || one === other) continue;
    if (!liftApart)
      throw new Problem(
        409,
        "kept_apart",
        "An operator said that these are two people. Merge with `lift_apart` to take that back.",
      );
    edits.set(link, "revoked");
  }
}

function severalWarnings(keys: readonly string[], rules: IdentityRules): string[] {
  const values = Map.groupBy(
    keys.filter((key) => !isScoped(key)),
    namespaceOf,
  );
  return [...values].flatMap(([namespace, { length }]) => {
    if (length > 1 && rules.isUnique(namespace))
      return `They have ${length} different values of ${namespace}, which otherwise says that they are different people.`;
    return length > rules.maxPerProfile(namespace)
      ? `The profile would have ${length} values of ${namespace}, of which the release allows ${rules.maxPerProfile(namespace)}.`
      : [];
  });
}

/** The latest decision of a profile counts: also for who had denied before, and was another profile then. */
function consentWarnings(profiles: readonly (readonly string[])[], { rows }: Known["graph"]): string[] {
  const grantedOf = (keys: readonly string[]) => grantedNow(keys.flatMap((key) => rows.get(key) ?? []));
  const each = profiles.map(grantedOf);
  const gained = grantedOf(profiles.flat()).filter((one) => each.some((own) => !own.includes(one)));
  return gained.length === 0
    ? []
    : [
        `One of them has not granted ${gained.join(", ")}: the other did so later, which counts for both once they are one person.`,
      ];
}

function cannotMerge(reason: string | undefined, { maxMembers }: IdentityRules): Problem {
  if (reason === "profile_too_large")
    return new Problem(
      422,
      "profile_too_large",
      `The profile would have more than ${maxMembers} identifiers, which the release forbids.`,
    );
  if (reason === "set_aside")
    return new Problem(409, "set_aside", "A value of it is set aside as nobody's; take that back first.");
  if (reason === "kept_apart")
    return new Problem(409, "kept_apart", "One of them is kept apart from what the other would bring along.");
  return new Problem(422, "cannot_merge", `The rules of identity forbid it${reason ? `: ${reason}` : ""}.`);
}

/** The first profile is kept apart from each of the others. */
function planApart(keys: readonly string[], known: Known): Plan {
  const { graph, rules, parts } = known;
  for (const key of keys) requireKnown(key, known);
  const [first = "", ...others] = [...new Set(keys.map((key) => parts.rootOf.get(key) ?? key))];
  if (others.length === 0)
    throw new Problem(409, "same_profile", "These identifiers are one profile: split it instead.");
  const edits = new Edits(graph.links, known.at);
  const nameOf = (root: string) => bestNamed(membersOf(root, parts), rules);
  const made = others.map((other) =>
    edits.set({ a: nameOf(first), b: nameOf(other), kind: "apart" }, "live"),
  );
  if (!made.includes(true)) throw new Problem(409, "already_apart", "They are kept apart already.");
  return planned(edits, known);
}

function planAside(key: string, isAside: boolean, known: Known): Plan {
  requireKnown(key, known);
  if (isScoped(key))
    throw new Problem(
      409,
      "is_a_claim",
      "It is what a device keeps under a claim, and joins nothing but that device: set the claimed value or the device aside.",
    );
  const edits = new Edits(known.graph.links, known.at);
  const link = { a: key, b: key, kind: "aside" } as const;
  const isNow = known.graph.links.some((one) => linkId(one) === linkId(link) && one.state === "live");
  if (isNow === isAside)
    throw isAside
      ? new Problem(409, "already_aside", "This value is set aside already.")
      : new Problem(409, "not_aside", "This value is not set aside.");
  edits.set(link, isAside ? "live" : "revoked");
  return planned(edits, known);
}

function planned(edits: Edits, { graph, rules }: Known): Plan {
  const all = edits.links();
  const after = partition(graph.rows.keys(), all, rules);
  return { links: edits.changed(), all, after, warnings: [] };
}
