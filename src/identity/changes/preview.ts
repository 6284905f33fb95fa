/** What a planned change would do: the profiles before and after it, and a name for the state that it was computed from. Pure. */
import { linkId } from "../graph.ts";
import type { Partition } from "../partition.ts";
import type { Known, Plan } from "./asked.ts";
import { endsOfAll } from "./links.ts";

/** Evidence that joins nothing. */
export interface Unjoined {
  a: string;
  b: string;
  kind: string;
  /** Of partition.ts. */
  reason: string;
}

export interface ProfilePart {
  root: string;
  members: string[];
  conflicts: Unjoined[];
}

export interface Effect {
  before: ProfilePart[];
  after: ProfilePart[];
}

/** Profiles that a change touches. */
export function effectOf({ graph, parts }: Known, { links, all, after }: Plan): Effect {
  const nodes = new Set([...parts.rootOf.keys(), ...after.rootOf.keys()]);
  const touched = new Set(endsOfAll(links));
  for (const key of nodes)
    if (membersIn(parts, key).join() !== membersIn(after, key).join()) touched.add(key);
  const partsOf = (partition: Partition, links: Plan["all"]): ProfilePart[] =>
    [...new Set([...touched].map((key) => partition.rootOf.get(key) ?? key))].sort().map((root) => ({
      root,
      members: membersIn(partition, root),
      conflicts: unjoinedOf(membersIn(partition, root), partition, links),
    }));
  return { before: partsOf(parts, graph.links), after: partsOf(after, all) };
}

/** Evidence about some identifiers that joins nothing. */
export function unjoinedOf(
  members: readonly string[],
  { conflicted }: Partition,
  links: Plan["all"],
): Unjoined[] {
  const own = new Set(members);
  return links.flatMap((link) => {
    const reason = conflicted.get(linkId(link));
    if (reason === undefined || !(own.has(link.a) || own.has(link.b))) return [];
    return { a: link.a, b: link.b, kind: link.kind, reason };
  });
}

const membersIn = ({ rootOf, members }: Partition, key: string): string[] =>
  members.get(rootOf.get(key) ?? key) ?? [key];

const encoder = new TextEncoder();

/** Names what a change was planned from and what comes of it: another name means that the profiles changed since. */
export async function seenOf(known: Known, plan: Plan): Promise<string> {
  const state = JSON.stringify([plan.links, effectOf(known, plan)]);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(state)));
  return hash.subarray(0, 16).toHex();
}
