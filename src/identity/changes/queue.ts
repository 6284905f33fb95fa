/**
 * The queue of conflicts: whether one is still open, how it may be settled, and which change settles it. Pure; what is in
 * the queue is src/identity/conflicts.ts, and its rows are conflicts-store.ts.
 */
import { Problem } from "#core/problem";
import { type Conflict, conflictsOf } from "../conflicts.ts";
import { type Link, linkId, provenDeviceOf } from "../graph.ts";
import { isMatch } from "../rules.ts";
import type { Asked, Known } from "./asked.ts";
import { bestNamed, membersOf } from "./known.ts";

/** One person; two people; the shared value is nobody's; leave it as it is. */
export const SETTLEMENTS = ["same", "different", "aside", "keep"] as const;
export type Settlement = (typeof SETTLEMENTS)[number];

/** How a conflict may be settled. */
export function choicesFor(reason: string): readonly Settlement[] {
  if (reason === "device_of_several_people") return ["same", "keep"];
  return reason === "proposal" ? ["same", "different", "keep"] : SETTLEMENTS;
}

export type Openness = { open: true; reason: string } | { open: false; answered: boolean };

/** Of each conflict by `linkId`, whether it still is one. `answered`: it would come again, but an operator has said enough. */
export function openConflicts(
  conflicts: readonly Pick<Conflict, "a" | "b" | "kind">[],
  known: Known,
): Map<string, Openness> {
  const { links } = known.graph;
  const now = new Map(conflictsOf(links, known.parts, () => true).map((one) => [linkId(one), one.reason]));
  const opennessOf = (conflict: Pick<Conflict, "a" | "b" | "kind">): Openness => {
    const reason = now.get(linkId(conflict));
    if (reason === undefined) return { open: false, answered: false };
    if (reason === "proposal" && othersProposed(conflict, known).length === 0)
      return { open: false, answered: true };
    return { open: true, reason };
  };
  return new Map(conflicts.map((conflict) => [linkId(conflict), opennessOf(conflict)]));
}

/** The end that a match rule derives, and the person at the other. */
const endsOfProposal = ({ a, b }: Pick<Link, "a" | "b">): { match: string; person: string } =>
  isMatch(a) ? { match: a, person: b } : { match: b, person: a };

/** People of other profiles who agree with a person in what a rule compares, and whom nobody has kept apart. */
function othersProposed(conflict: Pick<Link, "a" | "b">, known: Known): string[] {
  const { match, person } = endsOfProposal(conflict);
  const { links } = known.graph;
  const own = new Set(membersOf(person, known.parts));
  const people = links
    .filter(
      (link) => link.kind === "rule" && link.state !== "revoked" && (link.a === match || link.b === match),
    )
    .map((link) => endsOfProposal(link).person)
    .filter((key) => !own.has(key));
  const aparts = links.filter(({ kind, state }) => kind === "apart" && state === "live");
  return people.filter((key) => {
    const other = new Set(membersOf(key, known.parts));
    return !aparts.some(({ a, b }) => (own.has(a) && other.has(b)) || (own.has(b) && other.has(a)));
  });
}

/**
 * The change that settles a conflict.
 * @throws Problem 409 `not_in_conflict`, 422 `cannot_settle_so`
 */
export function askedOf(
  conflict: Pick<Conflict, "a" | "b" | "kind">,
  as: Exclude<Settlement, "keep">,
  known: Known,
): Asked {
  const state = openConflicts([conflict], known).get(linkId(conflict));
  if (!state?.open)
    throw new Problem(409, "not_in_conflict", "These are in no conflict any more: load the list again.");
  if (!choicesFor(state.reason).includes(as))
    throw new Problem(
      422,
      "cannot_settle_so",
      `A conflict of this kind is settled by ${choicesFor(state.reason).join(", ")}.`,
    );
  const { a, b } = conflict;
  if (state.reason === "proposal") {
    const { person } = endsOfProposal(conflict);
    const keys = [person, ...othersProposed(conflict, known)];
    return { action: as === "same" ? "merge" : "apart", keys };
  }
  if (state.reason === "device_of_several_people") return asOwner(conflict, known);
  if (as === "aside") return { action: "aside", key: sharedOf(a, b, known) };
  return as === "same" ? { action: "merge", keys: [a, b] } : { action: "apart", keys: [a, b] };
}

/** The device is this person's: that others were proved in it counts no more. */
function asOwner({ a, b }: Pick<Conflict, "a" | "b">, { graph, parts }: Known): Asked {
  const device = provenDeviceOf({ a, b, kind: "proof" } as Link) ?? b; // it reads the ends and the kind alone
  const person = device === a ? b : a;
  const own = new Set(membersOf(person, parts));
  const revoke = graph.links.filter(
    (link) =>
      link.state === "live" &&
      provenDeviceOf(link) === device &&
      !own.has(link.a === device ? link.b : link.a),
  );
  return { action: "merge", keys: [person, device], revoke };
}

/** The value of two that more than one has: the one with too many partners, else the one that names a person less well. */
function sharedOf(a: string, b: string, { parts, rules }: Known): string {
  if (parts.crowded.has(a) !== parts.crowded.has(b)) return parts.crowded.has(a) ? a : b;
  return bestNamed([a, b], rules) === a ? b : a;
}

/** One identifier of each profile that a conflict is about. */
export function concernedBy(conflict: Pick<Conflict, "a" | "b" | "kind" | "reason">, known: Known): string[] {
  const { a, b, reason } = conflict;
  const { person } = endsOfProposal(conflict);
  const keys =
    reason === "proposal"
      ? [person, ...othersProposed(conflict, known)]
      : [a, b, ...ownersBeside(conflict, known)];
  return [...new Map(keys.map((key) => [known.parts.rootOf.get(key) ?? key, key])).values()];
}

/** The other people that were proved in a device. */
function ownersBeside(
  { a, b, kind, reason }: Pick<Conflict, "a" | "b" | "kind" | "reason">,
  { graph }: Known,
): string[] {
  if (reason !== "device_of_several_people") return [];
  const device = provenDeviceOf({ a, b, kind } as Link); // it reads the ends and the kind alone
  return graph.links
    .filter((link) => link.state === "live" && provenDeviceOf(link) === device)
    .map((link) => (link.a === device ? link.b : link.a));
}
