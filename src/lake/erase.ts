/**
 * Erases one person from the landing files: their events, and every receipt of them. Lines of others stay byte for byte;
 * the one thing that may change in them is the name of a profile that they were in with this person. Called by
 * src/subjects for an erasure, and once more after what was under way has landed.
 */
import {
  deliveryLines,
  eventLines,
  type ItemIdOf,
  type LandedLine,
  mayHold,
  textOf,
} from "./landed-lines.ts";
import { type Onward, type Span, sweepLanding } from "./landing-sweep.ts";
import { type Person, personOf } from "./person.ts";
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
 */
export async function eraseLanded(bucket: R2Bucket, asked: LandedErasure): Promise<ErasedLines> {
  const { subjects, decisions, itemIdOf, ...span } = asked;
  const person = personOf(subjects, decisions);
  const done = { events: 0, receipts: 0, objects: 0 };
  /** Rewrite an object by what its lines are. */
  const cutOut = async (key: string, ids: ReadonlySet<string>, read: Read) => {
    let cut = NOTHING;
    const isChanged = await rewrite(bucket, key, async (text) => {
      if (!mayHold(text, person, ids)) return undefined;
      cut = without(await read(text), person);
      return cut.text;
    });
    if (!isChanged) return;
    done.events += cut.events;
    done.receipts += cut.receipts;
    done.objects++;
  };
  const onward = await sweepLanding(bucket, span, {
    find: async (key, ids) => {
      const text = await (await bucket.get(key))?.text();
      if (text === undefined || !person.isIn(text)) return [];
      return eventLines(text, person, ids).flatMap(({ record, isOwn }) =>
        isOwn && record?.type === "event" && typeof record.id === "string" ? [record.id] : [],
      );
    },
    deliveries: (key, ids) => cutOut(key, ids, (text) => deliveryLines(text, person, ids, itemIdOf)),
    events: (key, ids) => cutOut(key, ids, (text) => eventLines(text, person, ids)),
  });
  return { ...done, ...onward };
}

type Read = (text: string) => LandedLine[] | Promise<LandedLine[]>;

interface Cut {
  /** What is left; undefined: it is what it was. */
  text: string | undefined;
  events: number;
  receipts: number;
}

const NOTHING: Cut = { text: undefined, events: 0, receipts: 0 };

function without(lines: readonly LandedLine[], person: Person): Cut {
  const cut = { events: 0, receipts: 0 };
  let isChanged = false;
  const left: string[] = [];
  for (const { text, record, isOwn } of lines) {
    if (!isOwn) {
      const kept = record && person.is(record.profile) ? inOwnProfile(record) : text;
      isChanged ||= kept !== text;
      left.push(kept);
      continue;
    }
    isChanged = true;
    cut[record?.type === "event" ? "events" : "receipts"]++;
  }
  return { ...cut, text: isChanged ? textOf(left) : undefined };
}

/** Another's line from when the two were one profile, which was named by a key of the erased one. */
const inOwnProfile = (record: Record<string, unknown>): string =>
  JSON.stringify({ ...record, profile: record.subject });
