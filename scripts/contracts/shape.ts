/**
 * What a release is, as one short text: it is another whenever the schemas are, or zod, so that what one of them has made of a
 * document is known from what another has. `npm run contracts` writes it into contracts/definitions/shape.ts, for types and
 * tests; what builds the Worker puts in its place what is true then, so that nobody deploys a stale one.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

const ROOT = new URL("../../contracts/definitions/release.ts", import.meta.url);
const ZOD = new URL("../../node_modules/zod/package.json", import.meta.url);

/** The module, among those that a bundler loads. */
export const SHAPE_MODULE = /[\\/]contracts[\\/]definitions[\\/]shape\.ts$/;

/** The text of contracts/definitions/shape.ts. */
export async function shapeModule(): Promise<string> {
  const { version } = JSON.parse(await readFile(ZOD, "utf8")) as { version: string };
  const hash = createHash("sha256").update(`zod ${version}\n`);
  for (const source of await sourcesFrom(ROOT)) hash.update(await readFile(source));
  return `/** Of the schemas of a release; written by \`npm run contracts\`, and explained in scripts/contracts/shape.ts. */
export const RELEASE_SHAPE = "${hash.digest("hex").slice(0, 16)}";
`;
}

/** A source and all that it imports from contracts/, in the order of their names. */
async function sourcesFrom(root: URL): Promise<URL[]> {
  const found = new Set([root.href]);
  for (const href of found) {
    const text = await readFile(new URL(href), "utf8");
    for (const [, path = ""] of text.matchAll(/ from "(\.[^"]+)"/g)) found.add(new URL(path, href).href);
  }
  return [...found].sort().map((href) => new URL(href));
}
