/**
 * Fills a page's slot elements while the page streams through. Everything was decided before: here nothing waits for
 * anything but the page itself, nothing fails, and an element that is not filled keeps the baseline that the CMS gave it.
 * What is not touched goes through byte by byte, whatever its character encoding. Called by serve.ts.
 */
import { logError } from "#core/log";
import { createFiller, type Fill, type Filler, type PageSlots } from "./page/fill.ts";

export type { Fill, PageSlots };

/**
 * The response with `[data-doorstep-slot]` elements filled. Of several elements with one slot the first is filled.
 * Untouched are unknown slots, slot elements inside another one, those in `<template>`, `<noscript>`, `<svg>` and `<math>`,
 * those whose content is no HTML, those that the page's script fills, and a page in an encoding that is not ASCII's.
 * @param fills by slot; a slot that keeps its baseline is not in it
 * @param onEnd told the slots that the page had, once it has gone through
 */
export function fillSlots(
  response: Response,
  fills: ReadonlyMap<string, Fill>,
  onEnd: (slots: PageSlots) => void = () => {},
): Response {
  const { body } = response;
  const charset = charsetOf(response.headers.get("content-type"));
  if (!body || !hasAscii(charset)) {
    if (body) noteUnreadable(`the encoding ${charset}`);
    quietly(() => onEnd(NO_SLOTS));
    return response;
  }
  const filler = createFiller(fills, UTF8.test(charset) ? (html) => html : asAscii);
  const { readable, writable } = new IdentityTransformStream();
  void pass(body, writable, filler, onEnd);
  return new Response(readable, response);
}

/** Nothing of a page was shown to anybody. */
export const NO_SLOTS: PageSlots = { found: new Set(), unfilled: new Set() };

/** As much as is read at once, if it is there. */
const PIECE_BYTES = 32_768;

/** Reads the next piece only when the one before was taken. Never rejects: where the page breaks off, so does what it became. */
async function pass(
  body: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array>,
  filler: Filler,
  onEnd: (slots: PageSlots) => void,
): Promise<void> {
  const writer = writable.getWriter();
  const read = readerOf(body);
  try {
    for (let piece = await read.next(); piece; piece = await read.next()) {
      const out = filler.fill(piece);
      if (out.length > 0) await writer.write(out);
    }
    const rest = filler.end();
    if (rest.length > 0) await writer.write(rest);
    quietly(() => onEnd(filler.slots));
    await writer.close();
  } catch (error) {
    // Of the two, one is the one that failed.
    await Promise.allSettled([writer.abort(error), read.cancel(error)]);
  }
}

interface PieceReader {
  next(): Promise<Uint8Array | undefined>;
  cancel(reason: unknown): Promise<void>;
}

/** A stream of the network fills one buffer again and again. One that is made of pieces gives its own. */
function readerOf(body: ReadableStream<Uint8Array>): PieceReader {
  let reader: ReadableStreamBYOBReader;
  try {
    reader = body.getReader({ mode: "byob" });
  } catch {
    const pieces = body.getReader();
    return {
      next: async () => (await pieces.read()).value,
      cancel: (reason) => pieces.cancel(reason),
    };
  }
  let buffer = new ArrayBuffer(PIECE_BYTES);
  return {
    async next() {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done || !value) return undefined;
      // The very buffer, which was taken away while it was filled.
      buffer = value.buffer as ArrayBuffer;
      return value;
    },
    cancel: (reason) => reader.cancel(reason),
  };
}

let isNoted = false;

/** All pages of a site are in one encoding: it is said once, not for each of them. */
export function noteUnreadable(error: unknown): void {
  if (!isNoted) logError("pages in an unknown encoding keep their baseline", error);
  isNoted = true;
}

/** What the answer itself says. A page may say something else in a `<meta>`, after what we would have to write. */
const charsetOf = (contentType: string | null): string =>
  /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(contentType ?? "")?.[1] ?? "";

const UTF8 = /^utf-?8$/i;
/** Where `<` is another byte, or a part of another character. https://encoding.spec.whatwg.org/#names-and-labels */
const NOT_ASCII = /^(?:utf-16|iso-2022-jp|replacement)/;

let known: { charset: string; hasAscii: boolean } | undefined;

/** Whether bytes below 128 mean what they do in ASCII. */
function hasAscii(charset: string): boolean {
  if (charset === "" || UTF8.test(charset)) return true;
  if (known?.charset !== charset) known = { charset, hasAscii: !NOT_ASCII.test(encodingOf(charset)) };
  return known.hasAscii;
}

function encodingOf(charset: string): string {
  try {
    return new TextDecoder(charset).encoding;
  } catch {
    return "replacement";
  }
}

/** HTML that reads the same in every encoding that has ASCII in its place: all others go as their numbers. */
export const asAscii = (html: string): string =>
  html.replace(/[^\0-\x7f]/gu, (character) => `&#${character.codePointAt(0)};`);

/** What fails at the page's end does not break the page. */
function quietly(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    logError("the slots of a page were not told", error);
  }
}
