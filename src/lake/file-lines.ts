/**
 * Lines of a landing file as bytes: so a step holds many files at no more than their size, whatever letters they have (a
 * text with one letter beyond Latin-1 takes twice its length). Used by divide.ts and merge-landing.ts.
 */

import { aFewAtATime } from "./read-lines.ts";

export interface FileLine {
  bytes: Uint8Array<ArrayBuffer>;
  text: string;
}

const DECODER = new TextDecoder();
const NEW_LINE = 10;

/** Lines one after the other, without their ends; the text of each lives only as long as whoever takes it keeps it. */
export function* linesIn(file: Uint8Array<ArrayBuffer>): Generator<FileLine> {
  for (let start = 0; start < file.length; ) {
    const found = file.indexOf(NEW_LINE, start);
    const end = found < 0 ? file.length : found;
    const bytes = file.subarray(start, end);
    yield { bytes, text: DECODER.decode(bytes) };
    start = end + 1;
  }
}

export const textIn = (bytes: Uint8Array<ArrayBuffer>): string => DECODER.decode(bytes);

/** A file of these lines. */
export function joined(lines: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(lines.reduce((sum, { length }) => sum + length + 1, 0));
  let at = 0;
  for (const line of lines) {
    file.set(line, at);
    at += line.length;
    file[at++] = NEW_LINE;
  }
  return file;
}

/** Files by key, in the order of the keys, without those that are gone. */
export async function readFiles(
  bucket: R2Bucket,
  keys: readonly string[],
): Promise<Uint8Array<ArrayBuffer>[]> {
  const files = new Map<string, Uint8Array<ArrayBuffer> | undefined>(keys.map((key) => [key, undefined]));
  await aFewAtATime(keys, async (key) => {
    const object = await bucket.get(key);
    if (object) files.set(key, new Uint8Array(await object.arrayBuffer()));
  });
  return [...files.values()].filter((file) => file !== undefined);
}
