/**
 * A bounded memory of what was worked out from a text: a user agent's device, a cookie whose signature was checked. Most
 * requests of a visit come to the isolate that saw the one before. The oldest entries make room for new ones.
 */

import { inOnePiece } from "#core/one-piece";

export interface Recent<V, K = string> {
  get(key: K): V | undefined;
  keep(key: K, value: V): void;
}

/**
 * Remembers at most `size` texts, or marks of texts, and the newest half of them for certain. Values are shared between
 * requests and must not be changed.
 *
 * Two maps in turns: when the newer is half of it, the older is let go as a whole. To take single entries out of a map
 * costs more than all look-ups in it, and leaves holes that the next look for the oldest has to pass.
 */
export function recent<V, K extends string | number = string>(size: number): Recent<V, K> {
  const half = Math.max(1, Math.floor(size / 2));
  let newer = new Map<string | number, V>();
  let older = new Map<string | number, V>();
  return {
    get: (key) => newer.get(key) ?? older.get(key),
    keep(key, value) {
      if (newer.size >= half && !newer.has(key)) {
        older = newer;
        newer = new Map();
      }
      // A piece of a header would keep the whole header.
      newer.set(typeof key === "string" ? inOnePiece(key) : key, value);
    },
  };
}
