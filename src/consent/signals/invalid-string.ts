/** The signal of a consent string that cannot be relied upon: it denies all three purposes. */
import { fingerprint } from "./evidence.ts";
import { DENIES_ALL, type Signal } from "./signal.ts";

/**
 * Longer strings are not read: the decoders need more than half a second for a megabyte. Real ones have some hundred
 * characters, those with many publisher restrictions some thousand.
 */
export const MAX_STRING_CHARS = 8192;

/**
 * @param code why, stable: see readTcf, readGpp and readStrings
 * @param givenAt epoch ms, where the string could be read that far
 */
export const invalidString = (
  kind: "tcf" | "gpp",
  text: string,
  code: string,
  { name = "", givenAt = 0 } = {},
): Signal => ({
  kind,
  name,
  says: DENIES_ALL,
  givenAt,
  // Of one that is too long, the beginning: to hash a megabyte costs more than all the rest.
  evidence: fingerprint(text.length > MAX_STRING_CHARS ? text.slice(0, MAX_STRING_CHARS) : text),
  invalid: code,
});
