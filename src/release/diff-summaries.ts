/** How much each version changed against the one that it was made from. Versions never change: each is counted once. */
import { diffDocuments, type Summary, summaryOf } from "./diff.ts";
import { readDocuments, type Version } from "./store.ts";

/** Characters of documents that one answer reads; who asks for older versions later gets theirs then. */
const MAX_READ = 4_000_000;
const MAX_KNOWN = 1_000;
const known = new WeakMap<D1Database, Map<number, Summary>>();

/** By version; a version that is not in it has no parent, or is too large to be counted with the others. */
export async function summariesOf(
  db: D1Database,
  versions: readonly (Version & { size: number })[],
): Promise<ReadonlyMap<number, Summary>> {
  let summaries = known.get(db);
  if (!summaries || summaries.size > MAX_KNOWN) {
    summaries = new Map();
    known.set(db, summaries);
  }
  const wanted: { version: number; parent: number }[] = [];
  let size = 0;
  for (const one of versions) {
    if (one.parent === null || summaries.has(one.version)) continue;
    size += 2 * one.size;
    if (size <= MAX_READ) wanted.push({ version: one.version, parent: one.parent });
  }
  if (wanted.length === 0) return summaries;
  const documents = await readDocuments(
    db,
    wanted.flatMap(({ version, parent }) => [version, parent]),
  );
  for (const { version, parent } of wanted) {
    const [to, from] = [documents.get(version), documents.get(parent)];
    if (to && from) summaries.set(version, summaryOf(diffDocuments(JSON.parse(from), JSON.parse(to))));
  }
  return summaries;
}
