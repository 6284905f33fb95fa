/**
 * What the quarantine has of one person, opened, for a request for access. Called by src/subjects.
 */
import { namesPerson } from "#identity/graph";
import { personOf } from "#lake/person";
import { OBJECTS_PER_CALL, walkAll } from "#lake/walk";
import type { Keyring } from "#privacy/keys";
import { type Place, type RowAt, rowsAt } from "./erase-store.ts";
import { linesOf, placeOf, QUARANTINE } from "./lines.ts";
import type { SealedEvent } from "./objects.ts";
import { type KeptEvent, openKept } from "./open-kept.ts";

/** A refused event of the person. */
export interface ReadKept {
  id: string;
  source: string;
  name: string;
  /** Why it was refused: cause.ts. */
  cause: string;
  /** Epoch ms. */
  receivedAt: number;
  /** As in the index; `kept` where it waits. */
  status: RowAt["status"];
  /** It names a person who is not this one: what was typed may be theirs. */
  namesAnother: boolean;
  /** What consent allowed to keep. */
  kept: Pick<KeptEvent, "properties" | "context" | "traits" | "consent">;
}

/**
 * Read the next objects. What came back is not given: it is in the lake.
 * @param subjects identifier keys of the person
 * @param cursor where the last call stopped; there is one more call as long as one is returned
 */
export async function readQuarantined(
  db: D1Database,
  bucket: R2Bucket,
  keys: Keyring,
  subjects: Iterable<string>,
  cursor?: string,
  limit = OBJECTS_PER_CALL,
): Promise<{ events: ReadKept[]; cursor?: string }> {
  const person = personOf(subjects);
  const found: { place: Place; event: SealedEvent }[] = [];
  const next = await walkAll(bucket, QUARANTINE, cursor, limit, async (key) => {
    const text = await (await bucket.get(key))?.text();
    if (text === undefined) return;
    for (const { owner, event, line } of await linesOf(keys, text, person))
      if (owner === "own" && event) found.push({ place: placeOf(key, line), event });
  });
  const rows = await rowsAt(
    db,
    found.map(({ place }) => place),
  );
  const rowOf = new Map(rows.map((row) => [`${row.object} ${row.line}`, row]));
  const events: ReadKept[] = [];
  for (const { place, event } of found) {
    const row = rowOf.get(`${place.object} ${place.line}`);
    const kept = row && row.status !== "back" && (await openKept(keys, event.id, event.kept));
    if (!row || !kept) continue;
    const { source, cause, receivedAt, status } = row;
    const { name, properties, context, traits, consent } = kept;
    events.push({
      id: event.id,
      source,
      name,
      cause,
      receivedAt,
      status,
      namesAnother: kept.identifiers.some(
        ({ key, older = [] }) => namesPerson(key) && ![key, ...older].some(person.is),
      ),
      kept: {
        consent,
        ...(properties !== undefined && { properties }),
        ...(context !== undefined && { context }),
        ...(traits && { traits }),
      },
    });
  }
  return { events, ...next };
}
