/**
 * Erases one person from the lake, its landing files and its parts: their events, and every receipt of them. Lines of others stay as they are;
 * the one thing that may change in them is the name of a profile that they were in with this person. Called by
 * src/subjects for an erasure, and once more after what was under way has landed.
 */
import {
  deliveryLines,
  eventLines,
  type ItemIdOf,
  type LandedLine,
  markEventLines,
  markLines,
  mayHold,
  textOf,
} from "./landed-lines.ts";
import { type Onward, type Span, sweepLanding } from "./landing-sweep.ts";
import { mayPartHold, unmarked } from "./part-lines.ts";
import { changePart, damagedBetween, readPart } from "./parts.ts";
import { type Person, personOf } from "./person.ts";
import { kindOfPart } from "./places.ts";
import { rewrite } from "./walk.ts";

export interface LandedErasure extends Span {
  /** Identifier keys of the person. */
  subjects: Iterable<string>;
  /** Ids of their decisions, as the ledger had them. */
  decisions?: Iterable<string>;
  itemIdOf: ItemIdOf;
}

export interface ErasedLines extends Onward {
  /** Events, and receipts of all stages, that are gone. */
  events: number;
  receipts: number;
  /** Objects that were rewritten or deleted. */
  objects: number;
}

/**
 * Erase in the next objects. Repeated, or begun again after a crash, it finds what is left.
 * @returns with `cursor` and `eventIds` for the next call; at the end without a cursor
 * @throws Error where parts of these days are damaged: who is in them cannot be told
 */
export async function eraseLanded(bucket: R2Bucket, asked: LandedErasure): Promise<ErasedLines> {
  const { subjects, decisions, itemIdOf, ...span } = asked;
  const person = personOf(subjects, decisions);
  const done = { events: 0, receipts: 0, objects: 0 };
  const count = (cut: Cut) => {
    done.events += cut.events;
    done.receipts += cut.receipts;
    done.objects++;
  };
  /** Rewrite an object by what its lines are. */
  const cutOut = async (key: string, ids: ReadonlySet<string>, read: Read) => {
    const kind = kindOfPart(key);
    let cut = NOTHING;
    const isChanged = kind
      ? await changePart(
          bucket,
          kind,
          key,
          async (lines) => {
            cut = without(await markLines(unmarked(lines), person, ids, itemIdOf), person);
            return cut.left?.map(({ text, record }) => ({ text, record }));
          },
          (bytes) => mayPartHold(bytes, kind, person, ids),
        )
      : await rewrite(bucket, key, async (text) => {
          if (!mayHold(text, person, ids)) return undefined;
          cut = without(await read(text), person);
          return cut.left && textOf(cut.left.map((line) => line.text));
        });
    if (isChanged) count(cut);
  };
  const onward = await sweepLanding(bucket, span, {
    find: async (key, ids) => idsOf(await eventsOf(bucket, key, person, ids)),
    deliveries: (key, ids) => cutOut(key, ids, (text) => deliveryLines(text, person, ids, itemIdOf)),
    events: (key, ids) => cutOut(key, ids, (text) => eventLines(text, person, ids)),
  });
  // An erasure must not say that it is done while something of these days lies where nobody can tell whose it is.
  if (onward.cursor === undefined) {
    const damaged = await damagedBetween(bucket, span.from, span.to);
    if (damaged.length > 0)
      throw new Error(
        `${damaged.length} parts of these days cannot be read: mend or delete them, ${damaged[0]} first`,
      );
  }
  return { ...done, ...onward };
}

const idsOf = (lines: readonly LandedLine[]): string[] =>
  lines.flatMap(({ record, isOwn }) =>
    isOwn && record?.type === "event" && typeof record.id === "string" ? [record.id] : [],
  );

/** Lines of an object of events, where it names the person. */
async function eventsOf(
  bucket: R2Bucket,
  key: string,
  person: Person,
  ids: ReadonlySet<string>,
): Promise<LandedLine[]> {
  const kind = kindOfPart(key);
  if (kind) {
    const part = await readPart(bucket, kind, key, (bytes) => mayPartHold(bytes, kind, person, NONE));
    return part ? markEventLines(unmarked(part.lines), person, ids) : [];
  }
  const text = await (await bucket.get(key))?.text();
  return text !== undefined && person.isIn(text) ? eventLines(text, person, ids) : [];
}

const NONE: ReadonlySet<string> = new Set();

type Read = (text: string) => LandedLine[] | Promise<LandedLine[]>;

interface Cut {
  /** What is left; undefined: it is what it was. */
  left: { text: string; record: LandedLine["record"] }[] | undefined;
  events: number;
  receipts: number;
}

const NOTHING: Cut = { left: undefined, events: 0, receipts: 0 };

/** Lines without a person's. */
export function without(lines: readonly LandedLine[], person: Person): Cut {
  const cut = { events: 0, receipts: 0 };
  let isChanged = false;
  const left: LandedLine[] = [];
  for (const line of lines) {
    const { record, isOwn } = line;
    if (isOwn) cut[record?.type === "event" ? "events" : "receipts"]++;
    else left.push(record && person.is(record.profile) ? inOwnProfile(record) : line);
    isChanged ||= isOwn || left.at(-1) !== line;
  }
  return { ...cut, left: isChanged ? left : undefined };
}

/** Another's line from when the two were one profile, which was named by a key of the erased one. */
function inOwnProfile(record: Record<string, unknown>): LandedLine {
  const own = { ...record, profile: record.subject };
  return { text: JSON.stringify(own), record: own, isOwn: false };
}
