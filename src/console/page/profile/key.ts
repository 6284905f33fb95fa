/** An identifier as it is shown: its namespace, and enough of its hash to tell it from others. */
import { isScoped, namespaceOf } from "#identity/graph";
import { namespaceInWords } from "../../profile/words.ts";
import { h } from "../dom.ts";

const SHOWN = 7;

/** `email 4EidcMe`; of a claim also the device that it was made on. The value itself is nowhere. */
export function keyParts(key: string): { name: string; hash: string } {
  const hashes = key.split("|").map((part) => part.slice(part.lastIndexOf(".") + 1).slice(0, SHOWN));
  const name = namespaceInWords(namespaceOf(key));
  return isScoped(key)
    ? { name: `${name}, claimed`, hash: hashes.reverse().join(" on ") }
    : { name, hash: hashes.join("") };
}

/** In a sentence. */
export function keyInWords(key: string): string {
  const { name, hash } = keyParts(key);
  return `${name} ${hash}`;
}

/** In a table: the whole key is its tooltip. */
export function keyLabel(key: string): HTMLElement {
  const { name, hash } = keyParts(key);
  return h("span", { class: "key", attrs: { title: key } }, h("b", {}, name), " ", h("code", {}, hash));
}
