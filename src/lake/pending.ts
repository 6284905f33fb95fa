/**
 * What waits to be compacted: the landing files of the oldest hour that is over, in groups. A group is what lies in one
 * folder, the hour's own or one of those into which a large hour is divided. Used by compact.ts and read-hour.ts.
 */
import { digitsOfKey, folderOf, HOUR_MS, hourOfKey, LANDING, type LandingKind } from "./places.ts";

export interface LandingFile {
  key: string;
  etag: string;
  size: number;
}

export interface Group {
  /** Which part of the hour's places it has; empty: all. */
  digits: string;
  files: LandingFile[];
  bytes: number;
  /** There are more files of it than were listed. */
  hasMore: boolean;
}

export interface PendingHour {
  /** Epoch ms at which it begins. */
  hour: number;
  /** The hour's own folder first. */
  groups: Group[];
}

/** Objects of one list. */
const PAGE = 1_000;

/**
 * The oldest hour that has landing files.
 * @param after epoch ms: only hours that begin later
 * @returns undefined: there is none; or its first groups, with all files of the first, unless it says `hasMore`
 */
export async function oldestPending(bucket: R2Bucket, after?: number): Promise<PendingHour | undefined> {
  const pages = await Promise.all(
    Object.values(LANDING).map((prefix) =>
      bucket.list({
        prefix,
        limit: PAGE,
        ...(after !== undefined && { startAfter: `${prefix}${folderOf(after)}~` }),
      }),
    ),
  );
  const hours = pages.flatMap(({ objects }) => objects.map(({ key }) => hourOfKey(key)));
  const hour = hours
    .filter((one) => one !== undefined)
    .reduce((least, one) => Math.min(least, one), Infinity);
  return hour === Infinity ? undefined : { hour, groups: groupsOf(pages, hour) };
}

/** All landing files of an hour. @param kinds those that are asked for */
export async function landingOf(
  bucket: R2Bucket,
  hour: number,
  kinds: readonly LandingKind[],
): Promise<LandingFile[]> {
  const files: LandingFile[] = [];
  for (const kind of kinds) {
    let cursor: string | undefined;
    do {
      const prefix = `${LANDING[kind]}${folderOf(hour)}`;
      const page = await bucket.list({ prefix, ...(cursor !== undefined && { cursor }) });
      files.push(...page.objects);
      cursor = page.truncated ? page.cursor : undefined;
    } while (cursor !== undefined);
  }
  return files;
}

function groupsOf(pages: readonly R2Objects[], hour: number): Group[] {
  const groups = new Map<string, Group>();
  for (const { objects, truncated } of pages) {
    const own = objects.filter(({ key }) => hourOfKey(key) === hour);
    for (const { key, etag, size } of own) {
      const digits = digitsOfKey(key);
      const group = groups.get(digits) ?? { digits, files: [], bytes: 0, hasMore: false };
      groups.set(digits, group);
      group.files.push({ key, etag, size });
      group.bytes += size;
    }
    // The list ends in the middle of this hour: its last folder may go on.
    const last = own.at(-1);
    const group =
      last && last === objects.at(-1) && truncated ? groups.get(digitsOfKey(last.key)) : undefined;
    if (group) group.hasMore = true;
  }
  return [...groups.values()].sort((a, b) => (a.digits < b.digits ? -1 : 1));
}

/** Whether an hour is over, and what was under way at its end has had time to land. @param grace ms */
export const isOver = (hour: number, now: number, grace: number): boolean => hour + HOUR_MS + grace <= now;
