/**
 * Reading `application/x-www-form-urlencoded` text, in a query or in a body: as URLSearchParams reads it, but for what
 * nearly every text is made of without a call into the runtime for each pair.
 */

/** Parameters in the order in which they were sent. */
export interface Query extends Iterable<[name: string, value: string]> {
  /** The first value of a name. */
  get(name: string): string | null;
}

class Pairs implements Query {
  readonly #pairs: [string, string][];

  constructor(pairs: [string, string][]) {
    this.#pairs = pairs;
  }

  get(name: string): string | null {
    for (const pair of this.#pairs) if (pair[0] === name) return pair[1];
    return null;
  }

  [Symbol.iterator](): Iterator<[string, string]> {
    return this.#pairs[Symbol.iterator]();
  }
}

/** @param text without a leading `?` */
export function parseQuery(text: string): Query {
  const pairs: [string, string][] = [];
  for (let start = 0; start < text.length; ) {
    const ampersand = text.indexOf("&", start);
    const end = ampersand < 0 ? text.length : ampersand;
    if (end > start) {
      const equals = text.indexOf("=", start);
      const cut = equals < 0 || equals > end ? end : equals;
      pairs.push([decode(text.slice(start, cut)), decode(text.slice(cut + 1, end))]);
    }
    start = end + 1;
  }
  return new Pairs(pairs);
}

/** The query of an absolute URL. */
export function queryOf(url: string): Query {
  const start = url.indexOf("?");
  if (start < 0) return parseQuery("");
  const end = url.indexOf("#", start);
  return parseQuery(url.slice(start + 1, end < 0 ? undefined : end));
}

function decode(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    // Bytes that are no UTF-8, or a lone percent sign: as lenient as the standard asks.
    return new URLSearchParams(`v=${text}`).get("v") ?? "";
  }
}
