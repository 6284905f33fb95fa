/**
 * An imported list as somebody sends it: JSON, or CSV with a namespace and a value on each line. Values become keyed hashes
 * here and are kept nowhere; what names nobody is refused by its line, and harms no other. Called by
 * src/console/segments/lists-routes.ts.
 */
import * as z from "zod";
import type { IdentifierNamespace } from "#contracts/taxonomy";
import { Problem } from "#core/problem";
import { namesPersonBy } from "#identity/graph";
import { readIdentifier } from "#identity/normalise";
import type { ValueRules } from "#identity/normalise/rules";
import type { Keyring } from "#privacy/keys";
import { identifierKey, otherIdentifierKeys } from "#privacy/lookup";

export const MAX_ENTRIES = 100_000;
/** Refused entries that are listed; the others are only counted. */
const MAX_LISTED = 100;

export const LIST_MODES = ["add", "replace", "remove"] as const;
export type ListMode = (typeof LIST_MODES)[number];

export interface ListEntry {
  namespace: string;
  value: string;
}

export const listBodySchema = z.strictObject({
  mode: z.enum(LIST_MODES).default("add"),
  entries: z.array(z.strictObject({ namespace: z.string().max(64), value: z.string().max(1_024) })),
});

/** What is refused: its line of the CSV (the first is 1), or its place among the entries (likewise), and why. */
export interface RefusedEntry {
  line: number;
  reason: string;
}

export interface ReadList {
  /** Under the current look-up key. */
  keys: string[];
  /** Each of them → the same identifier under the other look-up keys; nothing before the first rotation. */
  others: Map<string, string[]>;
  refused: number;
  /** Of these the first. */
  issues: RefusedEntry[];
}

/** An entry, or what of a line is none, with its line. */
type Line = { line: number } & (ListEntry | { reason: string });

/** The lines of a CSV; a first line that says `namespace,value` is a heading, and empty lines are none. @throws as readList */
export function csvEntries(text: string): Line[] {
  const lines: Line[] = [];
  let line = 0;
  // One by one: as a whole, the lines of a file of line breaks are many times its size.
  for (let start = 0, end = 0; end < text.length; start = end + 1) {
    end = text.indexOf("\n", start);
    if (end < 0) end = text.length;
    line++;
    const row = text.slice(start, end).trim();
    if (row === "") continue;
    if (lines.length > MAX_ENTRIES) throw tooMany(`more than ${MAX_ENTRIES}`);
    const fields = FIELDS.exec(row);
    const [namespace, value] = [fields?.[1], fields?.[2]].map(unquoted);
    if (namespace === undefined || value === undefined) lines.push({ line, reason: "not_two_fields" });
    else if (line > 1 || namespace.toLowerCase() !== "namespace") lines.push({ line, namespace, value });
  }
  return lines;
}

/** Two fields of RFC 4180: plain, or quoted with quotes doubled. No two parts of it can take the same signs, so it is linear. */
const FIELDS = /^("(?:[^"]|"")*"\s*|[^",;]*)[,;](\s*"(?:[^"]|"")*"|[^",]*)$/;

function unquoted(given: string | undefined): string | undefined {
  const field = given?.trim();
  return field?.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field;
}

export const numbered = (entries: readonly ListEntry[]): Line[] =>
  entries.map((entry, place) => ({ ...entry, line: place + 1 }));

/**
 * Hash them. @param rules of the release; `loadPhones` has been waited for where an entry needs it
 * @throws Problem 422 `too_many_entries`
 */
export async function readList(lines: readonly Line[], keys: Keyring, rules: ValueRules): Promise<ReadList> {
  if (lines.length > MAX_ENTRIES) throw tooMany(String(lines.length));
  const found: ReadList = { keys: [], others: new Map(), refused: 0, issues: [] };
  const refuse = (line: number, reason: string) => {
    found.refused++;
    if (found.issues.length < MAX_LISTED) found.issues.push({ line, reason });
  };
  const known = new Set<string>();
  for (const one of lines) {
    if ("reason" in one) {
      refuse(one.line, one.reason);
      continue;
    }
    const { line, namespace, value } = one;
    if (!namesPersonBy(namespace) && rules.namespaces.has(namespace)) {
      refuse(line, "names_no_person");
      continue;
    }
    const read = readIdentifier(namespace, value, rules);
    if (!read.ok) {
      refuse(line, read.reason);
      continue;
    }
    const name = `${namespace}:${read.value}`;
    if (known.has(name)) continue;
    known.add(name);
    const own = namespace as IdentifierNamespace; // the rules know it
    const key = await identifierKey(keys.lookup, own, read.value);
    found.keys.push(key);
    if (keys.lookup.others.length > 0)
      found.others.set(key, await otherIdentifierKeys(keys.lookup, own, read.value));
  }
  return found;
}

const tooMany = (entries: string): Problem =>
  new Problem(
    422,
    "too_many_entries",
    `These are ${entries} entries; send ${MAX_ENTRIES} at most, and the others with another import of mode "add".`,
  );
