/**
 * The profile of whoever is asked for, or the several that an identifier leads to: a person's own, and those of devices that
 * only claim to be them. Called by routes.ts.
 */
import { Problem } from "#core/problem";
import { isScoped, namespaceOf } from "#identity/graph";
import { type Partition, partition } from "#identity/partition";
import { type Graph, readClosed } from "#identity/read";
import { type IdentityRules, identityRules } from "#identity/rules";
import type { IdentityShards } from "#identity/shards";
import { auditTarget } from "#privacy/lookup";
import { type ProfileStores, profileView } from "./assemble.ts";
import { isoOrNull } from "./links.ts";
import { claimantRows, claimantsOf, claimLinks } from "./store.ts";
import type { Candidate, Candidates, ProfileView } from "./view.ts";
import { keysOf, type Whom, type WhomStores } from "./whom.ts";

export type FindStores = ProfileStores & WhomStores;

/** An address may be claimed on any number of devices. */
const MAX_CANDIDATES = 50;

/**
 * @param now epoch ms
 * @param note is told who is asked for, and who that turns out to be, as the audit log names them, before they are shown
 * @throws Problem 400 `invalid_identifier`; 404 `unknown_event`, `unknown_person`; whatever `note` throws
 */
export async function findProfile(
  whom: Whom,
  stores: FindStores,
  now: number,
  note: (target: string) => Promise<unknown>,
): Promise<ProfileView | Candidates> {
  const { identity, keys, document } = stores;
  const named = await keysOf(whom, stores);
  const [asked] = await Promise.all(named.slice(0, 1).map((key) => auditTarget(keys, key)));
  if (asked !== undefined) await note(asked);
  const rules = identityRules(document);
  const read = await readParts(identity, named, rules);
  const roots = [...new Set(named.flatMap((key) => (isKnown(key, read) ? rootIn(key, read) : [])))];
  // A key of the graph is meant by itself; only if it is nobody's own are those meant that claim to be it.
  const byKey = !("namespace" in whom);
  const claims = byKey && roots.length > 0 ? NO_CLAIMS : await claimsOf(identity, named, new Set(roots));
  const candidates = [...roots.map((root) => knownCandidate(root, named, read)), ...claims.candidates].slice(
    0,
    MAX_CANDIDATES,
  );
  const [only] = candidates;
  if (!only) throw unknownPerson(whom);
  if (candidates.length > 1) return { candidates, more: claims.more };
  // Who only claims to be somebody is somebody else, and so may be whom an event names besides.
  const found = await auditTarget(keys, only.key);
  if (found !== asked) await note(found);
  if (roots.length === 1) return profileView(only.root, named, read, stores, now);
  const claimed = await readParts(identity, [only.key], rules);
  return profileView(rootIn(only.key, claimed), [only.key], claimed, stores, now);
}

interface Read {
  graph: Graph;
  parts: Partition;
}

/** What there is of keys and of all that could be joined to them, and what profiles that makes. */
export async function readParts(
  identity: IdentityShards,
  keys: readonly string[],
  rules: IdentityRules,
): Promise<Read> {
  const graph = await readClosed(identity, keys, rules);
  return { graph, parts: partition([...keys, ...graph.rows.keys()], graph.links, rules) };
}

export const rootIn = (key: string, { parts }: Read): string => parts.rootOf.get(key) ?? key;

/** Whether anything is kept of a key: a row, or a link. */
export const isKnown = (key: string, { graph }: Read): boolean =>
  graph.rows.has(key) || graph.links.some(({ a, b }) => a === key || b === key);

function knownCandidate(root: string, named: readonly string[], read: Read): Candidate {
  const members = read.parts.members.get(root) ?? [root];
  const seen = members.map((key) => read.graph.rows.get(key)?.seenAt ?? 0);
  return {
    key: named.find((key) => rootIn(key, read) === root) ?? root,
    root,
    standing: "known",
    namespaces: namespacesOf(members),
    members: members.length,
    seen_at: isoOrNull(Math.max(0, ...seen)),
  };
}

const namespacesOf = (members: readonly string[]): string[] => [...new Set(members.map(namespaceOf))].sort();

const NO_CLAIMS: Candidates = { candidates: [], more: false };

/** Profiles of devices that claim to be these, and are not of those that are known. */
async function claimsOf(
  identity: IdentityShards,
  named: readonly string[],
  known: ReadonlySet<string>,
): Promise<Candidates> {
  const [claimants, links] = await Promise.all([
    claimantsOf(identity, named, MAX_CANDIDATES + 1),
    claimLinks(identity, named, MAX_CANDIDATES + 1),
  ]);
  const asked = new Set(named);
  const others = links.map(({ a, b }) => (asked.has(a) ? b : a)).filter(isScoped);
  const rows = [...claimants, ...(await claimantRows(identity, [...new Set(others)]))];
  const byRoot = new Map(rows.filter(({ root }) => !known.has(root)).map((row) => [row.root, row]));
  const candidates = [...byRoot.values()]
    .sort((a, b) => b.seenAt - a.seenAt)
    .map(
      ({ key, root, members, seenAt }): Candidate => ({
        key,
        root,
        standing: "claimed",
        namespaces: namespacesOf(members),
        members: members.length,
        seen_at: isoOrNull(seenAt),
      }),
    );
  return {
    candidates: candidates.slice(0, MAX_CANDIDATES),
    more: Math.max(claimants.length, links.length, candidates.length) > MAX_CANDIDATES,
  };
}

function unknownPerson(whom: Whom): Problem {
  const what = "namespace" in whom ? `this ${whom.namespace}` : "key" in whom ? "this key" : "this event";
  return new Problem(
    404,
    "unknown_person",
    `Nothing is stored of ${what}, neither of its own nor as a claim on a device. What was just sent may still be in the queue.`,
  );
}
