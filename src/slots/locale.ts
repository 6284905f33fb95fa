/**
 * Which language a visitor gets: the one asked for by name, else what `Accept-Language` prefers, each with its parents
 * (`sk-SK`, then `sk`). Pure. Called by content.ts.
 */
import type { ContentDefinition } from "#contracts/definitions/content";

const languages = new WeakMap<ContentDefinition, string>();

/** A text, and the language that it is in. */
export function inLocale<T extends ContentDefinition>(content: T, locale: string): T {
  languages.set(content, locale);
  return content;
}

/** The language of a text that was chosen; undefined where nobody has said which it is. */
export const localeOf = (content: ContentDefinition): string | undefined => languages.get(content);

/** What a request says of languages. */
export interface Wanted {
  /** Asked for by name, and then nothing else counts. */
  locale?: string | undefined;
  /** The `Accept-Language` header. */
  accept?: string | null | undefined;
}

const MAX_HEADER_CHARS = 500;
const MAX_TAGS = 12;
const TAG = /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i;

/** A tag as it is usually written (`sk-SK`, `zh-Hant`), and its parents; none for what is no tag. */
export function chainOf(tag: string): string[] {
  if (tag.length > 35 || !TAG.test(tag)) return [];
  const parts = tag.split("-").map((part, n) => {
    if (n === 0) return part.toLowerCase();
    return part.length === 4
      ? `${part.charAt(0).toUpperCase()}${part.slice(1).toLowerCase()}`
      : part.toUpperCase();
  });
  return parts.map((_, n) => parts.slice(0, parts.length - n).join("-"));
}

/**
 * Chains of the wanted languages, most wanted first. A malformed header wants nothing.
 * https://www.rfc-editor.org/rfc/rfc9110#field.accept-language
 */
export function chainsOf({ locale, accept }: Wanted): string[][] {
  if (locale !== undefined) return [chainOf(locale)].filter(isSome);
  if (!accept || accept.length > MAX_HEADER_CHARS) return [];
  return accept
    .split(",", MAX_TAGS)
    .map((range) => {
      const [tag = "", ...parameters] = range.split(";");
      const q = parameters.map((one) => /^\s*q=([\d.]{1,5})\s*$/i.exec(one)?.[1]).find(Boolean);
      return { tag: tag.trim(), q: q === undefined ? 1 : Number(q) };
    })
    .filter(({ q }) => q > 0)
    .sort((a, b) => b.q - a.q)
    .map(({ tag }) => chainOf(tag))
    .filter(isSome);
}

const isSome = (chain: readonly string[]): boolean => chain.length > 0;

/** The first of the chains' tags that there is. */
export function firstOf(
  chains: readonly (readonly string[])[],
  has: (locale: string) => boolean,
): string | undefined {
  for (const chain of chains) for (const tag of chain) if (has(tag)) return tag;
  return undefined;
}
