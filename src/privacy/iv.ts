/** Initialisation vectors of AES-GCM: random, each used once. Drawn many at a time, since each draw is a call into the runtime. */
import { toBase64Url } from "#core/base64";

export const IV_BYTES = 12;
/** Without a rest. */
const IV_CHARS = 16;
const DRAWN = 64;

/** Twelve random bytes that nobody was given before, and the same as base64url. */
export interface Iv {
  bytes: Uint8Array<ArrayBuffer>;
  text: string;
}

let pool = new Uint8Array(0);
let texts = "";
let next = DRAWN;

export function nextIv(): Iv {
  if (next === DRAWN) {
    // New ones: views of the last may still be in use. Not at start-up, when there is no randomness yet.
    pool = crypto.getRandomValues(new Uint8Array(DRAWN * IV_BYTES));
    texts = toBase64Url(pool);
    next = 0;
  }
  const n = next++;
  return {
    bytes: pool.subarray(n * IV_BYTES, (n + 1) * IV_BYTES),
    text: texts.slice(n * IV_CHARS, (n + 1) * IV_CHARS),
  };
}
