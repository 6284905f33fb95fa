/**
 * What one page of the walk over the identifiers adds to the figures of quality. Pure: page by page it is added up until
 * a pass is over (walk.ts). Each profile is counted where its first member that has a row is.
 */
import type { IdentityState } from "#contracts/taxonomy";
import { DAY_MS } from "#core/clock";
import { conflictsOf } from "../conflicts.ts";
import { isBrowser, isProvenPerson, isScoped, NAMES_NOBODY, namesPerson, namespaceOf } from "../graph.ts";
import type { Partition } from "../partition.ts";
import type { Graph } from "../read.ts";
import { grantedNow, identityState } from "../state.ts";
import type { Page, WalkRow } from "./store.ts";

/** Of something: how many, of how many the profile has a proved person, and of how many only a claimed one. */
export interface Tied {
  all: number;
  proved: number;
  claimed: number;
}

/** A value that joins nothing any more. */
export interface SetAside {
  /** Identifier key. */
  key: string;
  /** `operator`: somebody said that it is nobody's; `partners`: it is linked with too many. */
  why: "operator" | "partners";
  /** Identifiers that it is linked with. */
  partners: number;
}

export interface Tally {
  /** By namespace, without those that are only claimed. */
  identifiers: Record<string, number>;
  /** Rows of facts under an unverified claim, by the namespace that is claimed. */
  claims: Record<string, number>;
  /** Rows of events that name nobody. */
  nameless: number;
  suppressed: number;
  profiles: number;
  /** How many profiles have so many members: a number for each of SIZE_STEPS. */
  sizes: number[];
  /** As far as their consent lets them be known. */
  states: Record<IdentityState, number>;
  /**
   * Browsers of which the profile was seen in the last 30 days. The events of somebody who is logged in count with the
   * person, so that a browser's own row does not say when it was last there.
   */
  visitors: Tied;
  /** Events that came in the last 24 hours and took effect. */
  events: Tied;
  /** Profiles with a link that was proved and joins nothing. */
  conflicted: number;
  /** Profiles that a rule proposes to join with another. */
  proposed: number;
  /** Devices that were proved to be several people's. */
  sharedDevices: number;
  /** How many values are set aside, and those with the most partners. */
  setAside: { operator: number; partners: number; most: SetAside[] };
  /** The profiles with the most members. */
  largest: { root: string; members: number; state: IdentityState }[];
}

/** Profiles of 1, 2, 3, 4, 5, 6 to 10 … members: the first size of each step. */
export const SIZE_STEPS: readonly number[] = [1, 2, 3, 4, 5, 6, 11, 21, 51];
const SEEN_MS = 30 * DAY_MS;
/** So many are named of what could be any number. */
const NAMED = 20;

const noneTied = (): Tied => ({ all: 0, proved: 0, claimed: 0 });

export const emptyTally = (): Tally => ({
  identifiers: {},
  claims: {},
  nameless: 0,
  suppressed: 0,
  profiles: 0,
  sizes: SIZE_STEPS.map(() => 0),
  states: { anonymous: 0, pseudonymous: 0, authenticated: 0 },
  visitors: noneTied(),
  events: noneTied(),
  conflicted: 0,
  proposed: 0,
  sharedDevices: 0,
  setAside: { operator: 0, partners: 0, most: [] },
  largest: [],
});

/** What was found of a page. */
export interface Found {
  page: Page;
  /** The page's rows, and those of their profiles' members. */
  rows: ReadonlyMap<string, WalkRow>;
  /** Of the rows in doubt: all that could join them, and what comes of it. */
  graph: Pick<Graph, "links" | "rows">;
  parts: Partition;
}

/** @param partnersOf partners of the values that `setAsideIn` named @param now epoch ms */
export function tallyPage(found: Found, partnersOf: ReadonlyMap<string, number>, now: number): Tally {
  const { page, graph, parts } = found;
  const rowOf = (key: string) => graph.rows.get(key) ?? found.rows.get(key);
  const tally = emptyTally();
  const { conflicted, proposed } = contestedIn(graph, parts);
  const linkedAt = newestLinks(page.links);
  for (const row of page.rows) {
    const { key } = row;
    if (row.suppressed) {
      tally.suppressed++;
      continue;
    }
    const isNameless = key.startsWith(NAMES_NOBODY);
    if (isNameless) tally.nameless++;
    else countUp(isScoped(key) ? tally.claims : tally.identifiers, namespaceOf(key));
    const members = parts.members.get(parts.rootOf.get(key) ?? "") ?? row.members ?? [key];
    const known = members.flatMap((member) => rowOf(member) ?? []);
    const tie = tieOf(members);
    tieUp(tally.events, tie, row.events);
    if (isBrowser(key)) {
      const seenAt = Math.max(...known.map((one) => one.seenAt), linkedAt.get(key) ?? 0);
      if (now - seenAt < SEEN_MS) tieUp(tally.visitors, tie, 1);
    }
    if (parts.shared.has(key)) tally.sharedDevices++;
    if (conflicted.has(key)) tally.conflicted++;
    if (proposed.has(key)) tally.proposed++;
    if (isNameless || known[0]?.key !== key) continue;
    const root = members[0] ?? key;
    const state = identityState(members, grantedNow(known));
    tally.profiles++;
    tally.states[state]++;
    const step = SIZE_STEPS.findLastIndex((first) => first <= members.length);
    tally.sizes[step] = (tally.sizes[step] ?? 0) + 1;
    tally.largest.push({ root, members: members.length, state });
  }
  for (const { key, why } of setAsideIn(found)) {
    tally.setAside[why]++;
    tally.setAside.most.push({ key, why, partners: partnersOf.get(key) ?? 0 });
  }
  return shortened(tally);
}

