/**
 * Looks for what has been erased, in every table, object and key, and for events that should have come through and did
 * not. It knows who was named by what was sent, and what the erasures said they suppressed; nothing else of the product.
 */
import type { AcceptedEvent } from "#contracts/messages/event_envelope";
import type { IdentityShards } from "#identity/shards";
import { copyTables } from "./database.ts";

interface Sent {
  keys: string[];
  ingested: boolean;
}

interface Everywhere {
  identity: IdentityShards;
  kv: KVNamespace;
  bucket: R2Bucket;
  /** What the console's ring shows. */
  ring: string;
}

/** What an empty tombstone holds. */
const TOMBSTONE = {
  members: null,
  facts: "{}",
  claims: "[]",
  consent: null,
  sealed: null,
  snapshot: null,
  first_at: null,
};

export class Judge {
  readonly faults: string[] = [];
  readonly counts = { erased: 0, delivered: 0, landed: 0, stopped: 0 };
  readonly #sent = new Map<string, Sent>();
  readonly #erased = new Set<string>();

  sent({ id, identifiers }: AcceptedEvent): void {
    this.#sent.set(id, { keys: identifiers.map(({ key }) => key), ingested: false });
  }

  ingested(id: string): void {
    const sent = this.#sent.get(id);
    if (sent) sent.ingested = true;
  }

  /** From now on these are erased. */
  erased(subjects: readonly string[]): void {
    for (const key of subjects) this.#erased.add(key);
    this.counts.erased += subjects.length;
  }

  delivered(eventId: string): void {
    this.counts.delivered++;
    const keys = this.#sent.get(eventId)?.keys ?? [];
    const gone = keys.find((key) => this.#erased.has(key));
    if (gone) this.faults.push(`${eventId} was delivered after ${gone} was erased`);
  }

  async end(everywhere: Everywhere): Promise<void> {
    const landed = await this.look(everywhere);
    for (const [id, { keys, ingested }] of this.#sent) {
      if (!ingested) continue;
      const isErased = keys.some((key) => this.#erased.has(key));
      if (isErased) this.counts.stopped++;
      else if (landed.has(id)) this.counts.landed++;
      else this.faults.push(`${id}, of nobody who was erased, is not in the lake`);
    }
  }

  /** Look for who is erased. @returns ids of the events in the lake */
  async look({ identity, kv, bucket, ring }: Everywhere): Promise<Set<string>> {
    const texts: [place: string, text: string][] = [["ring", ring]];
    for (const [table, rows] of (await copyTables(identity)).flatMap((copy) => [...copy])) {
      for (const row of rows) {
        const isTombstone = table === "identifiers" && row.suppressed === 1;
        if (isTombstone) this.#isEmpty(row);
        else texts.push([table, JSON.stringify(row)]);
      }
    }
    const landed = new Set<string>();
    for (const { key } of (await bucket.list({})).objects) {
      if (key.startsWith("erasures/log/")) continue;
      const text = (await (await bucket.get(key))?.text()) ?? "";
      texts.push([key, `${key} ${text}`]);
      if (key.startsWith("landing/events/")) for (const id of eventIdsIn(text)) landed.add(id);
    }
    for (const key of this.#erased) {
      const snapshot = `edge:${key.slice(key.lastIndexOf(".") + 1)}`;
      if ((await kv.get(snapshot)) !== null) this.faults.push(`${snapshot} of ${key} is in KV`);
      for (const [place, text] of texts)
        if (text.includes(JSON.stringify(key).slice(1, -1)))
          this.faults.push(`${key} is in ${place}: ${text}`);
    }
    return landed;
  }

  #isEmpty(row: Record<string, unknown>): void {
    for (const [column, empty] of Object.entries(TOMBSTONE))
      if (row[column] !== empty) this.faults.push(`the tombstone of ${row.key} has ${column} ${row[column]}`);
  }
}

const eventIdsIn = (text: string): string[] =>
  text
    .trim()
    .split("\n")
    .flatMap((line) => {
      const record = JSON.parse(line) as { type?: string; id?: string };
      return record.type === "event" && record.id !== undefined ? [record.id] : [];
    });
