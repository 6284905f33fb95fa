/**
 * Decisions that could not be made, and the baseline showed instead: counted in the isolate by slot and reason, and added
 * to D1 now and then, after an answer. An isolate that ends takes what it has not yet added with it. Called by
 * decide/for-request.ts; shown beside how offers perform.
 */
import { DAY_MS } from "#core/clock";
import { logError } from "#core/log";

/** `budget`: the visitor could not be read in time; `error`: something failed; `content`: an offer's content was not there. */
export type Miss = "budget" | "error" | "content";

const FLUSH_MS = 10_000;
/** Slots times reasons times the days until D1 is back: more than any release has. */
const MAX_COUNTERS = 1_000;

interface Counting {
  /** `day slot reason` → times. */
  misses: Map<string, number>;
  flushedAt: number;
}
const countings = new WeakMap<D1Database, Counting>();

export interface MissDeps {
  db: D1Database;
  waitUntil(work: Promise<unknown>): void;
}

/** Count a miss of some slots. @param now epoch ms */
export function countMisses(slots: readonly string[], reason: Miss, now: number, deps: MissDeps): void {
  let counting = countings.get(deps.db);
  if (!counting) {
    counting = { misses: new Map(), flushedAt: 0 };
    countings.set(deps.db, counting);
  }
  const day = new Date(now - (now % DAY_MS)).toISOString().slice(0, 10);
  for (const slot of slots) add(counting.misses, `${day} ${slot} ${reason}`, 1);
  flushMisses(now, deps);
}

/** Add what was counted, where there is anything and the last time is long enough ago: asked after each decision. */
export function flushMisses(now: number, { db, waitUntil }: MissDeps): void {
  const counting = countings.get(db);
  if (!counting || counting.misses.size === 0 || now - counting.flushedAt < FLUSH_MS) return;
  counting.flushedAt = now;
  const { misses } = counting;
  counting.misses = new Map();
  const rows = Array.from(misses, ([key, times]) => [...key.split(" "), times]);
  const written = addMisses(db, rows).catch((error: unknown) => {
    logError("misses of slots are not added", error);
    for (const [key, times] of misses) add(counting.misses, key, times);
  });
  waitUntil(written);
}

function add(misses: Map<string, number>, key: string, times: number): void {
  if (misses.size < MAX_COUNTERS || misses.has(key)) misses.set(key, (misses.get(key) ?? 0) + times);
}

/** @param rows day, slot, reason, times */
async function addMisses(db: D1Database, rows: readonly (readonly (string | number)[])[]): Promise<void> {
  await db
    .prepare(
      `INSERT INTO slot_misses (day, slot, reason, misses)
       SELECT value->>0, value->>1, value->>2, value->>3 FROM json_each(?1) WHERE true
       ON CONFLICT DO UPDATE SET misses = slot_misses.misses + excluded.misses`,
    )
    .bind(JSON.stringify(rows))
    .run();
}

export interface MissRow {
  day: string;
  slot: string;
  reason: Miss;
  misses: number;
}

/** @param from @param to days, both included */
export async function readMisses(db: D1Database, from: string, to: string): Promise<MissRow[]> {
  const { results } = await db
    .prepare("SELECT day, slot, reason, misses FROM slot_misses WHERE day BETWEEN ?1 AND ?2")
    .bind(from, to)
    .all<MissRow>();
  return results;
}
