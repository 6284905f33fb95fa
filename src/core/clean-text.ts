/**
 * A text as a person reads it: without what cannot be seen, in one form of Unicode. Two identifiers that look the same on a
 * screen because of a zero-width space are the same; two that only look alike (a Cyrillic `а`) are not. Used by
 * src/identity/normalise.ts, and by src/door/proof/check.ts, to which a text that this changes is none.
 */

/** Printable ASCII without a space, as almost every identifier is: nothing to do. */
const PLAIN = /^[!-~]*$/;
/** Zero-width and joining characters, byte order marks, soft hyphens, marks of direction, fillers, variation selectors. */
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** Without invisible characters and the space around it, in NFC. The caller bounds the length. */
export const cleanText = (text: string): string =>
  PLAIN.test(text) ? text : text.replace(INVISIBLE, "").normalize("NFC").trim();

/** Full-width forms of ASCII, which input methods for Chinese and Japanese write, as ASCII. No other letter is changed. */
export const narrowText = (text: string): string =>
  PLAIN.test(text)
    ? text
    : text
        .replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
        .replaceAll("\u3000", " ");
