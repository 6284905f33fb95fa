/**
 * What is wrong with one expression of a mapping, said before a release is published, and what kind of value it gives.
 * Pure; used by check.ts.
 */
import type { Cast, Expression } from "#contracts/definitions/mapping";
import { checkCondition } from "#core/condition";
import { type Readable, ROOTS, readPath } from "./readable.ts";
import { atPath, type Kind, kindOf, kindsOf } from "./schema.ts";
import { templateParts } from "./template.ts";

export type Say = (path: string, message: string) => void;

/** Where an expression stands. */
export interface Where {
  readable: Readable;
  /** Whether a trait may leave as it is: false where the vendor takes hashes only. */
  clearTraits: boolean;
  say: Say;
}

/** Deeper expressions are refused. */
const MAX_DEPTH = 10;

/** Kinds that a value may be of; undefined: any. */
export type Kinds = ReadonlySet<Kind> | undefined;

const TEXT: Kinds = new Set(["text"]);
const NUMBER: Kinds = new Set(["number"]);
const LIST: Kinds = new Set(["list"]);

const TO_NUMBER: readonly Cast[] = ["number", "integer", "epoch_ms", "epoch_s"];
const castKind = (cast: Cast): Kinds =>
  cast === "boolean" ? new Set(["boolean"]) : TO_NUMBER.includes(cast) ? NUMBER : TEXT;

/** Check one expression and what is in it. @param path of the expression in the release */
export function checkExpression(expression: Expression, path: string, where: Where, depth = 1): Kinds {
  const { say } = where;
  if (depth > MAX_DEPTH) {
    say(path, `is nested deeper than ${MAX_DEPTH} expressions`);
    return undefined;
  }
  const inner = (one: Expression, name: string, there = where) =>
    checkExpression(one, `${path}.${name}`, there, depth + 1);
  if ("path" in expression) return checkPath(expression.path, `${path}.path`, where);
  if ("value" in expression) return new Set([kindOf(expression.value)]);
  if ("template" in expression) {
    checkTemplate(expression.template, `${path}.template`, where);
    return TEXT;
  }
  if ("cast" in expression) {
    const kinds = inner(expression.of, "of");
    if (kinds && [...kinds].every((kind) => kind === "list" || kind === "object" || kind === "null"))
      say(`${path}.of`, `is ${inWords(kinds)}, which cannot be cast`);
    return castKind(expression.cast);
  }
  if ("sha256" in expression) {
    const kinds = inner(expression.sha256, "sha256", { ...where, clearTraits: true });
    if (kinds && [...kinds].every((kind) => kind === "list" || kind === "object" || kind === "null"))
      say(`${path}.sha256`, `is ${inWords(kinds)}, which cannot be hashed`);
    return TEXT;
  }
  if ("if" in expression) {
    checkWhen(expression.if, `${path}.if`, where);
    const is = inner(expression.is, "is");
    return expression.else ? together([is, inner(expression.else, "else")]) : is;
  }
  if ("first" in expression) return together(expression.first.map((one, i) => inner(one, `first.${i}`)));
  if ("list" in expression) {
    for (const [i, one] of expression.list.entries()) inner(one, `list.${i}`);
    return LIST;
  }
  if ("each" in expression) {
    const list = readPath(expression.each, where.readable);
    if ("problem" in list) say(`${path}.each`, list.problem);
    else if (kindsOf(list.found)?.has("list") === false) say(`${path}.each`, "is not a list");
    const item = "problem" in list ? [] : atPath(list.found, ["0"]);
    const there = { ...where, readable: { ...where.readable, item } };
    if ("problem" in list) return LIST;
    if ("as" in expression) inner(expression.as, "as", there);
    else for (const [name, one] of Object.entries(expression.fields)) inner(one, `fields.${name}`, there);
    return LIST;
  }
  const kinds = inner(expression.join, "join");
  if (kinds && !kinds.has("list")) say(`${path}.join`, `is ${inWords(kinds)}: only a list can be joined`);
  return TEXT;
}

function checkPath(path: string, at: string, { readable, clearTraits, say }: Where): Kinds {
  const read = readPath(path, readable);
  if ("problem" in read) {
    say(at, read.problem);
    return undefined;
  }
  if (/^traits(\.|$)/.test(path) && !clearTraits)
    say(
      at,
      `"${path}" may only be sent as a hash: the type "${readable.type.name}" sends no trait in the clear`,
    );
  return kindsOf(read.found);
}

function checkTemplate(template: string, at: string, where: Where): void {
  for (const part of templateParts(template)) {
    if ("text" in part) {
      if (/\{\{|\}\}/.test(part.text))
        where.say(at, "has braces that are no pair: a path stands as {{properties.order_id}}");
      continue;
    }
    const kinds = checkPath(part.path, at, where);
    if (kinds && [...kinds].every((kind) => kind === "list" || kind === "object"))
      where.say(at, `"${part.path}" is ${inWords(kinds)}, which is no text: use join`);
  }
}

/** A condition over an event: its grammar, and that each field exists. */
export function checkWhen(
  condition: Record<string, unknown>,
  at: string,
  { readable, say }: Omit<Where, "clearTraits">,
): void {
  for (const issue of checkCondition(condition, [...ROOTS, "item"]))
    say(issue.path === "" ? at : `${at}.${issue.path}`, issue.message);
  for (const [path, place] of fieldsOf(condition, at)) {
    if (![...ROOTS, "item"].includes(path.split(".")[0] ?? "")) continue;
    const read = readPath(path, readable);
    if ("problem" in read) say(place, read.problem);
  }
}

/** Fields that a condition asks about, and where each stands. */
function fieldsOf(condition: unknown, at: string): [path: string, place: string][] {
  if (typeof condition !== "object" || condition === null) return [];
  return Object.entries(condition).flatMap(([key, value]): [string, string][] => {
    const place = `${at}.${key}`;
    if (key === "$not") return fieldsOf(value, place);
    if (key.startsWith("$"))
      return Array.isArray(value) ? value.flatMap((one, i) => fieldsOf(one, `${place}.${i}`)) : [];
    return [[key, place]];
  });
}

function together(all: readonly Kinds[]): Kinds {
  const kinds = new Set<Kind>();
  for (const one of all) {
    if (!one) return undefined;
    for (const kind of one) kinds.add(kind);
  }
  return kinds;
}

/** `a text or a number`. */
export const inWords = (kinds: Iterable<Kind>): string =>
  [...kinds]
    .map((kind) => (kind === "null" ? "null" : kind === "object" ? "an object" : `a ${kind}`))
    .join(" or ");
