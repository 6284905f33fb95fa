/**
 * Brings the cached members of profiles to what the links say, and the edge snapshots with them: after a change by hand,
 * and wherever a crash left the one without the other. Called by apply.ts and by the scheduled repair.
 */
import type { Clock } from "#core/clock";
import { Problem } from "#core/problem";
import { conflictsOf } from "../conflicts.ts";
import { hasErasures, requireErasures } from "../erasures.ts";
import type { IdentifierRow } from "../graph.ts";
import { type Partition, partition } from "../partition.ts";
import { type Graph, readClosed } from "../read.ts";
import type { IdentityRules } from "../rules.ts";
import { besideDead, changedRows, matesOf, settledMoves } from "../settle.ts";
import type { IdentityShards } from "../shards.ts";
import { writeGraph } from "../write.ts";
import { takeBackGrants } from "./own-consent.ts";

/** Profiles as they are about to be written. */
export interface Settling {
  rows: Map<string, IdentifierRow>;
  /** As they were read. */
  before: Map<string, IdentifierRow>;
  /** Keys of rows to be written; may be added to. */
  touched: Set<string>;
  partition: Partition;
  /** Key → imported lists that name it. */
  lists: Graph["lists"];
}

/** Publishes what was put into rows, but for those that somebody else wrote meanwhile. */
export type Publish = (lost: ReadonlySet<string>) => Promise<void>;

export interface SettleDeps {
  /** The log of erasures. */
  bucket: R2Bucket;
  rules: IdentityRules;
  clock: Clock;
  /** Puts the edge snapshots of profiles into their visitors' rows: what they are is not this folder's to know. */
  snapshots(settling: Settling, roots: readonly string[]): Publish;
}

const MAX_RUNS = 8;

/**
 * Read profiles whole, partition them, and write the members and snapshots that differ. Repeated, it writes nothing.
 * @param repair names what is merged and split by it, for the audit log; a change by hand has an entry of its own
 * @returns how many rows it wrote
 * @throws Problem 503 `identity_busy` where others keep writing the same rows
 */
export async function settleProfiles(
  identity: IdentityShards,
  keys: readonly string[],
  deps: SettleDeps,
  repair?: string,
): Promise<number> {
  let written = 0;
  for (let run = 0; run < MAX_RUNS; run++) {
    const graph = await readSafely(identity, keys, deps);
    const { rows } = graph;
    const before = new Map([...rows].map(([key, row]) => [key, { ...row }]));
    const parts = partition(rows.keys(), graph.links, deps.rules);
    const changed = changedRows(graph, parts);
    for (const row of changed) rows.set(row.key, row);
    await takeBackGrants(identity, changed, before);
    const moved = new Set(changed.map(({ key }) => key));
    const mates = [...matesOf(moved, parts)].filter((key) => rows.has(key));
    const touched = new Set([...mates, ...besideDead(graph).map(({ key }) => key)]);
    const roots = new Set([...keys, ...moved].map((key) => parts.rootOf.get(key) ?? key));
    const publish = deps.snapshots({ rows, before, touched, partition: parts, lists: graph.lists }, [
      ...roots,
    ]);
    const lost = await writeGraph(identity, {
      rows: [...touched].flatMap((key) => rows.get(key) ?? []),
      links: graph.torn,
      dead: graph.dead,
      subjectKeys: [],
      decisions: [],
      conflicts: conflictsOf(graph.links, parts, (key) => moved.has(key)),
      moves: {
        id: `${repair}.${run}`,
        moves: repair === undefined ? [] : settledMoves(before, parts, moved),
      },
      erasures: graph.erasures,
      now: deps.clock(),
    });
    await publish(new Set(lost));
    written += touched.size - lost.length;
    if (lost.length === 0) return written;
  }
  throw busy();
}

/** The graph around some keys, from databases that have all erasures. @throws Problem 503 `identity_busy` */
export async function readSafely(
  identity: IdentityShards,
  keys: readonly string[],
  { bucket, rules, clock }: Pick<SettleDeps, "bucket" | "rules" | "clock">,
): Promise<Graph> {
  for (let run = 0; run < MAX_RUNS; run++) {
    const graph = await readClosed(identity, keys, rules);
    if (hasErasures(identity, graph.erasures, clock())) return graph;
    const done = await requireErasures(identity, bucket, clock());
    if (done === 0 && graph.erasures >= 0) return graph;
  }
  throw busy();
}

export const busy = (): Problem =>
  new Problem(
    503,
    "identity_busy",
    "Others keep writing these profiles. What was recorded is finished by itself; look again in a moment.",
    { "retry-after": "5" },
  );
