/**
 * What the events of a batch say of who belongs together: their links, beside those that are stored already. A link that
 * could never join is not kept, and an identifier that nobody has decided for starts with the consent of whom it joins.
 * One book for each run over a batch; called by fold.ts.
 */
import { endsOf, hasDecided, type IdentifierRow, isScoped, type Link, linkId } from "#identity/graph";
import type { Partition } from "#identity/partition";
import { type Graph, isCrowdedOut } from "#identity/read";
import type { IngestEvent } from "./batch.ts";

export interface LinkBook {
  /** All links, by their ids. */
  readonly all: ReadonlyMap<string, Link>;
  /** Those to be written: new ones, and known ones of which earlier evidence came. */
  readonly news: ReadonlyMap<string, Link>;
  /** Take the links of an event. @param row the one that gets its facts */
  learn(item: IngestEvent, row: IdentifierRow): void;
  /** What follows for other rows from an event that was folded before. */
  repeat(item: IngestEvent, row: IdentifierRow): void;
  /** Consent that was taken over along links which join nothing is given back: nobody binds others by naming them. */
  giveBack(parts: Pick<Partition, "conflicted">): void;
}

/** @param rowOf the row of a key, a new one where there is none @param touched gets keys of rows to be written */
export function openLinks(
  graph: Graph,
  rowOf: (key: string) => IdentifierRow,
  touched: Set<string>,
): LinkBook {
  const all = new Map(graph.links.map((link) => [linkId(link), link]));
  const news = new Map(graph.torn.map((link) => [linkId(link), link]));
  const browsers = new Map<string, Link[]>();
  for (const link of graph.links) noteBrowser(link, browsers);
  const heirs: Heir[] = [];
  return {
    all,
    news,
    learn(item, row) {
      for (const link of item.resolution.links) {
        const known = all.get(linkId(link));
        if (!known && (isTaken(link, browsers) || isCrowdedOut(link, graph))) continue;
        const isNews = !known || !isNoEarlier(link, known);
        const merged = known ? { ...link, state: known.state } : link;
        if (isNews) {
          all.set(linkId(link), merged);
          news.set(linkId(link), merged);
          noteBrowser(merged, browsers);
        }
        if (link.kind === "claim") continue;
        for (const end of [link.a, link.b]) {
          const other = rowOf(end);
          // Of a known link each end has a row, unless a crash came between the two.
          if (!isNews && other.version > 0) continue;
          if (merged.state === "live" && link.kind !== "rule") heirs.push(inherit(other, row, link));
          // Also where it joins nothing: who comes to something else meanwhile, without knowing of it, has to meet it here.
          if (merged.state !== "revoked" && link.kind !== "scope") touched.add(end);
        }
      }
    },
    repeat(item, row) {
      for (const link of item.resolution.links) {
        const known = all.get(linkId(link));
        if (known?.state !== "live" || link.kind === "rule") continue;
        for (const end of [link.a, link.b]) {
          const heir = inherit(rowOf(end), row, link);
          heirs.push(heir);
          if (heir.took) touched.add(end);
        }
      }
    },
    giveBack({ conflicted }) {
      if (!heirs.some(({ link }) => conflicted.has(linkId(link)))) return;
      // The last first; then those that do join once more, since what they took may have been another's.
      for (const { row, was, took } of heirs.toReversed())
        if (took !== undefined && row.consent === took) row.consent = was;
      for (const { row, from, link } of heirs) if (!conflicted.has(linkId(link))) inherit(row, from, link);
    },
  };
}

/** Of several pieces of evidence for one link the earliest dates it, in whatever order they come. */
const isNoEarlier = (link: Link, known: Link): boolean =>
  known.at < link.at || (known.at === link.at && known.eventId <= link.eventId);

/**
 * Whether a claimed anonymous id had a browser before. Such a link could never join anything as long as the first one
 * lives, and an id that a site has hard-coded would collect one for every visitor: it is not kept.
 */
function isTaken(link: Link, browsers: ReadonlyMap<string, Link[]>): boolean {
  if (link.kind !== "device") return false;
  const { claimed, device } = endsOf(link);
  return (browsers.get(claimed) ?? []).some(
    (other) => endsOf(other).device !== device && isBefore(other, link),
  );
}

/** As partition.ts orders two links of one kind. */
const isBefore = (one: Link, other: Link): boolean =>
  one.at < other.at || (one.at === other.at && linkId(one) < linkId(other));

/** Claimed id → the links to browsers that sent it. */
function noteBrowser(link: Link, browsers: Map<string, Link[]>): void {
  if (link.kind !== "device" || link.state !== "live") return;
  const { claimed } = endsOf(link);
  const known = browsers.get(claimed);
  if (known) known.push(link);
  else browsers.set(claimed, [link]);
}

/** A row that may have taken over the consent of another. */
interface Heir {
  row: IdentifierRow;
  from: IdentifierRow;
  link: Link;
  was: IdentifierRow["consent"];
  /** Undefined: nothing. */
  took?: IdentifierRow["consent"];
}

/** A new row starts with the consent of the row that it is linked to: a withdrawal binds it from its first moment. */
function inherit(row: IdentifierRow, from: IdentifierRow, link: Link): Heir {
  const heir = { row, from, link, was: row.consent };
  if (hasDecided(row) || !from.consent || isProvenElsewhere(row.key, from.key)) return heir;
  const { g, t, r, o } = from.consent;
  row.consent = { ...row.consent, g, t, r, b: 1, ...(o !== undefined && { o }) };
  return { ...heir, took: row.consent };
}

const isProvenElsewhere = (key: string, from: string): boolean =>
  isScoped(from) && !isScoped(key) && !from.startsWith(key);
