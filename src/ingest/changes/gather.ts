/**
 * The profiles that are marked, as they are now: read whole and partitioned anew, with what destinations were told of any of
 * their identifiers, and what the ledger says of their consent. Called by tell.ts.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { Clock } from "#core/clock";
import { readSafely } from "#identity/changes/settle";
import { subjectKeys } from "#identity/golden/subject-keys";
import { partition } from "#identity/partition";
import { identityRules } from "#identity/rules";
import type { IdentityShards } from "#identity/shards";
import type { Keyring } from "#privacy/keys";
import type { Cuts } from "#segments/rfm";
import { profileNow } from "../profiles.ts";
import { decidingRows, receiptsOf } from "./consent.ts";
import { type NamedDecision, namedDecisions } from "./ledger-store.ts";
import { type Look, lookAt } from "./look.ts";
import { personKeys } from "./person.ts";
import { readTold, type ToldRow } from "./store.ts";

export interface GatherDeps {
  identity: IdentityShards;
  /** The log of erasures. */
  lake: R2Bucket;
  document: ReleaseDocument;
  /** Of its RFM features. */
  cuts?: Cuts | undefined;
  keys: Keyring;
  clock: Clock;
}

/** A profile that is marked. */
export interface Gathered {
  look: Look;
  /** The identifiers that it is marked by. */
  marked: readonly string[];
  /** Under which it may be kept what was told, the best first. */
  persons: readonly string[];
  /** By identifier, what destinations were told. */
  rows: ReadonlyMap<string, readonly ToldRow[]>;
  /** Receipt → the decision, of those that the profile's consent rests on. */
  ledger: ReadonlyMap<string, NamedDecision>;
}

/** @param subjects identifier keys @returns their profiles, each once; of what has no row any more, none */
export async function gatherProfiles(
  subjects: readonly string[],
  { identity, lake, document, cuts, keys, clock }: GatherDeps,
  now: number,
): Promise<Gathered[]> {
  const rules = identityRules(document);
  const graph = await readSafely(identity, subjects, { bucket: lake, rules, clock });
  const parts = partition(graph.rows.keys(), graph.links, rules);
  const given = { rows: graph.rows, before: graph.rows, partition: parts, lists: graph.lists, cuts };
  const opened = subjectKeys(graph.subjectKeys);
  const byRoot = Map.groupBy(
    subjects.filter((key) => graph.rows.has(key)),
    (key) => parts.rootOf.get(key) ?? key,
  );
  const found = [...byRoot].map(([root, marked]) => {
    const profile = profileNow(root, given, document, now);
    const persons = [...new Set([...personKeys(profile, rules), ...marked])];
    return { marked, persons, look: lookAt(profile, { document, keys, subjects: opened }) };
  });
  const told = await readTold(
    identity,
    found.flatMap(({ persons }) => persons),
  );
  const rows = Map.groupBy(told, ({ subject }) => subject);
  const asked = found.flatMap(({ look: { profile } }) =>
    decidingRows(profile.members)
      .flatMap(receiptsOf)
      .flatMap((id) => profile.members.map(({ key }) => ({ subject: key, id }))),
  );
  const decisions = Map.groupBy(await namedDecisions(identity, asked), ({ subject }) => subject);
  return found.map((one) => ({
    ...one,
    rows,
    ledger: new Map(
      one.look.profile.members
        .flatMap(({ key }) => decisions.get(key) ?? [])
        .sort((a, b) => a.expiresAt - b.expiresAt)
        .map((decision) => [decision.id, decision]),
    ),
  }));
}
