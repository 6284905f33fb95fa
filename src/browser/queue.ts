/**
 * The events that are on their way: in this page's memory and, so that they survive the page, in localStorage, which
 * all tabs share. An event leaves only when the door has answered for it. Only called while consent is granted, but
 * for `clear`. Storage that is denied, full or corrupt only costs the survival.
 */
import { MAX_QUEUE_BYTES, MAX_QUEUE_EVENTS } from "./limits.ts";
import type { BrowserEvent } from "./types.ts";

/** Kept besides storage because two tabs that write in the same instant can overwrite each other. */
let own: BrowserEvent[] = [];

/** Everything that waits, of all tabs, oldest first, each id once. */
export const waiting = (): BrowserEvent[] => union(load(), own);

/** How many events of this page wait. */
export const ownCount = (): number => own.length;

export const add = (events: BrowserEvent[]): void => update((list) => bounded(union(list, events)));

export const remove = (ids: string[]): void => update((list) => list.filter(({ id }) => !ids.includes(id)));

export const clear = (): void => update(() => []);

/** UTF-8 bytes of a text. */
export const byteLength = (text: string): number => new TextEncoder().encode(text).length;

/** The newest events that fit: at most 100, and at most 60 kB as JSON. */
export const bounded = (events: BrowserEvent[]): BrowserEvent[] => {
  let kept = events.slice(-MAX_QUEUE_EVENTS);
  while (byteLength(JSON.stringify(kept)) > MAX_QUEUE_BYTES) kept = kept.slice(1);
  return kept;
};

/** What a stored text holds, without whatever cannot be an event in it; nothing if there is none, or `read` throws. */
export const parseQueue = (read: () => string | undefined): BrowserEvent[] => {
  try {
    return JSON.parse(read() as string).filter((item: Partial<BrowserEvent> | null) => item?.id && item.name);
  } catch {
    return [];
  }
};

const union = (first: BrowserEvent[], second: BrowserEvent[]): BrowserEvent[] => [
  ...new Map([...first, ...second].map((event) => [event.id, event])).values(),
];

const load = (): BrowserEvent[] => parseQueue(() => localStorage.ds_q);

const update = (change: (list: BrowserEvent[]) => BrowserEvent[]): void => {
  own = change(own);
  try {
    const stored = change(load());
    if (stored.length) localStorage.ds_q = JSON.stringify(stored);
    else delete localStorage.ds_q;
  } catch {
    // Denied or full: the events are still in `own`.
  }
};
