/**
 * The partition: which identifiers are one profile. A pure function of the live links, so that any order, duplication
 * or crash of batches ends in the same profiles. Links are applied in order of strength, event time and key; one that
 * would break a rule stays conflicted and joins nothing.
 */
import { Constraints } from "./constraints.ts";
import {
  endsOf,
  isBrowser,
  isProvenPerson,
  LINK_STRENGTH,
  type Link,
  linkId,
  provenDeviceOf,
} from "./graph.ts";
import { DEFAULT_RULES, type IdentityRules } from "./rules.ts";

export interface Partition {
  /** Node → root, the smallest key of its profile. */
  rootOf: Map<string, string>;
  /** Root → members, sorted. */
  members: Map<string, string[]>;
  /** Ids of live links that join nothing, with the rule that they would break. */
  conflicted: Map<string, string>;
  /** Devices that were proved to be several people's: nobody's, and nothing personal may be shown in them. */
  shared: Set<string>;
  /** Values with too many partners, which are nobody's. */
  crowded: Set<string>;
}

/** Partition a closed set of nodes: all ends of `links` are added to `nodes`. */
export function partition(
  nodes: Iterable<string>,
  links: readonly Link[],
  rules: IdentityRules = DEFAULT_RULES,
): Partition {
  const groups = new Map<string, Set<string>>();
  const add = (node: string) => {
    if (!groups.has(node)) groups.set(node, new Set([node]));
  };
  for (const node of nodes) add(node);
  const conflicted = new Map<string, string>();
  const devices = new Map<string, string>();
  const live = links.filter((l) => l.state === "live").sort(byPrecedence);
  const constraints = new Constraints(live, rules);
  let owners: Map<string, string[]> | undefined;
  const shared = new Set(live.flatMap((link) => constraints.crowdedDeviceOf(link) ?? []));
  for (const link of live) {
    add(link.a);
    add(link.b);
    if (link.kind === "aside" || link.kind === "apart") continue;
    const device = constraints.forbids(link) === undefined ? provenDeviceOf(link) : undefined;
    if (device !== undefined) {
      // Who is nobody is not one of several. By now it is known what counts as the same.
      owners ??= ownersOf(live.filter((one) => constraints.forbids(one) === undefined));
      if (shared.has(device) || areSeveral(owners.get(device), groups)) {
        shared.add(device);
        conflicted.set(linkId(link), "device_of_several_people");
        continue;
      }
    }
    const reason = deviceConflict(link, devices, constraints);
    const one = groups.get(link.a);
    const other = groups.get(link.b);
    if (!one || !other || one === other) continue;
    const conflict =
      link.kind === "version"
        ? undefined
        : (constraints.forbids(link) ??
          reason ??
          claimConflict(link, groups, shared) ??
          constraints.keepsApart(one, other, link.kind));
    if (conflict) {
      conflicted.set(linkId(link), conflict);
      continue;
    }
    const [small, large] = one.size < other.size ? [one, other] : [other, one];
    for (const node of small) {
      large.add(node);
      groups.set(node, large);
    }
    constraints.joined(link.kind, large);
  }
  const rootOf = new Map<string, string>();
  const members = new Map<string, string[]>();
  for (const group of new Set(groups.values())) {
    const sorted = [...group].sort();
    const root = sorted[0] ?? "";
    members.set(root, sorted);
    for (const node of sorted) rootOf.set(node, root);
  }
  return { rootOf, members, conflicted, shared, crowded: constraints.crowded };
}

function byPrecedence(x: Link, y: Link): number {
  const isOfDevice = provenDeviceOf(x) !== undefined;
  const byTime = isOfDevice ? y.at - x.at : x.at - y.at;
  return strengthOf(y) - strengthOf(x) || byTime || (linkId(x) < linkId(y) ? -1 : 1);
}

/** Devices of proved people come after all that tells who is one person, rules too; of these the latest first. */
const strengthOf = (link: Link): number =>
  provenDeviceOf(link) === undefined ? LINK_STRENGTH[link.kind] : LINK_STRENGTH.rule - 1;

/** Device → the people who were proved to use it. */
function ownersOf(live: readonly Link[]): Map<string, string[]> {
  const owners = new Map<string, string[]>();
  for (const link of live) {
    const device = provenDeviceOf(link);
    if (device === undefined) continue;
    const person = link.a === device ? link.b : link.a;
    owners.set(device, [...(owners.get(device) ?? []), person]);
  }
  return owners;
}

/**
 * Whether keys are not all one person's. Of a device of several none can be preferred: nobody could tell in time that it
 * had changed hands, and what is with it may be of any of them.
 */
function areSeveral(keys: readonly string[] = [], groups: ReadonlyMap<string, Set<string>>): boolean {
  const [first, ...others] = keys.map((key) => groups.get(key) ?? key);
  return others.some((other) => other !== first);
}

/** A claimed anonymous id belongs to the first browser that sent it, or anyone could join a profile by naming its id. */
function deviceConflict(
  link: Link,
  devices: Map<string, string>,
  constraints: Constraints,
): string | undefined {
  if (link.kind !== "device") return undefined;
  const { claimed: key, device } = endsOf(link);
  const claimed = constraints.sameAs(key);
  const owner = devices.get(claimed);
  if (owner !== undefined && owner !== device) return "anonymous_id_of_another_browser";
  devices.set(claimed, device);
  return undefined;
}

/**
 * What a browser only says of itself joins it to no proven person: it could say so of anyone's anonymous id. A browser
 * that was proved to be a person's takes an anonymous id along that is no proven person's.
 */
function claimConflict(
  link: Link,
  groups: ReadonlyMap<string, Set<string>>,
  shared: ReadonlySet<string>,
): string | undefined {
  if (link.kind !== "device") return undefined;
  const { claimed, device } = endsOf(link);
  if (shared.has(claimed)) return "claim_on_a_proven_person";
  const ends = isBrowser(device) ? [claimed] : [claimed, device];
  const isProven = ends.some((end) => [...(groups.get(end) ?? [])].some(isProvenPerson));
  if (isProven) return "claim_on_a_proven_person";
  // An operator may have said whose it is: nobody else joins that browser by naming it.
  return [...(groups.get(claimed) ?? [])].some(isBrowser) ? "anonymous_id_of_another_browser" : undefined;
}
