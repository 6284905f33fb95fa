/** Initialisation vectors of AES-GCM: random, each used once. Drawn many at a time, since each draw is a call into the runtime. */

export const IV_BYTES = 12;
const DRAWN = 64;

let pool: Uint8Array<ArrayBuffer> | undefined;
let at = 0;

/** Twelve random bytes that nobody was given before. */
export function nextIv(): Uint8Array<ArrayBuffer> {
  if (!pool || at === pool.length) {
    // A new one: views of the last may still be in use. Not at start-up, when there is no randomness yet.
    pool = crypto.getRandomValues(new Uint8Array(DRAWN * IV_BYTES));
    at = 0;
  }
  at += IV_BYTES;
  return pool.subarray(at - IV_BYTES, at);
}
