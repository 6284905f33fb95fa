/**
 * Texts in one piece. What was cut out of another text, or put together from several, stays a view of them in V8 from 13
 * characters on; and JSON.stringify takes its slow path, at more than twice the time, for a whole value that has one such text
 * anywhere. To be used where a text is made that goes into every event's message.
 */

/** Shorter ones are copied by the engine itself. */
const MIN_VIEW_CHARS = 13;

/** The same text, as one sequence of characters. */
export const inOnePiece = (text: string): string =>
  // Only a join of more than one text copies.
  text.length < MIN_VIEW_CHARS ? text : joined(text.slice(0, 1), text.slice(1));

/** The texts one after the other, as one sequence of characters. */
export const joined = (...texts: readonly string[]): string => texts.join("");
