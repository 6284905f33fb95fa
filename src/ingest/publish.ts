/**
 * The edge snapshots of the visitors in a batch's profiles. What changed is written into the rows, with the facts that it
 * is made of; and once a snapshot decides something by itself it goes to KV, as do all that follow. Called by ingest.ts, and
 * where an operator changed a profile.
 */
import { unpackPurposes } from "#consent/cookie";
import { hasDecided, type IdentifierRow, isBrowser, type RowConsent } from "#identity/graph";
import type { IdentityShards } from "#identity/shards";
import { storedSnapshots } from "#identity/snapshots";
import type { ActiveRelease } from "#release/active";
import { documentsOf } from "#release/pick";
import { type FactState, mergeFacts } from "#segments/features";
import { featuresFor } from "#segments/purposes";
import { gotOf } from "#segments/since";
import { buildSnapshot, type EdgeSnapshot, mattersAtEdge, sameSnapshot } from "#segments/snapshot";
import { parseSnapshot } from "#segments/snapshot-text";
import { withdrawSnapshot, writeSnapshot } from "#segments/store";
import { type Holder, unitChanges } from "#segments/unit";
import { segmentsShown } from "./candidate.ts";
import type { Folded } from "./fold.ts";
import type { SealedPersons } from "./person.ts";
import type { ProfileNow } from "./profiles.ts";

/** One visitor's snapshot to publish, or to take away. */
export interface SnapshotChange {
  visitor: string;
  snapshot: EdgeSnapshot | null;
  /** Epoch ms of the withdrawal that takes it away. */
  withdrawnAt?: number;
}

/**
 * Snapshots of the profile's visitors that have to be told to KV. What changed is written into the rows, which are thereby
 * touched; whose snapshot never mattered by itself is read from there.
 * @param asOf epoch ms of the newest event
 * @param again the batch was redelivered: publish what the rows say, since the crash may have come before
 * @param seen epoch ms of the newest event in it, where it is made later than that
 * @param persons what templates may say of the person (person.ts); absent: what they could say before
 */
export function snapshotChanges(
  profile: ProfileNow,
  folded: Pick<Folded, "partition" | "touched" | "withdrawn">,
  active: ActiveRelease,
  asOf: number,
  again: boolean,
  seen = asOf,
  persons?: SealedPersons,
): SnapshotChange[] {
  const { document, version: release } = active;
  const documents = documentsOf(active);
  const changes: SnapshotChange[] = [];
  const allowed: IdentifierRow[] = [];
  for (const row of profile.members) {
    if (!isBrowser(row.key)) continue;
    const denial = denialFor(row, profile.members);
    // Of a browser in which several people were proved, nobody knows whose its snapshot would be.
    if (!denial && !folded.partition.shared.has(row.key)) {
      allowed.push(row);
      continue;
    }
    const known = row.snapshot !== null;
    if (known) {
      row.snapshot = null;
      folded.touched.add(row.key);
    }
    if (known || again || folded.withdrawn.has(row.key))
      changes.push({ visitor: row.key, snapshot: null, withdrawnAt: denial?.t ?? asOf });
  }
  if (allowed.length === 0) return changes;

  const facts = mergeFacts(profile.members.map((m) => m.facts as FactState));
  const features = featuresFor(document, "personalization");
  const also = active.candidate && featuresFor(active.candidate.document, "personalization");
  const segments = segmentsShown(profile, active, asOf);
  const holders = holdersOf(allowed, asOf);
  const got = gotOf(profile.members.flatMap(({ claims }) => claims.map(([, receivedAt]) => receivedAt)));
  for (const row of allowed) {
    const known = snapshotOf(row);
    const granted = hasDecided(row) ? unpackPurposes(row.consent?.g ?? "") : IMPLIED;
    const shared = { features, also, asOf, release, granted };
    const next = buildSnapshot({
      ...shared,
      facts,
      segments,
      version: (known?.version ?? 0) + 1,
      state: profile.state,
      lists: profile.lists.personalization,
      born: bornAt(known, asOf),
      units: unitChanges(row.key, holders, known?.units, asOf),
      got,
    });
    const isOut = isPublished(known);
    const person = persons ? persons.get(row.key) : known?.person;
    if (person !== undefined && next.state === "authenticated") next.person = person;
    if (seen < asOf) next.seen = seen;
    if (isOut || documents.some((one) => mattersAtEdge(next, one, profile.cuts))) next.pub = 1;
    // A visitor of whom nothing is to be known is not written: to a decision, no snapshot is the empty one.
    const was =
      known ?? buildSnapshot({ ...shared, facts: {}, segments: [], version: 0, state: "anonymous" });
    const isSame = documents.every((one) => sameSnapshot(was, next, one, profile.cuts));
    if (!isSame || (next.pub === 1 && !isOut)) {
      row.snapshot = { ...next };
      folded.touched.add(row.key);
      if (next.pub === 1) changes.push({ visitor: row.key, snapshot: next });
    } else if (next.pub !== 1) {
      // Where the row is written anyway, whoever comes back is told from it what is known to the last event.
      if (folded.touched.has(row.key)) row.snapshot = { ...next };
    } else if (again && known) changes.push({ visitor: row.key, snapshot: known });
  }
  return changes;
}

