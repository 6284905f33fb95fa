/** What pure code is given instead of reaching for the platform: the time and randomness. */

/** Epoch milliseconds. */
export type Clock = () => number;

/** A fresh UUID. */
export type NewId = () => string;

export const DAY_MS = 86_400_000;