/** Values of the page that join nothing, whoever is linked with them. */
export function setAsideIn({ page, graph, parts }: Omit<Found, "rows">): Omit<SetAside, "partners">[] {
  const aside = new Set(
    graph.links.flatMap(({ a, kind, state }) => (kind === "aside" && state === "live" ? [a] : [])),
  );
  return page.rows
    .filter(({ key, suppressed }) => !suppressed && (aside.has(key) || parts.crowded.has(key)))
    .map(({ key }) => ({ key, why: aside.has(key) ? "operator" : "partners" }));
}

/** Both together. */
export function addTallies(a: Tally, b: Tally): Tally {
  const byName = (x: Record<string, number>, y: Record<string, number>) => {
    const sum = { ...x };
    for (const [name, count] of Object.entries(y)) countUp(sum, name, count);
    return sum;
  };
  const tied = (x: Tied, y: Tied): Tied => ({
    all: x.all + y.all,
    proved: x.proved + y.proved,
    claimed: x.claimed + y.claimed,
  });
  return shortened({
    identifiers: byName(a.identifiers, b.identifiers),
    claims: byName(a.claims, b.claims),
    nameless: a.nameless + b.nameless,
    suppressed: a.suppressed + b.suppressed,
    profiles: a.profiles + b.profiles,
    sizes: SIZE_STEPS.map((_, n) => (a.sizes[n] ?? 0) + (b.sizes[n] ?? 0)),
    states: {
      anonymous: a.states.anonymous + b.states.anonymous,
      pseudonymous: a.states.pseudonymous + b.states.pseudonymous,
      authenticated: a.states.authenticated + b.states.authenticated,
    },
    visitors: tied(a.visitors, b.visitors),
    events: tied(a.events, b.events),
    conflicted: a.conflicted + b.conflicted,
    proposed: a.proposed + b.proposed,
    sharedDevices: a.sharedDevices + b.sharedDevices,
    setAside: {
      operator: a.setAside.operator + b.setAside.operator,
      partners: a.setAside.partners + b.setAside.partners,
      most: [...a.setAside.most, ...b.setAside.most],
    },
    largest: [...a.largest, ...b.largest],
  });
}

function countUp(counts: Record<string, number>, name: string, by = 1): void {
  counts[name] = (counts[name] ?? 0) + by;
}

type Tie = "proved" | "claimed" | undefined;

/** Whether a profile's person is proved, or only claimed; undefined where it names none. */
function tieOf(members: readonly string[]): Tie {
  if (members.some(isProvenPerson)) return "proved";
  return members.some(namesPerson) ? "claimed" : undefined;
}

function tieUp(tied: Tied, tie: Tie, by: number): void {
  tied.all += by;
  if (tie) tied[tie] += by;
}

/** Key → when the newest of its links was first seen. */
function newestLinks(links: Page["links"]): Map<string, number> {
  const newest = new Map<string, number>();
  for (const { node, at } of links) newest.set(node, Math.max(at, newest.get(node) ?? 0));
  return newest;
}

/**
 * Profiles of which a proved link joins nothing, and those that a rule would join: of each the first key with such a link,
 * which is where it is counted. Whichever of its keys is in doubt, all of the profile has been read.
 */
function contestedIn(
  graph: Found["graph"],
  parts: Partition,
): Record<"conflicted" | "proposed", Set<string>> {
  const first = { conflicted: new Map<string, string>(), proposed: new Map<string, string>() };
  for (const { a, b, reason } of conflictsOf(graph.links, parts, () => true))
    for (const key of [a, b]) {
      const of = first[reason === "proposal" ? "proposed" : "conflicted"];
      const root = parts.rootOf.get(key) ?? key;
      const known = of.get(root);
      if (graph.rows.has(key) && (known === undefined || key < known)) of.set(root, key);
    }
  return { conflicted: new Set(first.conflicted.values()), proposed: new Set(first.proposed.values()) };
}

function shortened(tally: Tally): Tally {
  tally.setAside.most.sort((a, b) => b.partners - a.partners || (a.key < b.key ? -1 : 1)).splice(NAMED);
  tally.largest.sort((a, b) => b.members - a.members || (a.root < b.root ? -1 : 1)).splice(NAMED);
  return tally;
}
