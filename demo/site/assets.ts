/** Everything under `/assets/`: the stylesheet, the scripts, the mark, and pictures drawn on request. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Reply } from "../http.ts";
import { json } from "../http.ts";
import { landscape } from "./art.ts";
import { productPicture } from "./product-art.ts";

// The stylesheet is written in parts and served as one file.
const STYLE_PARTS = [
  "base.css",
  "frame.css",
  "stories.css",
  "offers.css",
  "shop.css",
  "consent.css",
  "try.css",
];

const TYPES: Record<string, string> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml; charset=utf-8",
};

/** Answers one asset, or 304 where the browser has it, or 404. `name` is the path after `/assets/`. */
export async function siteAsset(name: string, ifNoneMatch: string | undefined): Promise<Reply> {
  const body = await assetText(name);
  if (body === undefined) return json(404, { error: `no asset ${name}` });
  const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
  const headers = {
    "content-type": TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream",
    "cache-control": "public, max-age=60",
    etag,
  };
  return ifNoneMatch === etag ? { status: 304, headers, body: "" } : { status: 200, headers, body };
}

async function assetText(name: string): Promise<string | undefined> {
  const art = /^art\/([a-z0-9-]{1,60})-(\d{1,5})\.svg$/.exec(name);
  if (art !== null) return landscape(art[1] ?? "", Number(art[2]));
  const product = /^products\/([a-z0-9-]{1,60})\.svg$/.exec(name);
  if (product !== null) return productPicture(product[1] ?? "");
  if (name === "site.css") return (await Promise.all(STYLE_PARTS.map(sourceFile))).join("\n");
  if (name === "site.js" || name === "rights.js" || name === "mark.svg") return sourceFile(name);
  return undefined;
}

function sourceFile(name: string): Promise<string> {
  return readFile(new URL(`./assets/${name}`, import.meta.url), "utf8");
}
