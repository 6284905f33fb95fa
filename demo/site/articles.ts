/**
 * The articles of the site: the seeds, and those published on `/cms`, newest first. With a state folder
 * the published ones are kept in `articles.json` there and survive a restart.
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Article } from "./content.ts";
import { article } from "./content.ts";
import { SEED_ARTICLES } from "./seed-articles.ts";

/** How many articles an editor can publish; the oldest of them go first. */
const PUBLISHED_LIMIT = 500;

/** The articles; see `openArticles`. `publish` gives the article a slug of its own. */
export type Articles = {
  all(): readonly Article[];
  bySlug(slug: string): Article | undefined;
  byTopic(topic: string): readonly Article[];
  topics(): string[];
  publish(draft: Omit<Article, "slug">): Promise<Article>;
};

/**
 * Opens the articles. A file that cannot be read as articles is reported and left alone until the next publish.
 * @throws when `stateDir` cannot be created.
 */
export async function openArticles(stateDir?: string): Promise<Articles> {
  const file = stateDir === undefined ? undefined : join(stateDir, "articles.json");
  if (stateDir !== undefined) await mkdir(stateDir, { recursive: true });
  let published = file === undefined ? [] : await readPublished(file);
  let writing = Promise.resolve();

  const all = () => [...published, ...SEED_ARTICLES];

  return {
    all,
    bySlug: (slug) => all().find((candidate) => candidate.slug === slug),
    byTopic: (topic) => all().filter((candidate) => candidate.topic === topic),
    topics: () => [
      ...new Set([...SEED_ARTICLES.map(({ topic }) => topic), ...published.map(({ topic }) => topic)]),
    ],
    async publish(draft) {
      const taken = new Set(all().map(({ slug }) => slug));
      const base = slugOf(draft.title) || "untitled";
      let slug = base;
      for (let copy = 2; taken.has(slug); copy += 1) slug = `${base}-${copy}`;
      const added: Article = { ...draft, slug };
      published = [added, ...published].slice(0, PUBLISHED_LIMIT);
      if (file !== undefined) {
        const snapshot = JSON.stringify(published, null, 2);
        // One write after the other, each by rename, so that the file is always whole.
        writing = writing.then(async () => {
          await writeFile(`${file}.new`, snapshot);
          await rename(`${file}.new`, file);
        });
        await writing;
      }
      return added;
    },
  };
}

/** "Über den Fjord!" → "uber-den-fjord". */
export function slugOf(text: string): string {
  return text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[\u0300-\u036f'’]/g, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 80)
    .replace(/-+$/, "");
}

async function readPublished(file: string): Promise<Article[]> {
  try {
    return z.array(article).parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    const absent = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (!absent) console.warn(`demo: ${file} cannot be read as articles; starting without it.`);
    return [];
  }
}
