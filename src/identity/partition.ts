/**
 * The partition: which identifiers are one profile. A pure function of the live links, so that any order, duplication
 * or crash of batches ends in the same profiles. Links are applied in order of strength, event time and key; one that
 * would break a rule stays conflicted and joins nothing.
 */
import { endsOf, isProvenPerson, isScoped, LINK_STRENGTH, type Link, linkId, namespaceOf } from "./graph.ts";

/** At most one proven identifier of these namespaces in a profile: two are two people. */
const UNIQUE = new Set(["user_id", "customer_id"]);
const MAX_MEMBERS = 50;

export interface Partition {
  /** Node → root, the smallest key of its profile. */
  rootOf: Map<string, string>;
  /** Root → members, sorted. */
  members: Map<string, string[]>;
  /** Ids of live links that join nothing, with the rule that they would break. */
  conflicted: Map<string, string>;
}

/** Partition a closed set of nodes: all ends of `links` are added to `nodes`. */
export function partition(nodes: Iterable<string>, links: readonly Link[]): Partition {
  const groups = new Map<string, Set<string>>();
  const add = (node: string) => {
    if (!groups.has(node)) groups.set(node, new Set([node]));
  };
  for (const node of nodes) add(node);
  const conflicted = new Map<string, string>();
  const devices = new Map<string, string>();
  // Node → the smallest of those that are the same identifier. Their links are the strongest, so that they come first.
  const same = new Map<string, string>();
  for (const link of [...links].filter((l) => l.state === "live").sort(byPrecedence)) {
    add(link.a);
    add(link.b);
    const reason = deviceConflict(link, devices, same);
    const one = groups.get(link.a);
    const other = groups.get(link.b);
    if (!one || !other || one === other) continue;
    const conflict =
      link.kind === "version"
        ? undefined
        : (reason ?? claimConflict(link, one, other) ?? mergeConflict(one, other, same));
    if (conflict) {
      conflicted.set(linkId(link), conflict);
      continue;
    }
    const [small, large] = one.size < other.size ? [one, other] : [other, one];
    for (const node of small) {
      large.add(node);
      groups.set(node, large);
    }
    if (link.kind === "version") {
      const first = [...large].sort()[0] ?? link.a;
      for (const node of large) same.set(node, first);
    }
  }
  const rootOf = new Map<string, string>();
  const members = new Map<string, string[]>();
  for (const group of new Set(groups.values())) {
    const sorted = [...group].sort();
    const root = sorted[0] ?? "";
    members.set(root, sorted);
    for (const node of sorted) rootOf.set(node, root);
  }
  return { rootOf, members, conflicted };
}

function byPrecedence(x: Link, y: Link): number {
  return LINK_STRENGTH[y.kind] - LINK_STRENGTH[x.kind] || x.at - y.at || (linkId(x) < linkId(y) ? -1 : 1);
}

/** A claimed anonymous id belongs to the first browser that sent it, or anyone could join a profile by naming its id. */
function deviceConflict(
  link: Link,
  devices: Map<string, string>,
  same: ReadonlyMap<string, string>,
): string | undefined {
  if (link.kind !== "device") return undefined;
  const { claimed: key, device } = endsOf(link);
  const claimed = same.get(key) ?? key;
  const owner = devices.get(claimed);
  if (owner !== undefined && owner !== device) return "anonymous_id_of_another_browser";
  devices.set(claimed, device);
  return undefined;
}

/** What a browser only says of itself joins it to no proven person: it could say so of anyone's anonymous id. */
function claimConflict(link: Link, one: Set<string>, other: Set<string>): string | undefined {
  if (link.kind !== "device") return undefined;
  return [...one, ...other].some(isProvenPerson) ? "claim_on_a_proven_person" : undefined;
}

function mergeConflict(
  one: Set<string>,
  other: Set<string>,
  same: ReadonlyMap<string, string>,
): string | undefined {
  if (one.size + other.size > MAX_MEMBERS) return "profile_too_large";
  for (const namespace of UNIQUE) {
    const values = new Set<string>();
    for (const group of [one, other]) {
      for (const node of group)
        if (!isScoped(node) && namespaceOf(node) === namespace) values.add(same.get(node) ?? node);
    }
    if (values.size > 1) return `two_${namespace}s`;
  }
  return undefined;
}
