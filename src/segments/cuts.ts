/**
 * The cuts between the quantiles of a release's RFM features: drawn from all profiles each night (src/ingest/count), kept
 * in KV, and in each isolate's memory for as long as the release is. A release without such a feature reads nothing.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { logError } from "#core/log";
import type { Cuts, RfmCuts } from "./rfm.ts";

const NAME = "segments:cuts";
const REFRESH_MS = 30_000;
const NONE: Cuts = {};

const held = new WeakMap<KVNamespace, { cuts: Cuts; readAt: number }>();

/** Whether the release asks for any. */
export const hasRfm = ({ features }: ReleaseDocument): boolean =>
  Object.values(features).some((feature) => "rfm" in feature);

/** No promise where they are in memory, or not needed. Where KV fails, those that were known hold on. */
export function cutsOf(kv: KVNamespace, document: ReleaseDocument, now: number): Cuts | Promise<Cuts> {
  if (!needsCuts(document)) return NONE;
  const known = held.get(kv);
  return known && now - known.readAt < REFRESH_MS ? known.cuts : load(kv, now, known?.cuts);
}

const needing = new WeakMap<ReleaseDocument, boolean>();

function needsCuts(document: ReleaseDocument): boolean {
  let needs = needing.get(document);
  if (needs === undefined) {
    needs = hasRfm(document);
    needing.set(document, needs);
  }
  return needs;
}

async function load(kv: KVNamespace, now: number, before: Cuts = NONE): Promise<Cuts> {
  let cuts = before;
  try {
    cuts = (await kv.get<Cuts>(NAME, { type: "json", cacheTtl: 30 })) ?? NONE; // of writeCuts
  } catch (error) {
    logError("the cuts of quantiles cannot be read", error);
  }
  held.set(kv, { cuts, readAt: now });
  return cuts;
}

/** Keep the night's cuts. @returns whether they are others than before */
export async function writeCuts(kv: KVNamespace, cuts: Cuts, now: number): Promise<boolean> {
  const text = JSON.stringify(cuts);
  if ((await kv.get(NAME)) === text) return false;
  await kv.put(NAME, text);
  held.set(kv, { cuts, readAt: now });
  return true;
}

/** One person in the draw: by a hash of who it is, so that a person is drawn or not whatever the order. */
export type Drawn = readonly [rank: number, recency: number, frequency: number, monetary: number];

/** Of more buyers than these, quantiles are those of a uniform draw of so many. */
const MAX_DRAWN = 5_000;
/** Of all features together: a night's draws lie in one row of D1, which has 2 MB (src/ingest/count/store.ts). */
const MAX_DRAWN_IN_ALL = 20_000;

/** Those with the lowest ranks of both: the same in whatever order draws are put together. @param features that are drawn for */
export const mergeDrawn = (a: readonly Drawn[], b: readonly Drawn[], features = 1): Drawn[] =>
  [...a, ...b]
    .sort((x, y) => x[0] - y[0])
    .slice(0, Math.min(MAX_DRAWN, Math.floor(MAX_DRAWN_IN_ALL / features)));

/** Four cuts between five parts of (as near as values allow) the same size; undefined where nobody was drawn. */
export function cutsAmong(drawn: readonly Drawn[]): RfmCuts | undefined {
  if (drawn.length === 0) return undefined;
  const of = (place: 1 | 2 | 3): number[] => {
    const sorted = drawn.map((one) => one[place]).sort((a, b) => a - b);
    return PARTS.map((part) => sorted[Math.ceil(part * sorted.length) - 1] ?? 0);
  };
  return { recency: of(1), frequency: of(2), monetary: of(3) };
}

const PARTS = [0.2, 0.4, 0.6, 0.8];
