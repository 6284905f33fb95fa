/**
 * How a session says whose the browser is: the keys of the person whom a token proved in it, by each version of the
 * look-up key. Only src/collect/belong.ts sets it; the slots path reads it to show that person's pages at once.
 */

/** The visitor was there before this session, and the one that would say whose it was is gone. */
export const NOT_KNOWN = "?";

/** Sessions of earlier releases named a person by so much of their hash. */
const SHORT_CHARS = 12;

/** @param keys identifier keys of one person, the current version first */
export const whoseOf = (keys: readonly string[]): string => keys.join(" ");

/** Whether a session's word names the person who has one of the keys. */
export const isWhose = (whose: string, keys: readonly string[]): boolean =>
  personKeys(whose).some((own) => keys.includes(own)) ||
  keys.some((key) => key.slice(key.lastIndexOf(".") + 1).slice(0, SHORT_CHARS) === whose);

/** The person's keys; none where nobody is named, or in the short form. */
export const personKeys = (whose: string | undefined): readonly string[] =>
  whose?.includes(":") ? whose.split(" ") : NOBODY;

const NOBODY: readonly string[] = [];
