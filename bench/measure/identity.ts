/**
 * What identity costs as it grows: a batch of 100 events on a D1 with 10,000 identifiers and on one with 1,000,000, in
 * turns; and how well it works: people of whom it is known which identifiers are theirs, through the same ingest. D1 is
 * Miniflare's; KV, R2 and queues answer at once.
 */
import "../node-runtime.ts";
import { readFile } from "node:fs/promises";
import { releaseSchema } from "#contracts/definitions/release";
import type { AcceptedEvent, EventEnvelope, IdentifierRef } from "#contracts/messages/event_envelope";
import { normaliseIdentifier } from "#identity/normalise";
import { evaluateLabelled } from "#identity/quality/labelled";
import { walkIdentity } from "#identity/quality/walk";
import { DEFAULT_RULES } from "#identity/rules";
import { identityShards } from "#identity/shards";
import { type IngestDeps, ingest } from "#ingest/ingest";
import { keyring } from "#privacy/keys";
import { identifierKey } from "#privacy/lookup";
import { population, type SentIdentifier } from "../../test/setup/labelled-people.ts";
import { createCpuMeter } from "../cost/cpu.ts";
import { startD1 } from "../cost/d1.ts";
import { createMeter, type Meter } from "../cost/meter.ts";
import { seededChance } from "../cost/random.ts";
import { kvBinding, r2Binding } from "../cost/stores.ts";
import { fill, GROUP, type ModelRow, namedBy } from "./identity-rows.ts";
import { describeFigure } from "./report.ts";
import { quartiles } from "./statistics.ts";

const SIZES = [10_000, 1_000_000] as const;
/** The time of a batch on the larger database over that on the smaller one, at most. */
const MAX_RATIO = 1.5;
const EVENTS_PER_BATCH = 100;
const EVENTS_PER_ENVELOPE = 5;
/** Batches on each database that do not count. */
const WARM = 8;
const PEOPLE = 500;

/** Prints. @param batches on each database @throws Error where people were welded together */
export async function reportIdentity(batches: number): Promise<void> {
  await reportGrowth(batches);
  await reportLabelled();
}

interface Desk {
  deps: IngestDeps;
  db: D1Database;
  meter: Meter;
  /** Round trips to the database. */
  rounds(): number;
  close(): Promise<void>;
}

async function openDesk(): Promise<Desk> {
  const meter = createMeter();
  const { db: bare, close } = await startD1(meter, createCpuMeter());
  let rounds = 0;
  const counted = <T>(answer: T): T => {
    rounds++;
    return answer;
  };
  const db = {
    prepare: (sql: string) => {
      const statement = bare.prepare(sql);
      const { all, run, first, bind } = statement;
      const shown = (one: D1PreparedStatement): D1PreparedStatement =>
        Object.assign(one, {
          all: () => counted(all.call(one)),
          run: () => counted(run.call(one)),
          first: () => counted(first.call(one)),
        });
      return Object.assign(shown(statement), {
        bind: (...values: unknown[]) => bind.apply(statement, values),
      });
    },
    batch: (statements: D1PreparedStatement[]) => counted(bare.batch(statements)),
  } as unknown as D1Database; // What src/ uses of it.
  const text = await readFile(new URL("../../demo/release.json", import.meta.url), "utf8");
  const document = releaseSchema.parse({
    ...JSON.parse(text.replaceAll("{{SANDBOX_URL}}", "https://vendor.example.com")),
    destinations: {},
  });
  const taken = { sendBatch: async () => {} } as unknown as IngestDeps["queues"]["crm"];
  // What is shown live is not what is measured here.
  const live = { append: async () => {} };
  const deps: IngestDeps = {
    db,
    identity: identityShards([db]),
    kv: kvBinding(new Map(), meter),
    lake: r2Binding(meter),
    liveTail: { idFromName: (name: string) => name, get: () => live } as unknown as IngestDeps["liveTail"],
    queues: { analytics: taken, crm: taken },
    keys: await keyring("identity-bench-0123456789abcdef0123456789"),
    release: { version: 1, document },
    clock: () => Date.now(),
  };
  return { deps, db, meter, rounds: () => rounds, close };
}

