/**
 * What time alone costs after the traffic: people leave segments, and destinations and the edge are told, without any event.
 * It comes after the counted minutes, so it is counted apart: the runs of the schedule that look at profiles which are due,
 * for a month, as if nobody came back. Whoever does come back puts their moments off.
 */
import { identityShards } from "#identity/shards";
import { tendDue } from "#ingest/due";
import { keyring } from "#privacy/keys";
import { activeRelease } from "#release/active";

const DAYS = 32;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Ids of the calendar in one minute: src/identity/looks.ts. */
const PER_MINUTE = 2 ** 20;

export interface LaterWorld {
  db: D1Database;
  kv: KVNamespace;
  lake: R2Bucket;
  secret: string;
  now(): number;
  /** Virtual time goes on. */
  passTo(at: number): void;
  /** Counts what a run does. */
  invoke(run: () => Promise<unknown>): Promise<void>;
}

/** Days that were played. */
export const LATER_DAYS = DAYS;

/** Play all minutes of the days in which something is due. */
export async function playLater({ db, kv, lake, secret, now, passTo, invoke }: LaterWorld): Promise<void> {
  const identity = identityShards([db]);
  const keys = await keyring(secret);
  const end = now() + DAYS * DAY_MS;
  for (;;) {
    const first = await db.prepare("SELECT MIN(id) AS id FROM profile_looks").first<{ id: number | null }>();
    if (first?.id == null) return;
    const at = Math.max(Math.floor(first.id / PER_MINUTE) * MINUTE_MS, now() + MINUTE_MS);
    if (at > end) return;
    passTo(at);
    const release = await activeRelease(kv, at);
    await invoke(() => tendDue({ identity, kv, lake, keys, release, clock: now }));
  }
}
