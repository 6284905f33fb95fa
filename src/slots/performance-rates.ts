/**
 * How offers perform, for slots that rank by it, in this isolate: read again from KV every 30 s, after an answer, so that
 * no visitor waits for it. Worked out by performance-tend.ts; called by decide/for-request.ts.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { logError } from "#core/log";
import type { Rates } from "./rank.ts";

export const RATES_KEY = "offers:rates";
const REFRESH_MS = 30_000;
interface Held {
  rates: Rates | undefined;
  readAt: number;
}
const held = new WeakMap<KVNamespace, Held>();

/** The rates that this isolate has in memory; undefined where no slot ranks by them, or none were read yet. */
export function ratesNow(
  document: ReleaseDocument,
  now: number,
  { kv, waitUntil }: { kv: KVNamespace; waitUntil(work: Promise<unknown>): void },
): Rates | undefined {
  if (!isRanking(document)) return undefined;
  const known = held.get(kv);
  if (!known || now - known.readAt >= REFRESH_MS) {
    held.set(kv, { rates: known?.rates, readAt: now });
    const read = kv.get<Rates>(RATES_KEY, "json").then(
      (rates) => held.set(kv, { rates: rates ?? undefined, readAt: now }),
      (error: unknown) => logError("the rates of offers cannot be read", error),
    );
    waitUntil(read);
  }
  return known?.rates;
}

const ranking = new WeakMap<ReleaseDocument, boolean>();

/** Whether some slot ranks by performance. */
export function isRanking(document: ReleaseDocument): boolean {
  let known = ranking.get(document);
  if (known === undefined) {
    known = Object.values(document.slots).some(({ rankBy }) => rankBy !== "none");
    ranking.set(document, known);
  }
  return known;
}