let made = 0;

function eventOf(identifiers: IdentifierRef[]): AcceptedEvent {
  const now = Date.now();
  return {
    id: `bench-${++made}-4000-8000-0123456789ab`,
    name: "page_view",
    version: "1.0.0",
    occurredAt: now,
    protocol: "native",
    identifiers,
    properties: { content: { content_id: `article-${made % 50}`, content_type: "article", topic: "winter" } },
    context: { session: { id: `s${made}`, number: 1, startedAt: now } },
    removed: [],
    consent: {
      receipt: "r1",
      regime: "gdpr",
      granted: ["analytics", "marketing", "personalization"],
      grounds: {},
      decidedAt: now - 86_400_000,
    },
  };
}

/** @param each the identifiers of each event, one envelope for some of them */
const envelopesOf = (each: readonly IdentifierRef[][], perEnvelope: number): EventEnvelope[] =>
  Array.from({ length: Math.ceil(each.length / perEnvelope) }, (_, n) => ({
    v: 1,
    kind: "events",
    id: `envelope-${++made}`,
    source: "web",
    receivedAt: Date.now(),
    refused: [],
    events: each.slice(n * perEnvelope, (n + 1) * perEnvelope).map(eventOf),
  }));

async function reportGrowth(batches: number): Promise<void> {
  const begun = performance.now();
  const desks = await Promise.all(SIZES.map(openDesk));
  try {
    for (const [n, desk] of desks.entries())
      await fill(desk.db, SIZES[n] ?? 0, await modelRow(desk), Date.now());
    const filled = (performance.now() - begun) / 1000;
    const millis = SIZES.map((): number[] => []);
    const before = desks.map(({ meter, rounds }) => ({ ...meter.counts, rounds: rounds() }));
    const chance = seededChance(20_261_123);
    for (let turn = -WARM; turn < batches; turn++) {
      // Who comes second finds the engine warm: each does in turn.
      for (const n of turn % 2 === 0 ? [0, 1] : [1, 0]) {
        const desk = desks[n];
        if (!desk) continue;
        const each = Array.from({ length: EVENTS_PER_BATCH / EVENTS_PER_ENVELOPE }, () => {
          const group = Math.floor((chance.next() * (SIZES[n] ?? 0)) / GROUP);
          const named = namedBy(
            group,
            chance.next(),
            `new${n}x${turn + WARM}x${chance.next().toString(36).slice(2)}`,
          );
          return Array.from({ length: EVENTS_PER_ENVELOPE }, () => named);
        }).flat();
        const envelopes = envelopesOf(each, EVENTS_PER_ENVELOPE);
        if (turn === 0) before[n] = { ...desk.meter.counts, rounds: desk.rounds() };
        const started = performance.now();
        await ingest(envelopes, desk.deps);
        if (turn >= 0) millis[n]?.push(performance.now() - started);
      }
    }
    const [small, large] = millis.map(quartiles);
    if (!small || !large) return;
    const ratio = large.median / small.median;
    const lines = desks.map(({ meter, rounds }, n) => {
      const { lower, median, upper } = quartiles(millis[n] ?? []);
      const was = before[n];
      const each = (now: number, then = 0) => ((now - then) / batches).toFixed(1);
      return (
        `  ${(SIZES[n] ?? 0).toLocaleString("en").padStart(9)} identifiers: ${median.toFixed(1)} ms (${lower.toFixed(1)}–${upper.toFixed(1)}), ` +
        `${each(rounds(), was?.rounds)} rounds, ${each(meter.counts.rowsRead, was?.rowsRead)} rows read, ` +
        `${each(meter.counts.rowsWritten, was?.rowsWritten)} rows written`
      );
    });
    const largest = desks.at(-1);
    console.log(
      [
        `Ingest of ${EVENTS_PER_BATCH} events of ${EVENTS_PER_BATCH / EVENTS_PER_ENVELOPE} known and new visitors, D1 in Miniflare (filled in ${filled.toFixed(0)} s)`,
        ...lines,
        describeFigure("1,000,000 over 10,000", ratio.toFixed(2), `≤ ${MAX_RATIO}`, ratio <= MAX_RATIO),
        ...(largest ? [await describeWalk(largest)] : []),
        "",
      ].join("\n"),
    );
  } finally {
    for (const desk of desks) await desk.close();
  }
}

