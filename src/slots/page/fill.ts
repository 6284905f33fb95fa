/**
 * Fills the slots of one page, piece by piece: what comes in goes out again but for what stands in a slot that is filled.
 * Only a start tag that a piece ends in is kept back for the next, and never more than MAX_KEPT of it. Where a page cannot
 * be followed any further, the rest of it goes through as it is. Called by rewrite.ts.
 */
import { logError } from "#core/log";
import { flagsOf, PLAIN, SCRIPT, TEXT, UNFIT } from "./elements.ts";
import { close, type OpenElements, open, openElements } from "./open.ts";
import {
  DATA,
  isInTag,
  isOpening,
  newScanner,
  PASSING,
  SCRIPT_DATA,
  type Scanner,
  scan,
  type Tags,
  TEXT_DATA,
} from "./scan.ts";
import { offerAttribute, readSlotTag } from "./start-tag.ts";

/** What goes into one slot's element. */
export interface Fill {
  /** Sanitised HTML. A template is filled only where the page has its slot. */
  html: string | (() => string);
  /** Written to `data-doorstep-offer`; undefined for the slot's fallback content. */
  offer?: string | undefined;
}

/** What a page turned out to have. */
export interface PageSlots {
  /** Slots that the page has. */
  found: ReadonlySet<string>;
  /** Of those, the ones that keep their baseline though there was something for them: no such element is filled, or a template failed. */
  unfilled: ReadonlySet<string>;
}

export interface Filler {
  /** So far. */
  slots: PageSlots;
  /** What goes out for a piece, which may be the piece itself; it may be written over once that was sent. */
  fill(piece: Uint8Array): Uint8Array;
  /** What was kept back, at the page's end. */
  end(): Uint8Array;
}

/** A longer tag is no slot's. */
const MAX_KEPT = 1 << 16;
/** The next piece may be a little longer. */
const MORE_ROOM = 1 << 12;
const NOTHING = new Uint8Array(0);
const END_TAG = Uint8Array.of(62);
const encoder = new TextEncoder();

