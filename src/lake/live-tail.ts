/**
 * The ring of recent receipts that the console shows, and the tallies of consent (tallies.ts). One object. A batch is
 * stored as one row, and a full ring overwrites its oldest row, because every row written is billed. What falls out of
 * the ring is still in R2.
 *
 * Receipts are kept as JSON text: it is what storage holds, it tells a repeated receipt from a new one, and its length
 * bounds the memory that hostile input can take. They are parsed only when somebody looks.
 */
import { DurableObject } from "cloudflare:workers";
import type { Receipt } from "#contracts/messages/receipt";
import { type Forgotten, forgottenIn } from "./forgotten.ts";
import { isOfSources } from "./of-sources.ts";
import { personOf } from "./person.ts";
import { eventIdsOf, parseLine, rowsOf, talliesIn, toLine } from "./ring-lines.ts";
import { type TallyBook, tallyBook } from "./tallies.ts";
import type { Tally } from "./tally.ts";

/** All that is known of one event, oldest decision first. */
export interface Trace {
  eventId: string;
  /** Epoch ms of the newest receipt. */
  at: number;
  receipts: Receipt[];
}

/** The most that the ring holds, in receipts and in characters of their JSON. */
export const RING = { receipts: 5_000, characters: 16_000_000 } as const;

/** An event sent again and again keeps its first receipts, which say the most, and its latest. */
const TRACE_RECEIPTS = 64;
const TRACE_FIRST = 16;

interface Held {
  at: number;
  lines: string[];
}
interface Row {
  slot: number;
  receipts: number;
  characters: number;
}

export class LiveTail extends DurableObject {
  /** By event id; in the order of arrival of each event's latest receipt, oldest first. */
  readonly #traces = new Map<string, Held>();
  readonly #inMemory = { receipts: 0, characters: 0 };
  /** The stored batches, oldest first. */
  readonly #rows: Row[] = [];
  readonly #stored = { receipts: 0, characters: 0 };
  #sequence = 0;
  readonly #tallies: TallyBook;
  readonly #forgotten: Forgotten;

