/**
 * Receipts of an event in the lake, for a trace that the live ring no longer holds: by about when it came in, or over a
 * span of hours. A whole lake is what DuckDB is for.
 */
import type { Receipt } from "#contracts/messages/receipt";
import { type LakeTrace, traceFromLake } from "#lake/trace";

const HOUR_MS = 3_600_000;

/** Receipts of `eventId` in the hour of `at` (epoch ms) and in those beside it, oldest first: a delivery comes later. */
export const findLanded = (bucket: R2Bucket, eventId: string, at: number): Promise<LakeTrace> =>
  traceFromLake(bucket, eventId, aroundHour(at));

/** Three hours. @param at epoch ms of the one in the middle */
export const aroundHour = (at: number) => ({ from: at - HOUR_MS, to: at + HOUR_MS });

/** Two lists as one, each decision once, oldest first. */
export function mergeReceipts(one: readonly Receipt[], other: readonly Receipt[]): Receipt[] {
  const byDecision = new Map<string, Receipt>();
  for (const receipt of [...one, ...other]) {
    const delivery = receipt.stage === "delivery" ? [receipt.destination, receipt.attempt] : [];
    const decision = JSON.stringify([receipt.stage, receipt.at, receipt.outcome, ...delivery]);
    if (!byDecision.has(decision)) byDecision.set(decision, receipt);
  }
  return [...byDecision.values()].sort((a, b) => a.at - b.at);
}