/** Runs of the walk over the identifiers, as the schedule does one each minute. */
async function describeWalk({ deps, meter }: Desk): Promise<string> {
  const runs = 5;
  const { identity, lake: bucket, clock } = deps;
  // Nothing is to be settled, so that no snapshot follows.
  const settling = { bucket, rules: DEFAULT_RULES, clock, snapshots: () => async () => {} };
  const begun = performance.now();
  const before = { ...meter.counts };
  let rows = 0;
  for (let run = 0; run < runs; run++) {
    const walked = await walkIdentity(identity, settling, () => `walk-${run}`, Date.now());
    if (walked.repaired > 0) throw new Error("ingest has left rows that do not say what the links say");
    rows += walked.rows;
  }
  const each = (now: number, then = 0) => Math.round((now - then) / runs).toLocaleString("en");
  return (
    `  a run of the walk over ${each(rows)} identifiers: ${each(performance.now() - begun)} ms, ` +
    `${each(meter.counts.rowsRead, before.rowsRead)} rows read, ${each(meter.counts.rowsWritten, before.rowsWritten)} written`
  );
}

/** A browser's row, as ingest writes it. */
async function modelRow({ deps, db }: Desk): Promise<ModelRow> {
  const key = "visitor_id:1.model";
  await ingest(
    envelopesOf(
      Array.from({ length: 6 }, () => [{ key, proof: "cookie" }]),
      6,
    ),
    deps,
  );
  const row = await db
    .prepare("SELECT facts, claims, consent, snapshot FROM identifiers WHERE key = ?1")
    .bind(key)
    .first<ModelRow>();
  if (!row) throw new Error("the model row was not written");
  return row;
}

async function reportLabelled(): Promise<void> {
  const desk = await openDesk();
  try {
    const { keys, release, identity } = desk.deps;
    const { document } = release;
    const normalise = (namespace: string, value: string) => normaliseIdentifier(namespace, value, document);
    const { events, people } = population(PEOPLE, seededChance(7).next);
    const refOf = async ({ namespace, value, proof }: SentIdentifier): Promise<IdentifierRef> => {
      const normal = await normalise(namespace, value);
      if (normal === undefined) throw new Error(`${namespace} ${value} identifies nobody`);
      return { key: await identifierKey(keys.lookup, namespace, normal), proof };
    };
    const each = await Promise.all(events.map((identifiers) => Promise.all(identifiers.map(refOf))));
    for (let start = 0; start < each.length; start += EVENTS_PER_BATCH)
      await ingest(envelopesOf(each.slice(start, start + EVENTS_PER_BATCH), 1), desk.deps);
    const found = await evaluateLabelled({ people }, identity, keys, normalise);
    const { precision, recall, f1 } = found.pairs;
    console.log(
      [
        `Labelled people: ${found.people} with ${found.identifiers} identifiers, ${events.length} events; devices and addresses that are shared, typing errors, claims`,
        describeFigure("precision of pairs", String(precision), "1", precision === 1),
        `  recall ${recall}, F1 ${f1}; profiles per person ${found.profiles_per_person?.mean} (at most ${found.profiles_per_person?.max}), people per profile ${found.people_per_profile?.mean} (at most ${found.people_per_profile?.max})`,
        "",
      ].join("\n"),
    );
    if (precision !== 1) throw new Error("people were welded together");
  } finally {
    await desk.close();
  }
}
