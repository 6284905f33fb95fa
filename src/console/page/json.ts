/** JSON as it is read: indented, and with keys and values told apart. Built of text nodes. */
import { append, h } from "./dom.ts";

/** Beyond this, colours would cost more than they give. */
const COLOURED_CHARACTERS = 150_000;
const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;

/** A value as indented JSON. */
export function rawJson(value: unknown): HTMLElement {
  const text = JSON.stringify(value, null, 2) ?? "";
  const pre = h("pre", { class: "json", attrs: { tabindex: "0" } });
  if (text.length > COLOURED_CHARACTERS) append(pre, [text]);
  else colour(pre, text);
  return pre;
}

function colour(pre: HTMLElement, text: string): void {
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, string, colon, word] = match;
    append(pre, [text.slice(end, match.index)]);
    if (string && colon) append(pre, [h("span", { class: "json-key" }, string), colon]);
    else
      append(pre, [h("span", { class: string ? "json-string" : word ? "json-word" : "json-number" }, whole)]);
    end = match.index + whole.length;
  }
  append(pre, [text.slice(end)]);
}