/** Under an opt-out regime nobody has decided, and the events were let in. */
const IMPLIED = ["personalization"] as const;

const snapshotOf = (row: IdentifierRow): EdgeSnapshot | null => row.snapshot as EdgeSnapshot | null; // written here alone

/** Earlier releases, whose snapshots do not say when they began, published them all. */
const isPublished = (known: EdgeSnapshot | null | undefined): boolean =>
  known != null && (known.pub === 1 || known.born === undefined);

const bornAt = (known: EdgeSnapshot | null, asOf: number): number => known?.born ?? known?.asOf ?? asOf;

/** The browsers that have a snapshot already; where none has, all of them, which are about to. */
function holdersOf(rows: readonly IdentifierRow[], asOf: number): Holder[] {
  const known = rows.filter(({ snapshot }) => snapshot !== null);
  return (known.length > 0 ? known : rows).map((row) => ({
    visitor: row.key,
    born: bornAt(snapshotOf(row), asOf),
  }));
}

/** What denies a visitor personalization: their own decision, or a later one of an identifier that has joined them since. */
function denialFor(row: IdentifierRow, members: readonly IdentifierRow[]): RowConsent | undefined {
  const own = hasDecided(row) ? row.consent : null;
  const denies = (consent: RowConsent) => !unpackPurposes(consent.g).includes("personalization");
  if (own && denies(own)) return own;
  for (const { consent } of members)
    if (consent && consent.t > (own?.t ?? 0) && consent.r !== own?.r && denies(consent)) return consent;
  return undefined;
}

/**
 * Tell KV what changed, then look whether a row changed under it: a withdrawal, or a later batch, may have come between
 * the write of the row and this. What the row says then holds.
 */
export async function publishSnapshots(
  changes: readonly SnapshotChange[],
  { identity, kv }: { identity: IdentityShards; kv: KVNamespace },
): Promise<void> {
  if (changes.length === 0) return;
  const put = (visitor: string, snapshot: EdgeSnapshot | null | undefined, withdrawnAt = 0) =>
    snapshot ? writeSnapshot(kv, visitor, snapshot) : withdrawSnapshot(kv, visitor, withdrawnAt);
  for (const { visitor, snapshot, withdrawnAt } of changes) await put(visitor, snapshot, withdrawnAt);
  const current = await storedSnapshots(
    identity,
    changes.map(({ visitor }) => visitor),
  );
  for (const { visitor, snapshot, withdrawnAt } of changes) {
    const { snapshot: stored, decidedAt } = current.get(visitor) ?? {};
    const now = stored == null ? undefined : parseSnapshot(stored);
    if (now?.version === snapshot?.version && now?.born === snapshot?.born) continue;
    // One that was granted anew, and is not in KV yet: who reads that something was withdrawn before asks the row.
    await put(visitor, isPublished(now) ? now : undefined, decidedAt ?? withdrawnAt);
  }
}
