/**
 * Drafts, for whoever previews: read from D1 for one request, and kept nowhere else, so that no visitor can be shown one.
 * Called by ../preview/ where a preview asks for drafts, instead of openContents.
 */
import type { ContentDefinition } from "#contracts/definitions/content";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { refOf } from "#release/content-ref";
import { type Contents, cmsKeys, releaseContents } from "../content.ts";
import { chainsOf, firstOf, inLocale, type Wanted } from "../locale.ts";
import type { ItemText } from "./check-item.ts";
import { type ItemRow, readItems } from "./store.ts";

/** Contents in which a draft stands in the place of what is published. All of them are read at once. */
export async function openDrafts(
  document: ReleaseDocument,
  wanted: Wanted,
  db: D1Database,
): Promise<Contents> {
  const chains = chainsOf(wanted);
  const own = releaseContents(document, chains);
  const refs = new Map(cmsKeys(document).map((key) => [key, refOf(key)]));
  const bySource = Map.groupBy(
    [...refs.values()].filter((ref) => ref !== undefined),
    ({ source }) => source,
  );
  const rows = new Map<string, ItemRow[]>();
  for (const [source, items] of bySource) {
    const read = await readItems(db, source, [...new Set(items.map(({ id }) => id))]);
    for (const row of read)
      rows.set(`${source}/${row.id}`, [...(rows.get(`${source}/${row.id}`) ?? []), row]);
  }
  const texts = new Map<string, ContentDefinition>();
  for (const [key, ref] of refs) {
    const source = ref && Object.hasOwn(document.cms, ref.source) ? document.cms[ref.source] : undefined;
    const found = (ref && source && rows.get(ref.item)) || [];
    const textIn = (locale: string) => {
      const { draft, shown } = found.find((row) => row.locale === locale)?.document ?? {};
      return draft ?? shown;
    };
    const locale = firstOf(chains, (tag) => textIn(tag) !== undefined) ?? source?.defaultLocale ?? "";
    const text = textIn(locale);
    if (text) texts.set(key, inLocale(contentFrom(text), locale));
  }
  return {
    has: (key) => (refs.has(key) ? texts.has(key) : own.has(key)),
    get: (key) => (key !== null && refs.has(key) ? texts.get(key) : own.get(key)),
    load: () => undefined,
  };
}

/** What is shown of an item's text. Its data came as JSON. */
const contentFrom = ({ html, data, template = false }: ItemText): ContentDefinition =>
  ({ html, data, template }) as ContentDefinition;