  constructor(state: DurableObjectState, env: never) {
    super(state, env);
    const sql = this.ctx.storage.sql;
    this.#tallies = tallyBook(sql);
    this.#forgotten = forgottenIn(sql);
    sql.exec(
      "CREATE TABLE IF NOT EXISTS ring (slot INTEGER PRIMARY KEY, seq INTEGER NOT NULL, lines TEXT NOT NULL)",
    );
    for (const row of sql.exec<{ slot: number; seq: number; lines: string }>(
      "SELECT * FROM ring ORDER BY seq",
    )) {
      const lines = row.lines.split("\n");
      this.#sequence = row.seq;
      if (row.seq > this.#tallies.written) this.#tallies.add(talliesIn(lines[0]));
      this.#count(row.slot, lines);
      this.#remember(lines);
    }
    this.#trimMemory();
  }

  /**
   * Add the receipts of one batch. What is no receipt is left out; a repeated receipt is shown once.
   * @param tallies of the batch; they lie before its receipts
   */
  append(receipts: readonly Receipt[], tallies: readonly Tally[] = []): void {
    const shown = Array.isArray(receipts) ? receipts.filter((one) => !this.#forgotten.isIn(one)) : [];
    const lines = shown.flatMap(toLine);
    const stored = tallies.length > 0 ? [JSON.stringify({ tallies }), ...lines] : lines;
    for (const part of rowsOf(stored)) this.#store(part);
    this.#remember(lines);
    this.#trimMemory();
    this.#tallies.add(tallies);
    this.#tallies.settle(this.#sequence, Date.now());
  }

  /** How many events came with which consent, from a day on. @param day `YYYY-MM-DD`, UTC */
  talliesSince(day: string): Omit<Tally, "day">[] {
    return this.#tallies.since(day);
  }

  /**
   * Traces, newest first by their newest receipt.
   * @param limit at most this many
   * @param sources only events of these; undefined: all
   */
  live(limit: number, sources?: readonly string[]): Trace[] {
    const newestFirst = [...this.#traces].reverse().sort(([, a], [, b]) => b.at - a.at);
    return newestFirst
      .values()
      .map(([eventId, held]) => toTrace(eventId, held))
      .filter(({ receipts }) => isOfSources(receipts, sources))
      .take(Math.max(0, Math.trunc(limit) || 0))
      .toArray();
  }

  /** Traces that name one of these identifiers: as the event's own, as the slot's visitor or as who decided. Newest first. */
  tracesOf(subjects: readonly string[], limit: number): Trace[] {
    const person = personOf(subjects);
    const isAbout = ({ lines }: Held) =>
      lines.some((line) => person.isIn(line)) && eventIdsOf(lines, person).length > 0;
    return [...this.#traces]
      .reverse()
      .values()
      .filter(([, held]) => isAbout(held))
      .take(Math.max(0, Math.trunc(limit) || 0))
      .map(([eventId, held]) => toTrace(eventId, held))
      .toArray();
  }

  /** The trace of one event, as far as the ring still has it. (An RPC method cannot be called `trace`: that is reserved.) */
  traceOf(eventId: string): Trace | undefined {
    const held = this.#traces.get(eventId);
    return held && toTrace(eventId, held);
  }

  /**
   * Forget a person, in memory and in the stored rows, and what their browsers do from now on, whose cookies may still be
   * there: slots and decisions ask no list of who is suppressed. A trace goes whole, also where another's event had the same id: this
   * is a view, and R2 has the record.
   * @param eventIds of their events, as far as they are known; others are found by the receipts that name their subject
   * @param subjects their identifier keys @param decisions ids of their decisions, as the ledger had them
   * @returns how many receipts of how many events are gone
   */
  forget(
    eventIds: readonly string[],
    subjects: readonly string[],
    decisions: readonly string[] = [],
  ): { events: number; receipts: number } {
    this.#forgotten.add(subjects);
    const person = personOf(subjects, decisions);
    const ids = new Set(eventIds);
    const sql = this.ctx.storage.sql;
    const rowsInOrder = () => sql.exec<{ slot: number; lines: string }>("SELECT slot, lines FROM ring");
    for (const { lines } of rowsInOrder())
      for (const id of eventIdsOf(lines.split("\n"), person)) ids.add(id);
    for (const { lines } of this.#traces.values()) for (const id of eventIdsOf(lines, person)) ids.add(id);
    const gone = { events: 0, receipts: 0 };
    for (const { slot, lines } of [...rowsInOrder()]) {
      const all = lines.split("\n");
      const left = all.filter((line) => !ids.has(parseLine(line)?.eventId ?? "") && !person.isIn(line));
      if (left.length === all.length) continue;
      gone.receipts += all.length - left.length;
      // A row stays also where nothing of it is left: its number tells how far the tallies have been written.
      sql.exec("UPDATE ring SET lines = ? WHERE slot = ?", left.join("\n"), slot);
      this.#recount(slot, left);
    }
    for (const id of ids) {
      const held = this.#traces.get(id);
      if (!held || !this.#traces.delete(id)) continue;
      gone.events++;
      for (const line of held.lines) add(this.#inMemory, -1, -line.length);
    }
    return gone;
  }

  #recount(slot: number, lines: readonly string[]): void {
    const row = this.#rows.find((one) => one.slot === slot);
    if (!row) return;
    const characters = charactersOf(lines);
    add(this.#stored, lines.length - row.receipts, characters - row.characters);
    row.receipts = lines.length;
    row.characters = characters;
  }

  #remember(lines: readonly string[]): void {
    for (const line of lines) {
      const receipt = parseLine(line);
      if (!receipt) continue;
      const held = this.#traces.get(receipt.eventId) ?? { at: 0, lines: [] };
      if (held.lines.includes(line)) continue; // A redelivered batch says again what it said before.
      // Taken out and put back, so that the map stays in order of the latest arrival.
      this.#traces.delete(receipt.eventId);
      this.#traces.set(receipt.eventId, held);
      held.lines.push(line);
      held.at = Math.max(held.at, receipt.at);
      add(this.#inMemory, 1, line.length);
      if (held.lines.length <= TRACE_RECEIPTS) continue;
      for (const dropped of held.lines.splice(TRACE_FIRST, 1)) add(this.#inMemory, -1, -dropped.length);
    }
  }

  #trimMemory(): void {
    for (const [id, held] of this.#traces) {
      if (!exceeds(this.#inMemory)) return;
      this.#traces.delete(id);
      for (const line of held.lines) add(this.#inMemory, -1, -line.length);
    }
  }

  /** Write one row: into the place of the oldest where the ring is full, else into a new one. */
  #store(lines: readonly string[]): void {
    const free: number[] = [];
    while (this.#rows[0] && exceeds(this.#stored, this.#rows[0])) {
      const { slot, receipts, characters } = this.#rows.shift()!; // The loop's condition saw it.
      add(this.#stored, -receipts, -characters);
      free.push(slot);
    }
    const slot = free.pop() ?? this.#rows.reduce((most, row) => Math.max(most, row.slot), 0) + 1;
    this.#sequence += 1;
    this.ctx.storage.sql.exec(
      "INSERT INTO ring (slot, seq, lines) VALUES (?1, ?2, ?3) ON CONFLICT (slot) DO UPDATE SET seq = ?2, lines = ?3",
      slot,
      this.#sequence,
      lines.join("\n"),
    );
    // More than one place is free only after large batches took over from small ones.
    if (free.length > 0) {
      this.ctx.storage.sql.exec(
        "DELETE FROM ring WHERE slot IN (SELECT value FROM json_each(?))",
        JSON.stringify(free),
      );
    }
    this.#count(slot, lines);
  }

  #count(slot: number, lines: readonly string[]): void {
    const characters = charactersOf(lines);
    this.#rows.push({ slot, receipts: lines.length, characters });
    add(this.#stored, lines.length, characters);
  }
}

const charactersOf = (lines: readonly string[]): number => lines.reduce((sum, line) => sum + line.length, 0);

function add(total: { receipts: number; characters: number }, receipts: number, characters: number): void {
  total.receipts += receipts;
  total.characters += characters;
}

/** Whether a total is over the ring's bounds, even after `without` is taken away from it. */
const exceeds = (
  total: { receipts: number; characters: number },
  without: { receipts: number; characters: number } = { receipts: 0, characters: 0 },
): boolean =>
  total.receipts - without.receipts > RING.receipts ||
  total.characters - without.characters > RING.characters;

const toTrace = (eventId: string, held: Held): Trace => ({
  eventId,
  at: held.at,
  receipts: held.lines.flatMap((line) => parseLine(line) ?? []).sort((a, b) => a.at - b.at),
});
