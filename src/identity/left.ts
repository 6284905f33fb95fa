/**
 * What an erasure may have left in one of several databases: a batch of events that crashed between two of them has written
 * one end of a link, or a row that names as a member what has no row of its own. Nothing leads there from the erased; so each
 * database is looked through once, when all of them have the entry. Called by the last sweep of an erasure.
 */
import { LAST_ERASURE, markOf, requireTurn } from "#privacy/erasure-mark";
import { requireErasures, suppressedAmong } from "./erasures.ts";
import { scanFor } from "./scan.ts";
import type { IdentityShards } from "./shards.ts";

/** Pages of one call. */
const PAGES = 10;

interface Given {
  subjects: readonly string[];
  /** As the call before gave it. */
  cursor?: string | undefined;
  /** Epoch ms. */
  now: number;
}

/**
 * Look through the next pages. In a single database nothing can be left: what is written there is written together.
 * @returns where to go on, undefined at the end; and how many rows named somebody
 * @throws Error where an entry of the log came in between: to be called again
 */
export async function forgetLeft(
  identity: IdentityShards,
  bucket: R2Bucket,
  { subjects, cursor = "0:", now }: Given,
): Promise<{ cursor: string | undefined; rows: number }> {
  let rows = 0;
  if (identity.all.length === 1) return { cursor: undefined, rows };
  await requireErasures(identity, bucket, now);
  let [place, at] = placeOf(cursor);
  for (let page = 0; page < PAGES; page++) {
    const db = identity.all[place];
    if (!db) return { cursor: undefined, rows };
    // Read before who is still suppressed: whoever is let back in moves the mark.
    const mark = markOf(await db.prepare(LAST_ERASURE).first<{ state: string }>());
    const scan = scanFor(db, [...(await suppressedAmong(identity, subjects))], at);
    const [, next, ...erased] = await db.batch<{ key: string }>([requireTurn(db, mark), ...scan.statements]);
    for (const { meta } of erased) rows += meta.changes;
    const after = scan.nextOf(next ? [next] : []);
    [place, at] = after === undefined ? [place + 1, ""] : [place, after];
  }
  return { cursor: identity.all[place] ? `${place}:${at}` : undefined, rows };
}

/** `<place of the database>:<where in it>` */
function placeOf(cursor: string): [place: number, at: string] {
  const end = cursor.indexOf(":");
  return [Number(cursor.slice(0, end)), cursor.slice(end + 1)];
}
