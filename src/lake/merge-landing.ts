/**
 * Landing files into parts: read, without those who have been erased since, by hour and bucket, each part written unless
 * somebody else wrote it meanwhile; then the files are deleted. The last step of compact.ts.
 */
import { byHour, eventIdOf } from "./by-hour.ts";
import { type LakeRecord, parsed } from "./columns.ts";
import { without } from "./erase.ts";
import { linesIn, readFiles, textIn } from "./file-lines.ts";
import { glanceAt } from "./glance.ts";
import { type ItemIdOf, markLines } from "./landed-lines.ts";
import { union } from "./merge.ts";
import { kindOf, type Line, lineOf } from "./parquet.ts";
import { unmarked } from "./part-lines.ts";
import { changePart, charsOf, countOf, partsOf } from "./parts.ts";
import { type Person, personOf } from "./person.ts";
import { type PartKind, type PartName, partKey, placeOf } from "./places.ts";

export interface MergeDeps {
  bucket: R2Bucket;
  /** Of some identifier keys those that are suppressed. Rejects where it cannot be known: then nothing is compacted. */
  suppressedAmong: (keys: readonly string[]) => Promise<ReadonlySet<string>>;
  itemIdOf: ItemIdOf;
}

/** A part that was written. */
export interface Written {
  kind: PartKind;
  key: string;
  /** Characters of its lines. */
  chars: number;
}

/**
 * Merge landing files into their parts, and delete them. The files are held as bytes, and as records the lines of one bucket
 * at a time.
 * @param hour epoch ms of their folder @param count how many parts that hour has @returns the parts that were written
 */
export async function mergeLanding(
  deps: MergeDeps,
  hour: number,
  count: number,
  keys: readonly string[],
): Promise<Written[]> {
  const { bucket } = deps;
  const files = await readFiles(bucket, keys);
  const person = personOf(await suppressedIn(deps, files));
  const ids = person.keys.length === 0 ? NONE : idsOf(files, person);
  const written: Written[] = [];
  for (const [own, ofHour] of await bucketsOf(bucket, files, hour, count))
    for (const [name, all] of ofHour)
      for (const sources of portionsOf(all)) {
        const lines = sources.map((source) => source.map((bytes) => lineOf(textIn(bytes))));
        const left = person.keys.length === 0 ? lines : await leave(lines, person, ids, deps);
        written.push(...(await mergeBucket(bucket, own, JSON.parse(name) as PartName, left))); // of bucketsOf
      }
  await bucket.delete([...keys]);
  return written;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes of lines that are records at once. */
const PORTION = 7_000_000;

/** A bucket's sources, whole, as many at a time as fit: somebody may send one id all day, which no division makes smaller. */
function* portionsOf(sources: readonly Bytes[][]): Generator<Bytes[][]> {
  let portion: Bytes[][] = [];
  let room = PORTION;
  for (const source of sources) {
    const bytes = source.reduce((sum, { length }) => sum + length, 0);
    if (bytes > room && portion.length > 0) {
      yield portion;
      portion = [];
      room = PORTION;
    }
    portion.push(source);
    room -= bytes;
  }
  if (portion.length > 0) yield portion;
}

/** Lines by hour and by part's name: of each those of every file that has any, in their order. */
async function bucketsOf(
  bucket: R2Bucket,
  files: readonly Bytes[],
  hour: number,
  count: number,
): Promise<Map<number, Map<string, Bytes[][]>>> {
  const hours = new Map<number, Map<string, Bytes[][]>>();
  const counts = new Map([[hour, count]]);
  for (const file of files) {
    const lines = Array.from(linesIn(file), ({ bytes, text }) => ({ bytes, seen: glanceAt(text) }));
    for (const [own, ofHour] of byHour(lines, hour, ({ seen }) => seen)) {
      const parts = counts.get(own) ?? (countOf(await partsOf(bucket, "receipts", own)) || 1);
      counts.set(own, parts);
      const buckets = hours.get(own) ?? new Map<string, Bytes[][]>();
      hours.set(own, buckets);
      const grouped = Map.groupBy(ofHour, ({ seen }) => placeOf(eventIdOf(seen)) % parts);
      for (const [n, ofBucket] of grouped) {
        const name = JSON.stringify({ bucket: n, count: parts } satisfies PartName);
        const known = buckets.get(name) ?? [];
        buckets.set(name, known);
        known.push(ofBucket.map(({ bytes }) => bytes));
      }
    }
  }
  return hours;
}

/** Receipts first: whoever erases finds them by their events. */
async function mergeBucket(
  bucket: R2Bucket,
  hour: number,
  name: PartName,
  sources: readonly Line[][],
): Promise<Written[]> {
  const written: Written[] = [];
  for (const kind of ["receipts", "events"] as const) {
    const landed = sources.map((lines) => lines.filter(({ record }) => kindOf(record) === kind));
    if (landed.every(({ length }) => length === 0)) continue;
    const key = partKey(kind, hour, name);
    let chars = 0;
    const isChanged = await changePart(bucket, kind, key, (lines) => {
      const merged = union([lines, ...landed]);
      chars = charsOf(merged);
      return merged.length === lines.length && merged.every((line, n) => line === lines[n])
        ? undefined
        : merged;
    });
    if (isChanged) written.push({ kind, key, chars });
  }
  return written;
}

/** Keys of those who have been erased since their lines landed. */
async function suppressedIn(
  { suppressedAmong }: MergeDeps,
  files: readonly Bytes[],
): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  for (const record of recordsIn(files))
    for (const key of [record.subject, record.profile])
      if (typeof key === "string" && key !== "") {
        keys.add(key);
        for (const one of key.split("|")) keys.add(one);
      }
  return keys.size === 0 ? keys : suppressedAmong([...keys]);
}

function* recordsIn(files: readonly Bytes[]): Generator<LakeRecord> {
  for (const file of files)
    for (const { text } of linesIn(file)) {
      // Most receipts name nobody.
      const record = NAMES.test(text) ? parsed(text) : undefined;
      if (record) yield record;
    }
}

const NAMES = /"(?:subject|profile|\\u)/;

/** Ids of a person's events. Deliveries are told by them. */
function idsOf(files: readonly Bytes[], person: Person): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const record of recordsIn(files))
    if (person.is(record.subject ?? record.profile)) ids.add(eventIdOf(record));
  return ids;
}

const NONE: ReadonlySet<string> = new Set();

/** All sources without a person's lines. */
const leave = (
  sources: readonly Line[][],
  person: Person,
  ids: ReadonlySet<string>,
  { itemIdOf }: MergeDeps,
): Promise<Line[][]> =>
  Promise.all(
    sources.map(async (lines) => {
      const marked = await markLines(unmarked(lines), person, ids, itemIdOf);
      return without(marked, person).left ?? lines;
    }),
  );
