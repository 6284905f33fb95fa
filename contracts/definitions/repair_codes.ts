/**
 * Codes of refusals that a repair can put right; of events refused for another reason nothing is kept. Beside repair.ts, so
 * that the door does not bring the schemas along.
 */
export const REPAIRABLE_CODES = [
  "invalid_event",
  "unknown_event",
  "unknown_version",
  "invalid_timestamp",
  "timestamp_in_future",
  "timestamp_too_old",
] as const;
