/**
 * The partition: which identifiers are one profile. A pure function of the live links, so that any order, duplication
 * or crash of batches ends in the same profiles. Links are applied in order of strength, event time and key; one that
 * would break a rule stays conflicted and joins nothing.
 */
import {
  endsOf,
  isBrowser,
  isProvenPerson,
  isScoped,
  LINK_STRENGTH,
  type Link,
  linkId,
  namespaceOf,
  provenBrowserOf,
} from "./graph.ts";

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
  /** Browsers in which several people were proved: nobody's, and nothing personal may be shown in them. */
  shared: Set<string>;
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
  const live = [...links].filter((l) => l.state === "live").sort(byPrecedence);
  const owners = ownersOf(live);
  const shared = new Set<string>();
  for (const link of live) {
    add(link.a);
    add(link.b);
    const browser = provenBrowserOf(link);
    if (browser !== undefined && areSeveral(owners.get(browser), groups)) {
      shared.add(browser);
      conflicted.set(linkId(link), "browser_of_several_people");
      continue;
    }
    const reason = deviceConflict(link, devices, same);
    const one = groups.get(link.a);
    const other = groups.get(link.b);
    if (!one || !other || one === other) continue;
    const conflict =
      link.kind === "version"
        ? undefined
        : (reason ?? claimConflict(link, groups) ?? mergeConflict(one, other, same));
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
  return { rootOf, members, conflicted, shared };
}

/** Browsers of proved people come after all other proofs, the latest first: who is one person must be known by then. */
function byPrecedence(x: Link, y: Link): number {
  const ofBrowser = Number(provenBrowserOf(x) !== undefined);
  const order =
    LINK_STRENGTH[y.kind] - LINK_STRENGTH[x.kind] || ofBrowser - Number(provenBrowserOf(y) !== undefined);
  return order || (ofBrowser === 1 ? y.at - x.at : x.at - y.at) || (linkId(x) < linkId(y) ? -1 : 1);
}

/** Browser → the people whom tokens proved in it. */
function ownersOf(live: readonly Link[]): Map<string, string[]> {
  const owners = new Map<string, string[]>();
  for (const link of live) {
    const browser = provenBrowserOf(link);
    if (browser === undefined) continue;
    const person = link.a === browser ? link.b : link.a;
    owners.set(browser, [...(owners.get(browser) ?? []), person]);
  }
  return owners;
}

/**
 * Whether keys are not all one person's. Of a browser of several none can be preferred: the door could not tell in time
 * that it had changed hands, and what is with it may be of any of them.
 */
function areSeveral(keys: readonly string[] = [], groups: ReadonlyMap<string, Set<string>>): boolean {
  const [first, ...others] = keys.map((key) => groups.get(key) ?? key);
  return others.some((other) => other !== first);
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

/**
 * What a browser only says of itself joins it to no proven person: it could say so of anyone's anonymous id. A browser
 * that was proved to be a person's takes an anonymous id along that is no proven person's.
 */
function claimConflict(link: Link, groups: ReadonlyMap<string, Set<string>>): string | undefined {
  if (link.kind !== "device") return undefined;
  const { claimed, device } = endsOf(link);
  const ends = isBrowser(device) ? [claimed] : [claimed, device];
  const isProven = ends.some((end) => [...(groups.get(end) ?? [])].some(isProvenPerson));
  return isProven ? "claim_on_a_proven_person" : undefined;
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
