/**
 * `/feed/blocks.json` (English) and `/feed/blocks.sk.json`: what the magazine's editors write for slots, as plain JSON.
 * Doorstep's adapter `json` reads it. The editors' pick is the newest article, which anybody can publish on `/cms`, so that
 * one can see a change arrive.
 */
import { createHash } from "node:crypto";
import type { DemoRequest, Reply } from "../http.ts";
import { json } from "../http.ts";
import type { Articles } from "./articles.ts";
import type { Article } from "./content.ts";
import { html } from "./html.ts";

const WORDS: Record<string, { pick: string; read: string; harbour: string; gear: string }> = {
  en: { pick: "The editors' pick", read: "Read it", harbour: "Back in the harbour", gear: "See the gear" },
  sk: { pick: "Výber redakcie", read: "Čítať", harbour: "Späť v prístave", gear: "Pozrieť výstroj" },
};

/** 304 where the asker has it already, 404 for a language that there is no feed in. */
export function blocksFeed(request: DemoRequest, articles: Articles, language: string): Reply {
  const words = Object.hasOwn(WORDS, language || "en") ? WORDS[language || "en"] : undefined;
  if (!words) return json(404, { error: "there is no feed in this language" });
  const [newest] = articles.all();
  const blocks = [
    ...(newest ? [pick(newest, words)] : []),
    {
      ...{ id: "harbour", title: words.harbour, topic: "sailing", changed_at: "2026-11-01T08:00:00Z" },
      html: note(words.harbour, words.gear, "/topics/sailing", "harbour"),
    },
  ];
  const etag = `"${createHash("sha256").update(JSON.stringify(blocks)).digest("base64url").slice(0, 22)}"`;
  if (request.headers["if-none-match"] === etag) return { status: 304, headers: { etag }, body: "" };
  return json(200, blocks, { etag });
}

const pick = ({ slug, title, topic, publishDate }: Article, words: { pick: string; read: string }) => ({
  ...{ id: "editors-pick", title, topic, changed_at: `${publishDate}T00:00:00Z` },
  html: note(`${words.pick}: ${title}`, words.read, `/articles/${slug}`, "editors-pick"),
});

const note = (text: string, link: string, href: string, id: string): string =>
  html`<div class="note"><p class="note__text">${text}. <a href="${href}" data-doorstep-click="${id}">${link}</a></p></div>`
    .markup;
