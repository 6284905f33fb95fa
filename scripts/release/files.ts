/**
 * A release as files for Git: one JSON file for each kind of definition, its keys in the order of the alphabet, and the HTML
 * of content in files of its own, `content/<key>.html`, in other languages `content/<key>.<locale>.html`. `release.lock.json`
 * says of which version the files are.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isObject, kinds } from "../../src/release/diff-definitions.ts";
import { Stop } from "./stop.ts";

const LOCK = "release.lock.json";
const HTML = /^([a-z0-9][a-z0-9_-]{0,63})(?:\.([a-zA-Z0-9-]{2,20}))?\.html$/;

/** Versions whose content the files are: the one that was pulled, and what was pushed since. */
export interface Lock {
  version: number;
  pushed: number[];
}

/** File name → text. */
type Texts = Map<string, string>;

/** The document that the folder's files make. @throws Stop where one cannot be read, or there are none */
export async function readFolder(folder: string): Promise<Record<string, unknown>> {
  const document: Record<string, unknown> = {};
  const names = await readdir(folder).catch(() => []);
  const known = new Map(kinds());
  for (const name of names.filter((one) => one.endsWith(".json") && one !== LOCK)) {
    const kind = name.slice(0, -".json".length);
    if (!known.has(kind))
      throw new Stop(
        1,
        `${join(folder, name)}: there is no kind "${kind}". It is one of ${[...known.keys()].join(", ")}.`,
      );
    document[kind] = await readJson(join(folder, name));
  }
  if (Object.keys(document).length === 0)
    throw new Stop(2, `There is no release in ${folder}: \`npm run release -- pull\` writes one.`);
  const html = await readHtml(join(folder, "content"));
  if (html.length > 0) document.content = withHtml(document.content, html);
  return document;
}

interface Html {
  key: string;
  locale: string | undefined;
  text: string;
}

async function readHtml(folder: string): Promise<Html[]> {
  const names = await readdir(folder).catch(() => []);
  return Promise.all(
    names.sort().map(async (name) => {
      const [, key, locale] = HTML.exec(name) ?? [];
      if (key === undefined)
        throw new Stop(1, `${join(folder, name)}: content is named like spring.html, or spring.sk.html.`);
      // An editor's last line break is none of the content.
      return { key, locale, text: (await readFile(join(folder, name), "utf8")).replace(/\r?\n$/, "") };
    }),
  );
}

function withHtml(content: unknown, files: readonly Html[]): Record<string, unknown> {
  const all: Record<string, unknown> = { ...(isObject(content) ? content : {}) };
  const put = (value: unknown, { key, locale, text }: Html): Record<string, unknown> => {
    const own = isObject(value) ? value : {};
    if (own.html !== undefined)
      throw new Stop(
        1,
        `content.json has HTML for ${key}, and so has content/${key}${locale ? `.${locale}` : ""}.html.`,
      );
    return { ...own, html: text };
  };
  for (const file of files) {
    const { key, locale } = file;
    if (locale === undefined) {
      all[key] = put(all[key], file);
      continue;
    }
    const one = isObject(all[key]) ? all[key] : {};
    const locales = isObject(one.locales) ? one.locales : {};
    all[key] = { ...one, locales: { ...locales, [locale]: put(locales[locale], file) } };
  }
  return all;
}

/** The files of a document. */
function textsOf(document: Record<string, unknown>): Texts {
  const texts: Texts = new Map();
  for (const [kind, keyed] of kinds()) {
    let value = document[kind];
    if (value === undefined || (keyed && isObject(value) && Object.keys(value).length === 0)) continue;
    if (kind === "content" && isObject(value)) {
      value = withoutHtml(value, texts);
      if (Object.keys(value as object).length === 0) continue;
    }
    texts.set(
      `${kind}.json`,
      `${JSON.stringify(keyed && isObject(value) ? sorted(value) : value, null, 2)}\n`,
    );
  }
  return texts;
}

/** Content whose HTML lies in files. HTML that is no text is left where it is, for validation to refuse. */
function withoutHtml(content: Record<string, unknown>, texts: Texts): Record<string, unknown> {
  const take = (value: unknown, name: string): unknown => {
    if (!isObject(value) || typeof value.html !== "string" || !HTML.test(name)) return value;
    const { html, ...rest } = value;
    texts.set(`content/${name}`, `${html}\n`);
    return rest;
  };
  const kept = Object.entries(content).map(([key, one]): [string, unknown] => {
    const own = take(one, `${key}.html`);
    if (!isObject(own) || !isObject(own.locales)) return [key, own];
    const locales = Object.entries(own.locales).map(([locale, text]) => [
      locale,
      take(text, `${key}.${locale}.html`),
    ]);
    return [key, { ...own, locales: Object.fromEntries(locales) as unknown }];
  });
  // What is nothing but HTML is said by its file.
  return Object.fromEntries(
    kept.filter(
      ([key, one]) => !(isObject(one) && Object.keys(one).length === 0 && texts.has(`content/${key}.html`)),
    ),
  );
}

const sorted = (value: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Files that `writeFolder` would write or remove, readable or not. */
async function ownFiles(folder: string): Promise<string[]> {
  const own = new Set(kinds().map(([kind]) => `${kind}.json`));
  const [names, html] = await Promise.all(
    [folder, join(folder, "content")].map((path) => readdir(path).catch((): string[] => [])),
  );
  return [
    ...(names ?? []).filter((name) => own.has(name)),
    ...(html ?? []).filter((name) => HTML.test(name)).map((name) => `content/${name}`),
  ];
}

export const hasFiles = async (folder: string): Promise<boolean> => (await ownFiles(folder)).length > 0;

/** Writes what differs, and removes the files of what is no more. @returns names of both, sorted */
export async function writeFolder(folder: string, document: Record<string, unknown>): Promise<string[]> {
  const texts = textsOf(document);
  const changed: string[] = [];
  await mkdir(join(folder, "content"), { recursive: true });
  for (const [name, text] of texts) {
    if ((await readFile(join(folder, name), "utf8").catch(() => undefined)) === text) continue;
    await writeFile(join(folder, name), text);
    changed.push(name);
  }
  for (const name of (await ownFiles(folder)).filter((one) => !texts.has(one))) {
    await rm(join(folder, name));
    changed.push(name);
  }
  return changed.sort();
}

export async function readLock(folder: string): Promise<Lock | undefined> {
  const path = join(folder, LOCK);
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const value = parse(text, path);
  if (!isObject(value) || typeof value.version !== "number")
    throw new Stop(2, `${path} is not what \`pull\` writes: remove it, and pull again.`);
  const pushed = Array.isArray(value.pushed) ? value.pushed.filter((one) => typeof one === "number") : [];
  return { version: value.version, pushed };
}

export const writeLock = (folder: string, lock: Lock): Promise<void> =>
  writeFile(join(folder, LOCK), `${JSON.stringify(lock, null, 2)}\n`);

const readJson = async (path: string): Promise<unknown> => parse(await readFile(path, "utf8"), path);

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Stop(1, `${path} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
