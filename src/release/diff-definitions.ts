/**
 * A release's document as single definitions by path, `segments.loyal` or `policy`: the unit in which people compare, edit
 * and merge. Documents may be work in progress, and wrong. Pure; used by diff.ts, diff-merge.ts, drafts.ts and the command
 * line (scripts/release).
 */
import * as z from "zod";
import { releaseSchema } from "#contracts/definitions/release";

export type Definitions = ReadonlyMap<string, unknown>;

/** Kinds in the order of the document → the schema of one definition. */
const KINDS: ReadonlyMap<string, { schema: z.core.$ZodType; keyed: boolean }> = new Map(
  Object.entries<z.core.$ZodType>(releaseSchema.shape).map(([kind, schema]) => {
    const inner = schema instanceof z.ZodDefault ? schema.def.innerType : undefined;
    const keyed = inner instanceof z.ZodRecord;
    return [kind, { schema: keyed ? inner.def.valueType : schema, keyed }];
  }),
);

const KEY = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** The kinds of definitions, and whether there are several of a kind, by key. */
export const kinds = (): [kind: string, keyed: boolean][] =>
  [...KINDS].map(([kind, { keyed }]) => [kind, keyed]);

export interface Place {
  kind: string;
  /** Null: of this kind there is one. */
  key: string | null;
}

/** The parts of a path. A key may hold dots where a draft is wrong. */
export function placeOf(path: string): Place {
  const dot = path.indexOf(".");
  return dot < 0 ? { kind: path, key: null } : { kind: path.slice(0, dot), key: path.slice(dot + 1) };
}

/** Whether a definition may lie at this path. */
export function isPath(path: string): boolean {
  const { kind, key } = placeOf(path);
  const known = KINDS.get(kind);
  return known !== undefined && (key === null ? !known.keyed : known.keyed && KEY.test(key));
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The definitions of a document, as they are written. */
export function definitionsOf(document: unknown): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const [kind, value] of Object.entries(isObject(document) ? document : {})) {
    if (value === undefined) continue;
    if (KINDS.get(kind)?.keyed && isObject(value))
      for (const [key, one] of Object.entries(value)) found.set(`${kind}.${key}`, one);
    else found.set(kind, value);
  }
  return found;
}

/** The document of some definitions, its kinds in the order of the schema, and the keys of each in that of the alphabet. */
export function documentFrom(definitions: Definitions): Record<string, unknown> {
  const parts = new Map<string, { one?: unknown; keyed: [string, unknown][] }>();
  for (const kind of KINDS.keys()) parts.set(kind, { keyed: [] });
  for (const path of [...definitions.keys()].sort()) {
    const { kind, key } = placeOf(path);
    const part = parts.get(kind) ?? { keyed: [] };
    parts.set(kind, part);
    if (key === null) part.one = definitions.get(path);
    else part.keyed.push([key, definitions.get(path)]);
  }
  const entries = [...parts].map(([kind, { one, keyed }]): [string, unknown] => [
    kind,
    keyed.length > 0 ? Object.fromEntries(keyed) : one,
  ]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** A definition with its defaults filled in, where it is right; else as it is. */
export function normalised(path: string, value: unknown): unknown {
  const { kind, key } = placeOf(path);
  const known = KINDS.get(kind);
  // Of a kind without keys, what is left out may be its default.
  if (!known || (value === undefined && key !== null)) return value;
  const parsed = z.safeParse(known.schema, value);
  return parsed.success ? parsed.data : value;
}

/** Whether two values of JSON are the same; the order of an object's names is of no matter. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) || Array.isArray(b))
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((one, i) => isSame(one, b[i]))
    );
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a).filter((name) => a[name] !== undefined);
  const others = Object.keys(b).filter((name) => b[name] !== undefined);
  return (
    names.length === others.length &&
    names.every((name) => Object.hasOwn(b, name) && isSame(a[name], b[name]))
  );
}

/** Whether two definitions at a path mean the same. */
export const meansSame = (path: string, a: unknown, b: unknown): boolean =>
  isSame(a, b) || isSame(normalised(path, a), normalised(path, b));
