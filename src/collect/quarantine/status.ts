/** How the index writes things: the states of a refused event, texts of a sender, days, and envelopes that bring events back. */

/**
 * `kept` sealed in R2, to be put right · `replaying` taken by a replay that has not ended · `sent` put right and on the
 * events queue · `back` ingested, and in the lake · `denied` stopped at ingest: consent was withdrawn, or the person is
 * suppressed · `discarded` by an operator · `lost` nothing of it is kept, for want of consent or because it is too large ·
 * `erased` with the person whose it was: the row is left for the counts, and says no more than where the event had been
 */
export const STATUSES = [
  "kept",
  "replaying",
  "sent",
  "back",
  "denied",
  "discarded",
  "lost",
  "erased",
] as const;
export type Status = (typeof STATUSES)[number];

const PREFIX = "replay-";

/** Ids of a replay's envelopes: the same for the same replay, so that one which is repeated is a redelivery. */
export const envelopeId = (replay: string, number: number): string => `${PREFIX}${replay}-${number}`;

/** The replay that an envelope belongs to; undefined for one that the door made. */
export const replayOf = (envelope: string): string | undefined =>
  envelope.startsWith(PREFIX) ? envelope.slice(PREFIX.length, envelope.lastIndexOf("-")) : undefined;

/** UTC day of a time, `YYYY-MM-DD`. @param at epoch ms */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/**
 * A sender's text as a row holds it: SQLite gives back neither half a surrogate pair nor what follows a zero as it was,
 * and a key that does not compare equal is never found again.
 */
export const rowText = (text: string): string => text.toWellFormed().replaceAll("\0", "\ufffd");
