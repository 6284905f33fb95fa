/** Answers of WordPress, and what they are as content. Run by a test; docs/content.md shows the same. */
import type { CmsItem } from "../../contract.ts";
import type { AdapterExample } from "../example.ts";

const post = {
  ...{ id: 12, slug: "z-chaty-na-chatu", status: "publish", type: "post", lang: "sk" },
  ...{ link: "https://cms.example/sk/z-chaty-na-chatu/", modified_gmt: "2026-11-22T10:00:00" },
  title: { rendered: "Z chaty na chatu &#8211; naľahko" },
  content: { rendered: "<p>Štyri dni nad lesom.</p>\n", protected: false },
  _embedded: { "wp:term": [[{ id: 3, slug: "winter", taxonomy: "category" }]] },
};
const item: CmsItem = {
  id: "12",
  locale: "sk",
  state: "published",
  title: "Z chaty na chatu – naľahko",
  html: "<p>Štyri dni nad lesom.</p>",
  url: "https://cms.example/sk/z-chaty-na-chatu/",
  topic: "winter",
  terms: ["winter"],
  changedAt: Date.UTC(2026, 10, 22, 10),
};

export const examples: AdapterExample[] = [
  {
    title: "A post of a site without the plug-in",
    settings: { languages: "lang" },
    entry: post,
    found: [item],
  },
  {
    title: "A translation, with the plug-in: the content id is the one of the original",
    settings: { languages: "lang" },
    entry: { ...post, doorstep: { content_id: "11", locale: "sk", topic: "huts" } },
    found: [{ ...item, id: "11", topic: "huts" }],
  },
  {
    title: "A post that was taken back: read with an application password",
    settings: { languages: "lang" },
    entry: { ...post, status: "draft" },
    found: [{ ...item, state: "draft" }],
  },
];