/** @param write what is put in, for the page's encoding */
export function createFiller(fills: ReadonlyMap<string, Fill>, write: (html: string) => string): Filler {
  const left = new Map(fills);
  const found = new Set<string>();
  const unfilled = new Set<string>();
  const elements: OpenElements = openElements();
  const scanner = newScanner();
  let piece: Uint8Array = NOTHING;
  /** Of the piece, up to where it was sent or dropped. */
  let done = 0;
  let out: Uint8Array[] = [];
  let kept: Uint8Array[] = [];
  let keptBytes = 0;
  /** The tag that is being read has grown longer than what is kept of one. */
  let isTooLong = false;
  /** How many elements are open around the one whose content is dropped; -1 where none is. */
  let dropping = -1;
  const joined = joining();

  /** What was kept back turned out to be nothing to change. */
  function release(): void {
    if (dropping < 0) out.push(...kept);
    forget();
  }

  function forget(): void {
    kept = [];
    keptBytes = 0;
  }

  /** All that stands before the tag, or before what follows it, has its place. */
  function settle(start: number): void {
    if (start < 0) return;
    release();
    if (dropping < 0 && start > done) out.push(piece.subarray(done, start));
  }

  /** More open elements than are followed: what a slot still has of its baseline stays then. */
  function giveUp(end: number): number {
    if (dropping >= 0) {
      forget();
      dropping = -1;
      done = end;
    }
    return PASSING;
  }

  const tags: Tags = {
    isForeign: () => elements.isForeign,
    onTag(s, end) {
      if (s.isEndTag) {
        if (!close(elements, s.name)) return giveUp(end);
        if (dropping >= elements.depth) stopDropping(s, end);
        isTooLong = false;
        return DATA;
      }
      const flags = flagsOf(s.name);
      const { depth, isForeign, isShut } = elements;
      if (!open(elements, s.name, flags, s.hasSlot, s.isSelfClosing)) return giveUp(end);
      if (s.hasSlot && !isShut && !isTooLong) fillElement(s, end, elements.depth > depth ? flags : UNFIT);
      isTooLong = false;
      // What HTML calls text is markup in SVG and MathML.
      return isForeign || (flags & (TEXT | SCRIPT | PLAIN)) === 0 ? DATA : textIn(s, flags);
    },
  };

  function textIn(s: Scanner, flags: number): number {
    if (flags & PLAIN) return PASSING;
    s.textOf = s.name;
    s.escaped = 0;
    s.run = 0;
    s.text = flags & SCRIPT ? SCRIPT_DATA : TEXT_DATA;
    return s.text;
  }

  function fillElement(s: Scanner, end: number, flags: number): void {
    const { start } = s;
    const tag = textOf([...(start < 0 ? kept : []), piece.subarray(Math.max(start, 0), end)]);
    const { slot, isClient, offerAt } = readSlotTag(tag, s.nameLength);
    if (isClient) return;
    found.add(slot);
    const fill = left.get(slot);
    left.delete(slot);
    if (!fill) return;
    if (flags & UNFIT) {
      unfilled.add(slot);
      return;
    }
    let html: string;
    try {
      html = write(typeof fill.html === "string" ? fill.html : fill.html());
    } catch (error) {
      unfilled.add(slot);
      logError("a slot was not filled", error);
      return;
    }
    settle(start);
    forget();
    const [from, to] = fill.offer === undefined ? [tag.length, tag.length] : offerAt;
    const offer = fill.offer === undefined ? "" : write(offerAttribute(fill.offer, offerAt));
    out.push(
      bytesOf(tag.slice(0, from)),
      encoder.encode(offer),
      bytesOf(tag.slice(to)),
      encoder.encode(html),
    );
    dropping = elements.depth - 1;
    done = end;
  }

  /** The end tag that ends the slot's element, or one around it, is the first that stays. */
  function stopDropping({ start, nameLength }: Scanner, end: number): void {
    if (start >= 0) {
      release();
      done = start;
    } else if (isTooLong) {
      // Of an end tag nothing counts but its name.
      out.push(bytesOf(textOf(kept).slice(0, 2 + nameLength)), END_TAG);
      done = end;
    } else {
      out.push(...kept);
      done = 0;
    }
    forget();
    dropping = -1;
  }

  /** What the piece ends in may have to be changed: the rest of it decides. */
  function keep(from: number): void {
    if (isTooLong) return;
    keptBytes += piece.length - from;
    kept.push(piece.slice(from));
    isTooLong = keptBytes > MAX_KEPT;
    if (isTooLong && dropping < 0) release();
  }

  return {
    slots: { found, unfilled },
    fill(next) {
      piece = next;
      done = 0;
      out = [];
      scan(scanner, piece, tags);
      const { start, isEndTag } = scanner;
      // Of the two only one is ever changed: a start tag where nothing is dropped, an end tag where something is.
      const isKept = isOpening(scanner) || (isInTag(scanner) && isEndTag === dropping >= 0);
      const to = isKept && !(isTooLong && dropping < 0) ? Math.max(start, 0) : piece.length;
      if (!isKept || start >= 0) release();
      if (dropping < 0 && to > done)
        out.push(done === 0 && to === piece.length ? piece : piece.subarray(done, to));
      if (isKept) keep(to);
      return joined(out);
    },
    end() {
      out = [];
      release();
      return joined(out);
    },
  };
}

/** Puts parts together, in the same memory each time: a long page would leave its own size behind. */
function joining(): (parts: readonly Uint8Array[]) => Uint8Array {
  let room = NOTHING;
  return (parts) => {
    const [first = NOTHING] = parts;
    if (parts.length <= 1) return first;
    let length = 0;
    for (const part of parts) length += part.length;
    if (length > room.length) room = new Uint8Array(length + MORE_ROOM);
    let at = 0;
    for (const part of parts) {
      room.set(part, at);
      at += part.length;
    }
    return room.subarray(0, length);
  };
}

/** A character for each byte, whatever the encoding, and back. */
const textOf = (parts: readonly Uint8Array[]): string => {
  let text = "";
  for (const part of parts) for (const byte of part) text += String.fromCharCode(byte);
  return text;
};
const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
