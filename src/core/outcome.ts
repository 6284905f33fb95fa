/**
 * What can become of one delivery item. Expected outcomes are data; exceptions are for bugs. `src/forward/deliver.ts`
 * is the one place that maps them to a new envelope, a dead letter or nothing.
 */
export type DeliveryOutcome =
  /** The vendor confirmed it. `mayRepeat`: the vendor does not deduplicate, so a crash may have sent it twice. */
  | { status: "delivered"; detail?: string; mayRepeat?: boolean }
  /** It must not, or need not, go there. */
  | { status: "skipped"; reason: string }
  /** It may work later. `afterSeconds`: as the vendor asked; else the backoff decides. */
  | { status: "retry"; code: string; afterSeconds?: number }
  /** It will never work as it is: a dead letter. */
  | { status: "failed"; code: string; detail?: string }
  /** The destination refuses our credentials: it is paused and its items are parked. */
  | { status: "unauthorized"; detail?: string };
