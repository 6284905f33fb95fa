/**
 * Erases one person from the quarantine: lines become empty, rows are left for the counts. Called by src/subjects; and by
 * replay.ts for what it meets of a suppressed person.
 */
import { personOf } from "#lake/person";
import { OBJECTS_PER_CALL, rewrite, walkAll } from "#lake/walk";
import type { Keyring } from "#privacy/keys";
import { eraseRowsAt } from "./erase-store.ts";
import { linesOf, placeOf, QUARANTINE } from "./lines.ts";
import { ERASED_LINE } from "./objects.ts";
import type { Row } from "./rows.ts";

export interface QuarantineStores {
  db: D1Database;
  bucket: R2Bucket;
  keys: Keyring;
}

/** Whom, and where the last call stopped. */
export interface Asked {
  subjects: Iterable<string>;
  cursor?: string | undefined;
  /** Objects of this call. */
  limit?: number;
}

export interface ErasedEvents {
  /** Events that are gone, and the objects that they were in. */
  events: number;
  objects: number;
  /** Ids of the events: the lake has receipts of their refusal. */
  eventIds: string[];
  /** Lines of nobody knows whom: they name no subjects, and their seal does not open. */
  unreadable: number;
  cursor?: string;
}

/** Erase in the next objects. Rows first: whoever finds a row must not find its event gone, nor replay it. */
export async function eraseQuarantined(
  { db, bucket, keys }: QuarantineStores,
  { subjects, cursor, limit = OBJECTS_PER_CALL }: Asked,
): Promise<ErasedEvents> {
  const person = personOf(subjects);
  const done = { events: 0, objects: 0, unreadable: 0 };
  const ids = new Set<string>();
  const next = await walkAll(bucket, QUARANTINE, cursor, limit, async (key) => {
    let erased = 0;
    let unreadable = 0;
    const isChanged = await rewrite(bucket, key, async (text) => {
      const lines = await linesOf(keys, text, person);
      const gone = lines.filter(({ owner }) => owner === "own" || owner === "erased");
      await eraseRowsAt(
        db,
        gone.map(({ line }) => placeOf(key, line)),
      );
      for (const { event } of lines.filter(({ owner }) => owner === "own")) if (event) ids.add(event.id);
      erased = lines.filter(({ owner }) => owner === "own").length;
      unreadable = lines.filter(({ owner }) => owner === "unreadable").length;
      if (erased === 0) return undefined;
      return `${lines.map(({ owner, text }) => (owner === "own" ? ERASED_LINE : text)).join("\n")}\n`;
    });
    done.unreadable += unreadable;
    if (!isChanged) return;
    done.events += erased;
    done.objects++;
  });
  return { ...done, eventIds: [...ids], ...next };
}

/** Erase events by their rows. */
export async function eraseKept(
  { db, bucket }: Pick<QuarantineStores, "db" | "bucket">,
  rows: readonly Row[],
): Promise<void> {
  for (const [object, own] of Map.groupBy(rows, (row) => row.object)) {
    await eraseRowsAt(
      db,
      own.map(({ line }) => placeOf(object, line)),
    );
    const gone = new Set(own.map(({ line }) => line));
    await rewrite(bucket, object, (text) =>
      text
        .split("\n")
        .map((line, at) => (gone.has(at) ? ERASED_LINE : line))
        .join("\n"),
    );
  }
}
