/** Rows and links as the tables have them: written and parsed here alone. */
import { parseConsent } from "./consent-store.ts";
import { type IdentifierRow, LINK_STRENGTH, type Link, type LinkKind } from "./graph.ts";

export interface StoredRow {
  key: string;
  members: string | null;
  facts: string;
  claims: string;
  consent: string | null;
  suppressed: number;
  sealed: string | null;
  snapshot: string | null;
  version: number;
  seen_at: number;
  due_at: number | null;
}

/** Columns of a row of `identifiers i`. */
export const ROW_COLUMNS =
  "i.key, i.members, i.facts, i.claims, i.consent, i.suppressed, i.sealed, i.snapshot, i.version, i.seen_at, i.due_at";

/** Beside the facts, whose hashes have no such sign: it goes where they go. */
export const HISTORY = "~";

export const parseRow = (row: StoredRow): IdentifierRow => ({
  key: row.key,
  members: row.members === null ? null : (JSON.parse(row.members) as string[]),
  ...parseFacts(row.facts),
  claims: JSON.parse(row.claims) as IdentifierRow["claims"],
  consent: parseConsent(row.consent),
  suppressed: row.suppressed === 1,
  sealed: row.sealed,
  snapshot: row.snapshot ? (JSON.parse(row.snapshot) as Record<string, unknown>) : null,
  version: row.version,
  seenAt: row.seen_at,
  dueAt: row.due_at,
});

function parseFacts(stored: string): Pick<IdentifierRow, "facts" | "history"> {
  const { [HISTORY]: history, ...facts } = JSON.parse(stored) as Record<string, unknown>;
  return { facts, history: Array.isArray(history) ? history : null };
}

/** A row for an upsert, with the version that it will have. */
export const storedRow = (row: IdentifierRow) => ({
  key: row.key,
  members: row.members === null ? null : JSON.stringify(row.members),
  facts: JSON.stringify(row.history ? { ...row.facts, [HISTORY]: row.history } : row.facts),
  claims: JSON.stringify(row.claims),
  consent: row.consent ? JSON.stringify(row.consent) : null,
  sealed: row.sealed,
  snapshot: row.snapshot ? JSON.stringify(row.snapshot) : null,
  version: row.version + 1,
  seenAt: row.seenAt,
  /** Undefined: what is stored stays. */
  dueAt: row.dueNext,
});

export interface StoredLink {
  node: string;
  other: string;
  kind: LinkKind;
  event_id: string;
  source: string;
  at: number;
  state: Link["state"];
}

export const parseLink = (l: StoredLink): Link => ({
  a: l.node,
  b: l.other,
  kind: l.kind,
  eventId: l.event_id,
  source: l.source,
  at: l.at,
  state: l.state,
});

/** A link as it is stored under one of its ends. */
export interface LinkEnd extends Omit<Link, "a" | "b"> {
  node: string;
  other: string;
  strength: number;
}

/**
 * Links as they are stored: under both ends, so that either end's shard finds them, and whoever is claimed can be erased
 * from where others claimed to be them. What a key says by itself is not stored, since each row is billed.
 */
export const endsToStore = (links: readonly Link[]): LinkEnd[] =>
  links.flatMap(({ a, b, kind, eventId, source, at, state }) => {
    if (kind === "scope") return [];
    const shared = { kind, strength: LINK_STRENGTH[kind], eventId, source, at, state };
    const one = { node: a, other: b, ...shared };
    return a === b ? [one] : [one, { node: b, other: a, ...shared }];
  });
