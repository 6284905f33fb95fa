/** Entries of JSON feeds, and what they are as content. Run by a test; docs/content.md shows the same. */
import type { AdapterExample } from "../example.ts";

export const examples: AdapterExample[] = [
  {
    title: "A feed whose fields have the names that are expected",
    settings: {},
    entry: { id: "hero", title: "Hello", html: "<p>Hello</p>", changed_at: "2026-11-22T10:00:00Z" },
    found: [
      {
        ...{ id: "hero", locale: "sk", state: "published", title: "Hello", html: "<p>Hello</p>" },
        ...{ url: undefined, topic: undefined, terms: [], changedAt: Date.UTC(2026, 10, 22, 10) },
      },
    ],
  },
  {
    title: "One whose parts lie elsewhere",
    settings: {
      ...{ id: "/sys/id", title: "fields.headline", html: "fields.body", data: "fields.badge" },
      ...{ locale: "sys.lang", state: "sys.status", published: ["live"], changed_at: "sys.ts" },
    },
    entry: {
      sys: { id: 7, lang: "en", status: "live", ts: 1_795_341_600 },
      fields: { headline: "Sale", body: "<p>Sale</p>", badge: { percent: 20 } },
    },
    found: [
      {
        ...{
          id: "7",
          locale: "en",
          state: "published",
          title: "Sale",
          html: "<p>Sale</p>",
          data: { percent: 20 },
        },
        ...{ url: undefined, topic: undefined, terms: [], changedAt: 1_795_341_600_000 },
      },
    ],
  },
  {
    title: "An item without an id harms no other",
    settings: {},
    entry: { html: "<p>Hello</p>" },
    found: [{ unreadable: 'an item has nothing at "id"' }],
  },
];
