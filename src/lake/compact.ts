/**
 * Compaction: landing files of hours that are over become Parquet parts. Called each minute by the schedule; each call does
 * a bounded part, oldest hour first. Late files of an hour that was compacted before are merged into its parts.
 *
 *   list the oldest landing files → too many for memory: divide them (divide.ts), and take the next
 *   → read them → who of them is suppressed by now? → by hour and bucket: merge with the part, write it unless somebody
 *   else wrote it meanwhile → delete the landing files
 *
 * Files are deleted only after all that they had is written, and a line that is merged twice is there once (merge.ts): so
 * a crash at any moment loses and doubles nothing, and two calls may run at the same time. What is being erased while this
 * runs is not written again: a part that an erasure has changed is read again, and the erasure's second sweep finds what
 * was on its way from a landing file into a part.
 */
import { divide, takeBack } from "./divide.ts";
import { type MergeDeps, mergeLanding, type Written } from "./merge-landing.ts";
import { countOf, partsOf } from "./parts.ts";
import { isOver, type LandingFile, oldestPending, type PendingHour } from "./pending.ts";
import { hourOfKey, MAX_LEVEL, partNameOf, RADIX } from "./places.ts";
import {
  divisionOf,
  isLarge,
  type KindPart,
  ofLargerKind,
  SIZES,
  type Sizes,
  siblings,
  taking,
} from "./plan.ts";

export interface CompactDeps extends MergeDeps {
  /** Smaller ones for tests. */
  sizes?: Partial<Sizes>;
}

/** What a call did. */
export interface Compacted {
  /** Landing files that are gone. */
  files: number;
  /** Parts that were written. */
  parts: number;
  /** Files that were written in dividing a large hour. */
  divided: number;
  /** The oldest hour that is over and still waits, epoch ms. */
  waiting?: number;
}

/**
 * Compact what is due, as far as one call goes. An hour that fails does not keep later ones from being compacted.
 * @param now epoch ms @throws the first failure, after the others were done
 */
export async function compactLake(deps: CompactDeps, now: number): Promise<Compacted> {
  const sizes = { ...SIZES, ...deps.sizes };
  const done: Compacted = { files: 0, parts: 0, divided: 0 };
  const failures: unknown[] = [];
  const parts = knownParts(deps.bucket);
  let taken = 0;
  let after: number | undefined;
  for (;;) {
    const pending = await oldestPending(deps.bucket, after);
    if (!pending || !isOver(pending.hour, now, sizes.grace)) break;
    if (taken >= sizes.call) {
      done.waiting = pending.hour;
      break;
    }
    try {
      taken += await step({ ...deps, sizes }, parts, pending, done);
    } catch (error) {
      failures.push(error);
      after = pending.hour;
    }
  }
  if (failures.length > 0) throw failures[0];
  return done;
}

/** @returns how many bytes it took on */
async function step(
  { bucket, sizes, ...deps }: CompactDeps & { sizes: Sizes },
  known: KnownParts,
  { hour, groups }: PendingHour,
  done: Compacted,
): Promise<number> {
  const [group] = groups;
  if (!group) return 0;
  const level = group.digits.length;
  const mayDivide = level < MAX_LEVEL;
  // What is left of a folder that is being divided belongs among the rest of it.
  const isBegun = groups.some(({ digits }) => digits.length > level && digits.startsWith(group.digits));
  const isDivided = mayDivide && (isLarge(group, sizes) || isBegun);
  const parts = isDivided ? [] : await known.of(hour);
  const touched = Math.min(countOf(parts) / RADIX ** level, group.bytes / SHORT_LINE);
  if (isDivided || (mayDivide && touched > sizes.parts)) {
    const first = taking(ofLargerKind(group), sizes, sizes.divide);
    const written = await divide(bucket, hour, first, level + 1);
    done.divided += written;
    done.files += first.length;
    return bytesOf(first) + (first.length + written) * sizes.object;
  }
  const { count, grown } = divisionOf(parts, group, groups, sizes);
  for (const { kind, key } of grown) await takeBack(bucket, hour, kind, key, Math.max(1, level));
  if (grown.length > 0) {
    known.forget();
    return grown.reduce((sum, { chars }) => sum + chars + RADIX * sizes.object, 0);
  }
  const first = taking(group, sizes, sizes.step);
  const files = [...first, ...siblings(groups, parts, count, sizes)];
  const keys = files.map(({ key }) => key);
  const written = await mergeLanding({ bucket, ...deps }, hour, count, keys);
  known.add(hour, written);
  done.parts += written.length;
  done.files += files.length;
  return bytesOf(files) + (files.length + 2 * written.length) * sizes.object;
}

/** Bytes of a line, at least. */
const SHORT_LINE = 100;

const bytesOf = (files: readonly LandingFile[]): number => files.reduce((sum, { size }) => sum + size, 0);

/** Parts of the hour that is at work, listed once: a large hour has thousands. */
interface KnownParts {
  /** Those that have anything: one that was taken back is empty, and says nothing of how the hour is divided. */
  of(hour: number): Promise<KindPart[]>;
  add(hour: number, written: readonly Written[]): void;
  forget(): void;
}

function knownParts(bucket: R2Bucket): KnownParts {
  let hour: number | undefined;
  let parts = new Map<string, KindPart>();
  return {
    async of(asked) {
      if (hour !== asked) {
        const kinds = ["events", "receipts"] as const;
        const listed = kinds.map(async (kind) =>
          (await partsOf(bucket, kind, asked)).map((part) => ({ ...part, kind })),
        );
        parts = new Map((await Promise.all(listed)).flat().map((part) => [part.key, part]));
        hour = asked;
      }
      return [...parts.values()].filter(({ chars }) => chars > 0);
    },
    add(written, all) {
      if (hour !== written) return;
      for (const { key, kind, chars } of all) {
        const name = partNameOf(key);
        if (name && hourOfKey(key) === hour) parts.set(key, { key, kind, chars, ...name });
      }
    },
    forget() {
      hour = undefined;
    },
  };
}
