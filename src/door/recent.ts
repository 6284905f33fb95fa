/**
 * A bounded memory of what was worked out from a text: a user agent's device, a cookie whose signature was checked. Most
 * requests of a visit come to the isolate that saw the one before. The oldest entry makes room for a new one.
 */

import { inOnePiece } from "#core/one-piece";

export interface Recent<V> {
  get(text: string): V | undefined;
  keep(text: string, value: V): void;
}

/** Remembers at most `size` texts. Values are shared between requests and must not be changed. */
export function recent<V>(size: number): Recent<V> {
  const entries = new Map<string, V>();
  return {
    get: (text) => entries.get(text),
    keep(text, value) {
      if (entries.size >= size) {
        const oldest = entries.keys().next().value;
        if (oldest !== undefined) entries.delete(oldest);
      }
      // A piece of a header would keep the whole header.
      entries.set(inOnePiece(text), value);
    },
  };
}
