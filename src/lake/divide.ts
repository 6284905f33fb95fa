/**
 * An hour that is too large for one go is divided: lines of some landing files are written again, into files by the next
 * five bits of their events' places, until a folder is small enough to be merged into its parts. So the work grows with
 * the number of lines alone, and not with its square. And parts that have grown too large go back the same way, to be
 * written as more and smaller ones. Used by compact.ts.
 */
import { byHour, eventIdOf } from "./by-hour.ts";
import { type FileLine, joined, linesIn, readFiles } from "./file-lines.ts";
import { glanceAt, printOf } from "./glance.ts";
import type { Line } from "./parquet.ts";
import { changePart } from "./parts.ts";
import type { LandingFile } from "./pending.ts";
import { digitsOf, folderOf, LANDING, type LandingKind, type PartKind, placeOf } from "./places.ts";
import { aFewAtATime } from "./read-lines.ts";

/**
 * Rewrite some files a level deeper, then delete them.
 * @param files of one kind @returns how many objects were written
 */
export async function divide(
  bucket: R2Bucket,
  hour: number,
  files: readonly LandingFile[],
  level: number,
): Promise<number> {
  const keys = files.map(({ key }) => key);
  const [first = ""] = keys;
  const kind = first.startsWith(LANDING.events) ? "events" : "deliveries";
  const id = await nameOf(files.map(({ key, etag }) => `${key} ${etag}`).join());
  const out = scattered(kind, { hour, level, id });
  for (const file of await readFiles(bucket, keys)) out.add(linesIn(file));
  const written = await out.put(bucket);
  await bucket.delete(keys);
  return written;
}

/** Take a part back into landing files. An empty part stays in its place: only a put has a condition. */
export async function takeBack(
  bucket: R2Bucket,
  hour: number,
  kind: PartKind,
  key: string,
  level: number,
): Promise<void> {
  await changePart(bucket, kind, key, async (lines) => {
    if (lines.length === 0) return undefined;
    const id = await nameOf(`${key} ${lines.length}`);
    const isDelivery = ({ record }: Line) => record?.stage === "delivery";
    const ingested = lines.filter((line) => !isDelivery(line));
    await scatter(bucket, "events", ingested, { hour, level, id });
    await scatter(bucket, "deliveries", lines.filter(isDelivery), { hour, level, id });
    return [];
  });
}

interface Target {
  hour: number;
  level: number;
  id: string;
}

const scatter = (
  bucket: R2Bucket,
  kind: LandingKind,
  lines: readonly Line[],
  target: Target,
): Promise<number> => {
  const out = scattered(kind, target);
  const encoder = new TextEncoder();
  out.add(lines.map(({ text }) => ({ text, bytes: new Uint8Array(encoder.encode(text)) })));
  return out.put(bucket);
};

/** Lines on their way into files: of what was read the bytes alone are held. */
function scattered(kind: LandingKind, { hour, level, id }: Target) {
  const files = new Map<string, Uint8Array<ArrayBuffer>[]>();
  /** How often a line is in the source that has it most: so often it is written. */
  const known = new Map<number, number>();
  return {
    /** @param source all lines of one */
    add(source: Iterable<FileLine>): void {
      const own = new Map<number, number>();
      const lines = Array.from(source, ({ text, bytes }) => ({
        bytes,
        print: printOf(text),
        seen: glanceAt(text),
      }));
      for (const [at, ofHour] of byHour(lines, hour, ({ seen }) => seen)) {
        const folder = `${LANDING[kind]}${folderOf(at)}x`;
        for (const { bytes, print, seen } of ofHour) {
          const nth = (own.get(print) ?? 0) + 1;
          own.set(print, nth);
          if (nth <= (known.get(print) ?? 0)) continue;
          known.set(print, nth);
          const key = `${folder}${digitsOf(placeOf(eventIdOf(seen)), level)}/${id}.ndjson`;
          const list = files.get(key);
          if (list) list.push(bytes);
          else files.set(key, [bytes]);
        }
      }
    },
    /** @returns how many objects were written */
    async put(bucket: R2Bucket): Promise<number> {
      await aFewAtATime([...files], async ([key, own]) => {
        await bucket.put(key, joined(own));
      });
      return files.size;
    },
  };
}

/** The same for the same files as they are: what a crash left is written over. */
async function nameOf(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(hash, 0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
