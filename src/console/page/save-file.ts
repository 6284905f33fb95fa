/** Saves what was asked for with the token as a file: a plain link could not carry the token. */
import { h } from "./dom.ts";

/** The browser reads it before it is given back. */
const KEPT_MS = 60_000;

/** @param name that the file gets */
export function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  h("a", { attrs: { href: url, download: name } }).click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
