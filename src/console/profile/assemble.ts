/**
 * One profile, as `POST /admin/api/profiles/find` answers it: made of the rows and links that ingest makes its own profiles
 * of, by the same functions. Called by find.ts.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import { traitRules } from "#identity/golden/choose";
import { type IdentifierRow, isBrowser, isScoped, type Link, linkId, namesPerson } from "#identity/graph";
import { readLedgers } from "#identity/ledger";
import type { Partition } from "#identity/partition";
import type { Graph } from "#identity/read";
import type { IdentityShards } from "#identity/shards";
import { grantedNow, identityState } from "#identity/state";
import { listsOf } from "#ingest/profiles";
import type { Keyring } from "#privacy/keys";
import { auditTarget } from "#privacy/lookup";
import type { FactState } from "#segments/features";
import { historyOfSegments } from "#segments/history";
import type { Cuts } from "#segments/rfm";
import type { EdgeSnapshot } from "#segments/snapshot";
import { ledgerOf } from "../consent-ledger.ts";
import { goldenOf } from "./golden.ts";
import { historyOf } from "./history.ts";
import { iso, isoOrNull, linksOf, membersOf } from "./links.ts";
import { segmentsNow } from "./segments.ts";
import { claimantsOf, claimLinks, firstSeen, sinceOf } from "./store.ts";
import type { EdgeView, ProfileView } from "./view.ts";
import { stateInWords } from "./words.ts";

const MAX_DECISIONS = 500;
/** Of either kind of claims: anybody can make any number. */
const MAX_CLAIMS = 50;

export interface ProfileStores {
  identity: IdentityShards;
  db: D1Database;
  keys: Keyring;
  document: ReleaseDocument;
  /** Of its RFM features. */
  cuts?: Cuts | undefined;
}

/**
 * @param root of the profile @param named the keys that were asked for
 * @param now epoch ms
 */
export async function profileView(
  root: string,
  named: readonly string[],
  { graph, parts }: { graph: Graph; parts: Partition },
  { identity, db, keys, document, cuts }: ProfileStores,
  now: number,
): Promise<ProfileView> {
  const members = parts.members.get(root) ?? [root];
  const rows = members.flatMap((key) => graph.rows.get(key) ?? []);
  const [entries, seen, claims, history, targets] = await Promise.all([
    readLedgers(identity, members, MAX_DECISIONS + 1),
    firstSeen(identity, members),
    claimsAbout(identity, members),
    historyOf(db, members),
    Promise.all(members.map((key) => auditTarget(keys, key))),
  ]);
  const { profile: _root, ...consents } = ledgerOf(
    root,
    rows,
    entries.slice(0, MAX_DECISIONS),
    entries.length > MAX_DECISIONS,
    now,
  );
  const denied = new Set(consents.now.flatMap(({ purpose, state }) => (state === "denied" ? purpose : [])));
  const isDenied = (purpose: Purpose) => denied.has(purpose);
  const state = identityState(members, grantedNow(rows));
  const shown = membersOf(members, graph.rows, seen, graph.links, parts);
  const shared = members.filter((key) => parts.shared.has(key)).length;
  const usable = PURPOSES.filter((purpose) => !isDenied(purpose));
  return {
    root,
    named: named.filter((key) => members.includes(key)),
    state,
    why: stateInWords(state, shown, shared),
    suppressed: rows.some(({ suppressed }) => suppressed),
    first_at: isoOrNull(sinceOf(seen)),
    seen_at: isoOrNull(Math.max(0, ...rows.map(({ seenAt }) => seenAt))),
    members: shown,
    links: linksOf(members, [...graph.links, ...claims.links], {
      conflicted: parts.conflicted,
      rootOf: new Map([...parts.rootOf, ...claims.rootOf]),
    }),
    more_claims: claims.more,
    golden: await goldenOf(rows, keys, graph.subjectKeys, traitRules(document), usable),
    ...segmentsNow({
      facts: rows.map((row) => row.facts as FactState), // written by foldEvent alone
      document,
      state,
      isDenied,
      lists: listsOf(rows, graph.lists, document),
      cuts,
      now,
    }),
    segment_history: historyOfSegments(rows).map((one) => ({ ...one, at: iso(one.at) })),
    lists: [...new Set(members.flatMap((key) => graph.lists.get(key) ?? []))].sort(),
    consents,
    edge: rows.filter(({ key }) => isBrowser(key)).map(edgeOf),
    history,
    audit_targets: targets,
  };
}

/** What is claimed by these, and by others of these persons: links that join nothing. */
async function claimsAbout(
  identity: IdentityShards,
  members: readonly string[],
): Promise<{ links: Link[]; rootOf: Map<string, string>; more: boolean }> {
  const persons = members.filter((key) => namesPerson(key) && !isScoped(key));
  const [stored, claimants] = await Promise.all([
    claimLinks(identity, members, MAX_CLAIMS + 1),
    claimantsOf(identity, persons, MAX_CLAIMS + 1),
  ]);
  // Of the claim that scopes a row, the row's own key is the evidence.
  const implied = claimants.slice(0, MAX_CLAIMS).map(
    ({ key, seenAt }): Link => ({
      a: key.slice(key.indexOf("|") + 1),
      b: key,
      kind: "claim",
      eventId: "",
      source: "",
      at: seenAt,
      state: "pending",
    }),
  );
  const links = [...stored.slice(0, MAX_CLAIMS), ...implied];
  return {
    links: [...new Map(links.map((link) => [linkId(link), link])).values()],
    rootOf: new Map(claimants.map(({ key, root }) => [key, root])),
    more: stored.length > MAX_CLAIMS || claimants.length > MAX_CLAIMS,
  };
}

function edgeOf({ key, snapshot }: IdentifierRow): EdgeView {
  if (snapshot === null) return { key, snapshot: null };
  const { version, asOf, release, state, segments, granted } = snapshot as unknown as EdgeSnapshot; // written by src/ingest/profiles.ts alone
  return {
    key,
    snapshot: {
      version,
      as_of: iso(asOf),
      release,
      state,
      segments: [...segments],
      granted: granted === "" ? [] : granted.split(","),
    },
  };
}
