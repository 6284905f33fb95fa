/**
 * What a banner's cookie can say, and the few steps by which every parser in this folder turns hostile text into it.
 * The caller (../banner.ts) has capped the text before; nothing here throws, goes back in the text, or recurses.
 */
import type { Purpose } from "#contracts/taxonomy";

/** A decision that a banner has stored. */
export interface BannerDecision {
  /** The banner's categories: granted or refused. One that is not in it was not asked about. */
  categories: ReadonlyMap<string, boolean>;
  /** The cookie lists only what was granted: any other category was refused. */
  onlyGrants?: boolean;
  /** The banner took Global Privacy Control as an opt-out, whatever its categories say. */
  optedOut?: boolean;
  /** Epoch ms of the decision; 0 where the cookie does not tell. */
  givenAt: number;
  /** Epoch ms from which the banner itself asks again. */
  expiresAt?: number;
  /** Version of the banner or of its policy. */
  version?: string;
  /** The part of the text that holds the decision, where the banner writes the rest anew with each page. */
  proof?: string;
}

/**
 * undefined: the visitor has not decided, or the cookie is no such banner's. `malformed`: the banner's, but broken.
 * `unsupported`: the banner's, in a form that cannot be read here.
 */
export type BannerReading = BannerDecision | "malformed" | "unsupported" | undefined;

export interface Banner {
  /** Names of the cookies that it reads. */
  cookies: readonly string[];
  /** Its usual categories, and our purpose for each. */
  categories: Readonly<Record<string, Purpose>>;
  /** @param values of the cookies, in the order of their names; an empty one is given as undefined */
  read(values: readonly (string | undefined)[]): BannerReading;
}

/** Collects categories: of one that is named twice, the refusal counts. Numbers and words are no grants. */
export function addCategory(categories: Map<string, boolean>, name: unknown, granted: unknown): void {
  if (typeof name !== "string" || name === "" || name.length > 128) return;
  categories.set(name, granted === true && categories.get(name) !== false);
}

/** Percent-decoding; undefined where an escape is broken or no UTF-8. */
export function unescaped(text: string): string | undefined {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // The one thing this throws for, a broken escape, is what undefined says.
  }
}

/**
 * A JSON object; undefined for anything else. Within the cap the deepest nesting is some thousand levels, which the
 * runtime's parser takes; no caller descends more than three.
 */
export function jsonObject(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (text === undefined) return undefined;
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return undefined; // As above: no JSON.
  }
}

/** A value as an object that can be asked for fields; undefined for lists and all else. */
export const objectOf = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const ISO_MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)$/;

/** Epoch ms of an ISO 8601 moment; undefined where it is none. */
export function momentOf(value: unknown): number | undefined {
  if (typeof value !== "string" || !ISO_MOMENT.test(value)) return undefined;
  const time = Date.parse(value);
  return time > 0 ? time : undefined;
}

/** A number of milliseconds that a clock can show; undefined for any other value. */
export const millisOf = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 8.64e15 ? value : undefined;
