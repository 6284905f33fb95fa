/**
 * A change by hand is a set of edits of links: what each was before, so that it can be undone exactly, and what it is
 * after. Pure; made by plan.ts and split.ts, kept and written by store.ts.
 */
import { type Link, type LinkKind, linkId } from "../graph.ts";

export interface ChangedLink {
  /** The smaller key. */
  a: string;
  b: string;
  kind: LinkKind;
  /** Null: it was not there. */
  before: Link["state"] | null;
  /** Null: it is not there any more. */
  after: Link["state"] | null;
}

/** Links that operators make say so. */
export const BY_HAND = "console";

/** The links of a graph while a change is planned. */
export class Edits {
  readonly #known: ReadonlyMap<string, Link>;
  readonly #changed = new Map<string, ChangedLink>();
  readonly #at: number;

  /** @param at epoch ms, which dates what is inserted */
  constructor(links: readonly Link[], at: number) {
    this.#known = new Map(links.map((link) => [linkId(link), link]));
    this.#at = at;
  }

  /** @returns whether it changes anything */
  set(link: Pick<Link, "a" | "b" | "kind">, after: ChangedLink["after"]): boolean {
    const id = linkId(link);
    const before = this.#known.get(id)?.state ?? null;
    if ((this.#changed.get(id)?.after ?? before) === after) return false;
    const [a, b] = link.a < link.b ? [link.a, link.b] : [link.b, link.a];
    if (before === after) this.#changed.delete(id);
    else this.#changed.set(id, { a, b, kind: link.kind, before, after });
    return true;
  }

  /** Sorted, so that the same edits are the same text. */
  changed(): ChangedLink[] {
    return [...this.#changed].sort(([x], [y]) => (x < y ? -1 : 1)).map(([, edit]) => edit);
  }

  /** All links as they are after it. */
  links(): Link[] {
    const links = new Map(this.#known);
    for (const [id, { a, b, kind, after }] of this.#changed) {
      const known = links.get(id);
      if (after === null) links.delete(id);
      else if (known) links.set(id, { ...known, state: after });
      else links.set(id, { a, b, kind, eventId: "", source: BY_HAND, at: this.#at, state: after });
    }
    return [...links.values()];
  }
}

/** What undoes it. */
export const reversed = (links: readonly ChangedLink[]): ChangedLink[] =>
  links.map((link) => ({ ...link, before: link.after, after: link.before }));

/** Keys that the links name. */
export const endsOfAll = (links: readonly Pick<Link, "a" | "b">[]): string[] => [
  ...new Set(links.flatMap(({ a, b }) => [a, b])),
];
