/**
 * Any CMS, or none, that gives its content as JSON: an address (with `{locale}` where each language has one of its own), and
 * where in the answer things lie. Its webhook is signed as the WordPress plug-in's.
 */
import type { Ask, CmsAdapter, Found, ItemState } from "../../contract.ts";
import { at, list, record, text, time } from "../../read.ts";
import { verifySignature } from "../../signature.ts";
import { type JsonSettings, jsonSettings } from "./settings.ts";

export const json: CmsAdapter<JsonSettings> = {
  name: "json",
  settings: jsonSettings,
  secrets: { bound: ["authorization"], kept: ["webhook_secret"] },
  draftsBeside: false,
  perLocale: (_, url) => /\{locale\}|%7Blocale%7D/i.test(url),
  incremental: ({ since }) => since !== undefined,
  idsPerRequest: 1,

  request({ source, settings, locale, since, ids, page }) {
    const { item_url, authorization } = settings;
    const [id] = ids ?? [];
    const template = page ?? (item_url !== undefined && id !== undefined ? item_url : source.url);
    const filled = template
      .replaceAll(/\{locale\}|%7Blocale%7D/gi, encodeURIComponent(locale))
      .replaceAll(/\{id\}|%7Bid%7D/gi, encodeURIComponent(id ?? ""));
    const url = new URL(filled, source.url);
    if (settings.since !== undefined && since !== undefined && page === undefined)
      url.searchParams.set(settings.since, since);
    return { url: url.href, ...(authorization !== undefined && { headers: { authorization } }) };
  },

  read({ body }, { settings, ids }) {
    const found = at(body, settings.items);
    // An address of one item may give the item itself.
    const entries = Array.isArray(found)
      ? found
      : ids && settings.item_url !== undefined
        ? [found ?? body]
        : [];
    return { entries, next: settings.next === undefined ? undefined : text(at(body, settings.next)) };
  },

  items: (entry, ask) => [itemOf(entry, ask)],

  verify: (request, { webhook_secret }, now) => verifySignature(request, webhook_secret, now),

  /** `{"ids": ["a"]}`, `{"items": [{…}]}` as the feed has them, `{"gone": ["a"]}`; anything else: look for yourself. */
  hook({ body }, ask) {
    const { ids, items, gone } = record(body);
    const found: Found[] = [
      ...list(items).map((item) => itemOf(item, ask)),
      ...list(gone).flatMap((id): Found[] => (text(id) === undefined ? [] : [{ gone: String(id) }])),
    ];
    const named = list(ids).flatMap((id) => text(id) ?? []);
    return { ...(found.length > 0 && { found }), ...(named.length > 0 && { ids: named }) };
  },
};

function itemOf(entry: unknown, { settings, locale }: Ask<JsonSettings>): Found {
  const read = (path: string) => at(entry, path);
  const id = text(read(settings.id));
  if (id === undefined) return { unreadable: `an item has nothing at "${settings.id}"` };
  const changed = read(settings.changed_at);
  const changedAt = changed === undefined ? 0 : time(changed);
  if (changedAt === undefined) return { unreadable: `"${settings.changed_at}" is no time`, id };
  const html = read(settings.html);
  if (html !== undefined && html !== null && typeof html !== "string")
    return { unreadable: `"${settings.html}" is no text`, id };
  const data = read(settings.data);
  return {
    id,
    locale: text(read(settings.locale)) ?? locale,
    state: stateOf(read(settings.state), settings),
    title: text(read(settings.title)) ?? "",
    html: html ?? undefined,
    ...(data !== undefined && data !== null && { data }),
    url: text(read(settings.url)),
    topic: text(read(settings.topic)),
    terms: list(read(settings.terms))
      .flatMap((term) => text(term) ?? [])
      .slice(0, 20),
    changedAt,
  };
}

/** A feed that says nothing of states has published what is in it. */
function stateOf(value: unknown, { published, draft }: JsonSettings): ItemState {
  if (value === undefined) return "published";
  const said = String(value);
  if (published.includes(said)) return "published";
  return draft.includes(said) ? "draft" : "unpublished";
}
