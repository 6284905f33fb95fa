/**
 * What all destinations that delete people share: what a refusal means for an erasure, and what several answers come to
 * together. An erasure is not given up as a delivery is: what a person must mend is asked again, hour by hour, until the
 * request's deadline makes it somebody's business.
 */
import type { DeliveryOutcome } from "#core/outcome";
import type { ErasureOutcome } from "./contract.ts";

/** How long to wait for a person who must mend a token, a secret or a receiver. */
const MEND_SECONDS = 3600;

/** An erasure that waits until somebody has mended something. @param detail says what, in words */
export const untilMended = (code: string, detail: string): ErasureOutcome => ({
  status: "retry",
  code,
  afterSeconds: MEND_SECONDS,
  detail,
});

/** What a refused or lost request means for an erasure; details of deliveries are left out. */
export function erasureRefused(outcome: DeliveryOutcome): ErasureOutcome {
  switch (outcome.status) {
    case "unauthorized":
      return untilMended(
        "unauthorized",
        "The vendor refuses our credentials: replace the token, or give it the rights that the docs name.",
      );
    case "retry":
      return outcome;
    case "failed":
      return { status: "failed", code: outcome.code };
    case "delivered":
    case "skipped":
      return { status: "retry", code: "answer_unexpected" };
  }
}

/** From what decides most to what decides least: whatever is open goes on first, and what failed is told at the end. */
const WEIGHT: readonly ErasureOutcome["status"][] = ["retry", "failed", "requested", "confirmed", "none"];

/** What several answers of one vendor come to: the one that weighs most. `none` of none. */
export function together(outcomes: readonly ErasureOutcome[], none: string): ErasureOutcome {
  const [heaviest] = [...outcomes].sort((a, b) => WEIGHT.indexOf(a.status) - WEIGHT.indexOf(b.status));
  return heaviest ?? { status: "none", detail: none };
}
