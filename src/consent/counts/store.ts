/** Anonymous counts in D1: ingest adds them, the console reads them, the schedule forgets which envelopes were added. */
import type { EventEnvelope } from "#contracts/messages/event_envelope";
import { DAY_MS } from "#core/clock";
import { countedOn } from "./days.ts";

/** Longer than any queue keeps a message. */
const MARKS_KEPT_MS = 7 * DAY_MS;
/** The schedule runs each minute; this is the minute of the hour in which marks are forgotten. */
const HOURLY_MINUTE = 41;

type Countable = Pick<EventEnvelope, "id" | "source" | "receivedAt" | "counts">;

const secondOf = ({ receivedAt }: Countable): number => Math.floor(receivedAt / 1000);

/**
 * Add the counts of envelopes, each exactly once however often the queue delivers it: an envelope's numbers and the mark
 * that they are in are one transaction. One round trip; none where no envelope has counts.
 * @param now epoch ms, read just before
 */
export async function addCounts(db: D1Database, envelopes: readonly Countable[], now: number): Promise<void> {
  const counted = new Map(envelopes.filter(({ counts }) => counts?.length).map((each) => [each.id, each]));
  if (counted.size === 0) return;
  const given = [...counted.values()];
  const additions = given.map((envelope) => ({
    id: envelope.id,
    second: secondOf(envelope),
    day: countedOn(envelope.receivedAt, now),
    source: envelope.source,
    counts: envelope.counts,
  }));
  const marks = [...Map.groupBy(given, secondOf)].map(([second, some]) => ({
    second,
    ids: some.map(({ id }) => id),
  }));
  await db.batch([
    db
      .prepare(
        `INSERT INTO anonymous_counts (day, source, name, country, content, events)
         SELECT e.value->>'day', e.value->>'source', c.value->>'name', c.value->>'country', c.value->>'content',
                sum(c.value->>'events')
         FROM json_each(?1) e, json_each(e.value, '$.counts') c
         WHERE NOT EXISTS (SELECT 1 FROM counted_envelopes m, json_each(m.ids) i
                           WHERE m.second = e.value->>'second' AND i.value = e.value->>'id')
         GROUP BY 1, 2, 3, 4, 5
         ON CONFLICT DO UPDATE SET events = anonymous_counts.events + excluded.events`,
      )
      .bind(JSON.stringify(additions)),
    db
      .prepare(
        `INSERT INTO counted_envelopes (second, ids)
         SELECT value->>'second', value->>'ids' FROM json_each(?1) WHERE true
         ON CONFLICT DO UPDATE SET ids = (SELECT json_group_array(value) FROM
           (SELECT value FROM json_each(counted_envelopes.ids) UNION SELECT value FROM json_each(excluded.ids)))`,
      )
      .bind(JSON.stringify(marks)),
  ]);
}

/** Forget, once an hour, which envelopes were counted so long ago that none of them can come again. @param now epoch ms */
export async function forgetMarks(db: D1Database, now: number): Promise<void> {
  if (new Date(now).getUTCMinutes() !== HOURLY_MINUTE) return;
  await db
    .prepare("DELETE FROM counted_envelopes WHERE second < ?1")
    .bind(Math.floor((now - MARKS_KEPT_MS) / 1000))
    .run();
}

/** One number as it is stored. */
export interface CountRow {
  day: string;
  source: string;
  name: string;
  country: string;
  content: string;
  events: number;
}

/** All numbers of some days. They must not be shown as they are: see report.ts. @param from @param to days, both included */
export async function readCounts(db: D1Database, from: string, to: string): Promise<CountRow[]> {
  const { results } = await db
    .prepare(
      "SELECT day, source, name, country, content, events FROM anonymous_counts WHERE day BETWEEN ?1 AND ?2",
    )
    .bind(from, to)
    .all<CountRow>();
  return results;
}
