/**
 * A condition as a form shows it: groups of rows, each row one attribute, one operator and a value. Reads the grammar of
 * src/core/condition.ts and writes it again; what a form cannot show is left to the JSON beside it. Pure.
 */
import { type AttributeType, typeAt } from "#core/condition/types";

export type GroupKind = "all" | "any" | "none";

export interface Group {
  kind: GroupKind;
  of: (Group | Row)[];
}

export interface Row {
  /** Dotted path of an attribute. */
  field: string;
  operator: Operator;
  value: unknown;
}

/** `is`: the condition names the value itself. */
export type Operator = "is" | "$ne" | "$gte" | "$gt" | "$lte" | "$lt" | "$in" | "$nin" | "$all" | "$exists";

/** What kind of control a value needs. */
export type ValueKind = "number" | "text" | "texts" | "choice" | "choices" | "boolean";

const KINDS = { $and: "all", $or: "any", $nor: "none" } as const;
const NAMES: Record<GroupKind, "$and" | "$or" | "$nor"> = { all: "$and", any: "$or", none: "$nor" };
const OPERATORS: readonly Operator[] = [
  "$ne",
  "$gte",
  "$gt",
  "$lte",
  "$lt",
  "$in",
  "$nin",
  "$all",
  "$exists",
];

export const isRow = (part: Group | Row): part is Row => "field" in part;

/** The condition as groups; undefined where it says something that has no row. */
export function readCondition(condition: unknown): Group | undefined {
  if (!isObject(condition)) return undefined;
  const of: (Group | Row)[] = [];
  for (const [key, value] of Object.entries(condition)) {
    if (key === "$and" || key === "$or" || key === "$nor") {
      const parts = Array.isArray(value) ? value.map(readCondition) : [undefined];
      const known = parts.filter((part) => part !== undefined);
      if (known.length < parts.length) return undefined;
      of.push({ kind: KINDS[key], of: known.map(simplest) });
    } else if (key === "$not") {
      const inner = readCondition(value);
      if (!inner) return undefined;
      of.push({ kind: "none", of: [simplest(inner)] });
    } else if (key.startsWith("$")) return undefined;
    else {
      const rows = readClause(key, value);
      if (!rows) return undefined;
      of.push(...rows);
    }
  }
  const [only] = of;
  return of.length === 1 && only && !isRow(only) ? only : { kind: "all", of };
}

/** A group that holds one thing alone says no more than that. */
const simplest = (group: Group): Group | Row => {
  const [only] = group.of;
  return group.of.length === 1 && only && group.kind !== "none" ? only : group;
};

function readClause(field: string, value: unknown): Row[] | undefined {
  if (!isObject(value)) return isPlain(value) ? [{ field, operator: "is", value }] : undefined;
  const rows = Object.entries(value).map(([name, operand]): Row | undefined => {
    if (name === "$eq") return isPlain(operand) ? { field, operator: "is", value: operand } : undefined;
    const operator = OPERATORS.find((one) => one === name);
    const isKnown = Array.isArray(operand) ? operand.every(isPlain) : isPlain(operand);
    return operator && isKnown ? { field, operator, value: operand } : undefined;
  });
  const known = rows.filter((row) => row !== undefined);
  return known.length === rows.length && known.length > 0 ? known : undefined;
}

const isPlain = (value: unknown): boolean => ["string", "number", "boolean"].includes(typeof value);

/** The condition that a form says. */
export function writeCondition(group: Group): Record<string, unknown> {
  const parts = partsOf(group);
  if (group.kind !== "all") return { [NAMES[group.kind]]: parts };
  return areApart(parts) ? Object.assign({}, ...parts) : { $and: parts };
}

const partsOf = ({ of }: Group): Record<string, unknown>[] =>
  of.map((part) => (isRow(part) ? writeRow(part) : writeCondition(part)));

/** Two clauses on one attribute, or two groups of one kind, would hide each other in one object. */
function areApart(parts: readonly Record<string, unknown>[]): boolean {
  const names = parts.flatMap((part) => Object.keys(part));
  return new Set(names).size === names.length;
}

const writeRow = ({ field, operator, value }: Row): Record<string, unknown> => ({
  [field]: operator === "is" ? value : { [operator]: value },
});

/** Where in the written condition each group and row is, as the checks name it: what is wrong is said beside it. */
export function placesOf(group: Group, at = "", found = new Map<string, Group | Row>()): typeof found {
  const below = (...parts: (string | number)[]) => [at, ...parts].filter((part) => part !== "").join(".");
  const isMerged = group.kind === "all" && areApart(partsOf(group));
  const name = NAMES[group.kind];
  if (group.kind !== "all") found.set(below(name), group);
  else if (!found.has(at)) found.set(at, group);
  group.of.forEach((part, n) => {
    const place = isMerged ? at : below(name, n);
    if (isRow(part)) found.set([place, part.field].filter(Boolean).join("."), part);
    else placesOf(part, place, found);
  });
  return found;
}

/** The row or group that something at this path belongs to: the nearest above it. */
export function ownerOf(places: ReadonlyMap<string, Group | Row>, path: string): Group | Row | undefined {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf(".")))) {
    const owner = places.get(at);
    if (owner || at === "") return owner;
  }
}

/** What can be asked about an attribute of this type, with the words for it. */
export function operatorsOf(type: AttributeType | undefined): readonly (readonly [Operator, string])[] {
  if (type === "boolean") return [["is", "is"]];
  if (type === "string[]")
    return [
      ["$in", "has any of"],
      ["$all", "has all of"],
      ["$nin", "has none of"],
    ];
  if (isNumber(type))
    return [
      ["$gte", "is at least"],
      ["$gt", "is more than"],
      ["$lte", "is at most"],
      ["$lt", "is less than"],
      ["is", "is exactly"],
      ["$ne", "is not"],
      ["$exists", "is known"],
    ];
  return [
    ["is", "is"],
    ["$ne", "is not"],
    ["$in", "is one of"],
    ["$nin", "is none of"],
    ["$exists", "is known"],
  ];
}

/** Which control an operator on this type has. */
export function valueKind(type: AttributeType | undefined, operator: Operator): ValueKind {
  if (type === "boolean" || operator === "$exists") return "boolean";
  const isList = operator === "$in" || operator === "$nin" || operator === "$all";
  const isClosed = type === "string[]" || (typeof type === "object" && "oneOf" in type);
  if (isClosed) return isList ? "choices" : "choice";
  if (isNumber(type)) return "number";
  return isList ? "texts" : "text";
}

const isNumber = (type: AttributeType | undefined): boolean =>
  type === "number" || (typeof type === "object" && "least" in type);

/** A first row about an attribute, with the value that its first operator begins with. */
export function rowOf(field: string, known: ReadonlyMap<string, AttributeType>): Row {
  const type = typeAt(known, field);
  const [operator] = operatorsOf(type)[0] ?? ["is" as const];
  return { field, operator, value: firstValue(valueKind(type, operator)) };
}

/** What a control begins with. */
export const firstValue = (kind: ValueKind): unknown =>
  kind === "boolean" ? true : kind === "number" ? 1 : kind === "texts" || kind === "choices" ? [] : "";

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
