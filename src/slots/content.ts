/**
 * Content by key, in the visitor's language: of the release (`summer-hero`), or of a CMS (`cms:<source>/<content id>`).
 * Both were sanitised before, when the release was published or the item imported, so they go into a page as they are.
 * serve.ts opens them once per request; where a release has no CMS content and no languages this costs a look-up.
 */
import type { ContentDefinition } from "#contracts/definitions/content";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { CMS_PREFIX, refOf } from "#release/content-ref";
import {
  type AtEdge,
  type ContentIndex,
  heldItem,
  isKnownMissing,
  loadItems,
  readIndex,
} from "./cms/at-edge.ts";
import type { Decision } from "./decide.ts";
import { chainsOf, firstOf, inLocale, type Wanted } from "./locale.ts";

/** What one request can show. */
export interface Contents {
  /** Whether there is such content: an offer whose content is not there must not win. */
  has(key: string): boolean;
  /** In the visitor's language; undefined: the page's own baseline. The same object each time, so it may key a WeakMap. */
  get(key: string | null): ContentDefinition | undefined;
  /** To be awaited before `get` of CMS content: reads what is not in memory. Undefined: nothing to read. Never rejects. */
  load(keys: Iterable<string | null>, ms: number): Promise<void> | undefined;
}

/**
 * The contents for one request; a promise only where the index of CMS content has to be read first. Never rejects: what
 * cannot be known in time is not there.
 * @param wanted called only where the release has anything in several languages @param ms that may be waited
 */
export function openContents(
  document: ReleaseDocument,
  wanted: () => Wanted,
  edge: AtEdge,
  ms: number,
): Contents | Promise<Contents> {
  const kinds = kindsOf(document);
  if (!kinds.cms) return releaseContents(document, kinds.locales ? chainsOf(wanted()) : NONE);
  const chains = chainsOf(wanted());
  const index = readIndex(edge, ms);
  if (!(index instanceof Promise)) return allContents(document, chains, index, edge);
  return index.then((read) => allContents(document, chains, read, edge));
}

/** Contents of the release alone. */
export function releaseContents(document: ReleaseDocument, chains: readonly string[][]): Contents {
  return {
    has: (key) => Object.hasOwn(document.content, key),
    get: (key) => (key === null ? undefined : inLanguage(ofRelease(document, key), chains)),
    load: () => undefined,
  };
}

function allContents(
  document: ReleaseDocument,
  chains: readonly string[][],
  index: ContentIndex,
  edge: AtEdge,
): Contents {
  const own = releaseContents(document, chains);
  /** Where the item of a key lies, and its hash. */
  const find = (key: string) => {
    const ref = refOf(key);
    const source = ref && Object.hasOwn(document.cms, ref.source) ? document.cms[ref.source] : undefined;
    if (!ref || !source || !Object.hasOwn(index, ref.item)) return undefined;
    const locales = index[ref.item] ?? {};
    const has = (locale: string) => Object.hasOwn(locales, locale);
    const locale = firstOf(chains, has) ?? (has(source.defaultLocale) ? source.defaultLocale : undefined);
    return locale === undefined ? undefined : { key: `${ref.item}:${locale}`, hash: locales[locale] ?? "" };
  };
  const isCms = (key: string) => key.startsWith(CMS_PREFIX);
  return {
    has(key) {
      if (!isCms(key)) return own.has(key);
      const found = find(key);
      return found !== undefined && !isKnownMissing(edge, found);
    },
    get(key) {
      if (key === null || !isCms(key)) return own.get(key);
      const found = find(key);
      return found && heldItem(edge, found);
    },
    load(keys, ms) {
      const wanted = [...new Set(keys)].flatMap((key) => (key !== null && isCms(key) && find(key)) || []);
      return loadItems(edge, wanted, ms);
    },
  };
}

/** Decisions whose content has not come in time show the slot's fallback; their offers are said to have lost by it. */
export function withoutMissing(
  decisions: readonly Decision[],
  contents: Contents,
  document: ReleaseDocument,
): Decision[] {
  return decisions.map((decision) => {
    const { offer, content, slot, losers, ...rest } = decision;
    if (offer === undefined || content === null || contents.get(content)) return decision;
    const fallback = document.slots[slot]?.fallback ?? null;
    const lost = [...losers, { offer, reason: "content_missing" }];
    return { ...rest, slot, outcome: "fallback", content: fallback, losers: lost };
  });
}

/** The release's own content of a decision, as it was written; undefined for the page's own baseline. */
export const contentOf = (document: ReleaseDocument, key: string | null): ContentDefinition | undefined =>
  key === null ? undefined : ofRelease(document, key);

const ofRelease = (document: ReleaseDocument, key: string): ContentDefinition | undefined =>
  Object.hasOwn(document.content, key) ? document.content[key] : undefined;

/** Whether a release has content of a CMS, and content in several languages. */
interface Kinds {
  cms: boolean;
  locales: boolean;
}
const kinds = new WeakMap<ReleaseDocument, Kinds>();

function kindsOf(document: ReleaseDocument): Kinds {
  let known = kinds.get(document);
  if (!known) {
    known = {
      cms: cmsKeys(document).length > 0,
      locales: Object.values(document.content).some(({ locales }) => locales !== undefined),
    };
    kinds.set(document, known);
  }
  return known;
}

/** Keys of CMS content that a release may show. */
export const cmsKeys = ({ offers }: ReleaseDocument): string[] =>
  Object.values(offers)
    .map(({ content }) => content)
    .filter((key) => key.startsWith(CMS_PREFIX));

const NONE: readonly string[][] = [];
const PLAIN = "";
const texts = new WeakMap<ContentDefinition, Map<string, ContentDefinition>>();

/**
 * Content in the wanted language: what its entry has, over the rest. The plain text's own language is not known unless the
 * content has an entry for it (`"sk": {}`); without any, only the visitor's first language is looked for, since a
 * second-best translation would be worse than a text that may be in the first.
 */
function inLanguage(
  content: ContentDefinition | undefined,
  chains: readonly string[][],
): ContentDefinition | undefined {
  if (!content?.locales) return content;
  const { locales, ...plain } = content;
  const label = Object.keys(locales).find((tag) => Object.keys(locales[tag] ?? {}).length === 0);
  const has = (tag: string) => Object.hasOwn(locales, tag);
  const locale = firstOf(label === undefined ? chains.slice(0, 1) : chains, has) ?? label ?? PLAIN;
  let known = texts.get(content);
  if (!known) {
    known = new Map();
    texts.set(content, known);
  }
  let text = known.get(locale);
  if (!text) {
    text = locale === PLAIN ? plain : inLocale({ ...plain, ...locales[locale] }, locale);
    known.set(locale, text);
  }
  return text;
}
