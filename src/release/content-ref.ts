/** How an offer names a piece of a CMS's content: `cms:<source>/<content id>`. Pure; read when a release is checked and per request. */

export const CMS_PREFIX = "cms:";

/** What a content id may be: it stands in KV keys, in attributes of pages, and in events. */
export const CONTENT_ID = /^[A-Za-z0-9][\w.-]{0,127}$/;

export interface ContentRef {
  source: string;
  id: string;
  /** `<source>/<id>`, as the index has it. */
  item: string;
}

const refs = new Map<string, ContentRef | undefined>();
const MAX_REFS = 2_000;

/** The parts of a key; undefined where it names none. Remembered: a release has few, and each request asks. */
export function refOf(key: string): ContentRef | undefined {
  if (refs.has(key)) return refs.get(key);
  const item = key.slice(CMS_PREFIX.length);
  const cut = item.indexOf("/");
  const id = item.slice(cut + 1);
  const isOne = key.startsWith(CMS_PREFIX) && cut > 0 && CONTENT_ID.test(id);
  const ref = isOne ? { source: item.slice(0, cut), id, item } : undefined;
  if (refs.size >= MAX_REFS) refs.clear();
  refs.set(key, ref);
  return ref;
}
