/**
 * What each operator takes, and of which fields it may be asked: `$regex` of a number, or `$size` of a text, is a mistake
 * that evaluation would not tell. Called by check.ts.
 */
import { regexProblem } from "./regex.ts";
import { type Check, isPlain, join, MAX_TEXT_CHARS, spend } from "./report.ts";
import { type AttributeType, nameOf } from "./types.ts";

type Operand = (operand: unknown, type: AttributeType, path: string, depth: number, check: Check) => void;

/** Check one operator of a value. */
export const checkOperand = (
  name: string,
  operand: unknown,
  type: AttributeType,
  path: string,
  depth: number,
  check: Check,
): void => {
  const known = Object.hasOwn(OPERANDS, name) ? OPERANDS[name] : undefined;
  if (!known) check.report(path, "is no operator");
  else if (!known.of.includes(kindOf(type))) check.report(path, doesNotApply(type));
  else known.operand(operand, type, path, depth, check);
};

/** Whether a field of the type can equal a single value; a missing one is null. */
export function fits(value: unknown, type: AttributeType): boolean {
  if (value === null || type === "unknown") return true;
  if (typeof type === "object" && "oneOf" in type) return type.oneOf.includes(value as string);
  return typeof value === kindOf(type);
}

/** What a value must be for a field of the type. */
export function mustBe(type: AttributeType): string {
  if (type === "string[]") return "must be asked with $in, $all, $elemMatch or $size: the field is a list";
  if (typeof type === "object" && "oneOf" in type) return `must be one of ${type.oneOf.join(", ")}`;
  return `must be ${nameOf(type)}, which the field is`;
}

type Kind = "number" | "string" | "boolean" | "list" | "object" | "unknown";

function kindOf(type: AttributeType): Kind {
  if (type === "string[]") return "list";
  if (typeof type === "string") return type;
  return "oneOf" in type ? "string" : "least" in type ? "number" : "object";
}

const doesNotApply = (type: AttributeType): string =>
  `cannot be asked of ${nameOf(type)}${type === "string[]" ? ": use $in, $all, $elemMatch or $size" : ""}`;

const TYPES = ["string", "number", "boolean", "null", "array", "object", "undefined"];

/** What a list of a field has in it. */
const itemOf = (type: AttributeType): AttributeType => (type === "string[]" ? "string" : type);

const isText = (value: unknown): boolean => typeof value === "string" && value.length <= MAX_TEXT_CHARS;
const isOrdered = (value: unknown): boolean => typeof value === "number" || isText(value);
const isScalar = (value: unknown): boolean =>
  value === null || typeof value === "boolean" || isOrdered(value);

const must =
  (holds: (operand: unknown) => boolean, message: string, isTyped = true): Operand =>
  (operand, type, path, _depth, check) => {
    if (!holds(operand)) check.report(path, message);
    else if (isTyped && !fits(operand, type)) check.report(path, mustBe(type));
  };

const scalar = must(isScalar, `must be a single value, of at most ${MAX_TEXT_CHARS} characters`);
const ordered = must(isOrdered, "must be a number or a string");
const version = must(isOrdered, 'must be a version such as "1.2.3"', false);
const presence = must((o) => typeof o === "boolean", "must be true or false", false);
const noGroups: Operand = (_operand, _type, path, _depth, check) =>
  check.report(path, "names a saved group, and there are none here: use $in, or a segment");

/** @param mayBeEmpty with nothing to be in, nobody is in */
const values =
  (mayBeEmpty: boolean): Operand =>
  (operand, type, path, _depth, check) => {
    if (!Array.isArray(operand)) return check.report(path, "must be a list");
    if (operand.length === 0 && !mayBeEmpty) return check.report(path, "is empty, and so matches nobody");
    const item = itemOf(type);
    for (let n = 0; n < operand.length && spend(check, path); n++)
      scalar(operand[n], item, join(path, n), 0, check);
  };

const tests: Operand = (operand, type, path, depth, check) => {
  if (!Array.isArray(operand)) return check.report(path, "must be a list");
  for (let n = 0; n < operand.length && spend(check, path); n++)
    check.value(operand[n], itemOf(type), join(path, n), depth + 1);
};

const pattern: Operand = (operand, _type, path, _depth, check) => {
  const problem = regexProblem(operand);
  if (problem) check.report(path, problem);
};

const size: Operand = (operand, _type, path, depth, check) => {
  if (isPlain(operand)) return check.value(operand, { least: 0 }, path, depth + 1);
  if (typeof operand !== "number") return check.report(path, "must be a number or operators");
  if (!Number.isInteger(operand) || operand < 0) check.report(path, "is the length of no list");
};

const elemMatch: Operand = (operand, type, path, depth, check) => {
  if (!isPlain(operand)) return check.report(path, "must be an object");
  // Operators speak of the item itself; anything else is a condition on the item's own fields, which nothing describes.
  const isOfItem = Object.keys(operand).every((name) => name.startsWith("$"));
  if (isOfItem || type === "string[]") check.value(operand, itemOf(type), path, depth + 1);
  else check.fields(operand, path, depth + 1);
};

const inverse: Operand = (operand, type, path, depth, check) => check.value(operand, type, path, depth + 1);

const typeName: Operand = (operand, type, path, _depth, check) => {
  if (typeof operand !== "string" || !TYPES.includes(operand))
    return check.report(path, `must be one of ${TYPES.join(", ")}`);
  const kind = kindOf(type);
  const own = kind === "list" ? "array" : kind;
  if (kind !== "unknown" && ![own, "null", "undefined"].includes(operand))
    check.report(path, `can never hold: the field is ${nameOf(type)}`);
};

const ANY: readonly Kind[] = ["number", "string", "boolean", "list", "object", "unknown"];
const SINGLE: readonly Kind[] = ["number", "string", "boolean", "unknown"];
const ORDERED: readonly Kind[] = ["number", "string", "unknown"];
const TEXT: readonly Kind[] = ["string", "unknown"];
const TEXTS: readonly Kind[] = ["string", "list", "unknown"];
const LISTS: readonly Kind[] = ["list", "unknown"];

const OPERANDS: Record<string, { of: readonly Kind[]; operand: Operand }> = {
  $eq: { of: SINGLE, operand: scalar },
  $ne: { of: SINGLE, operand: scalar },
  $lt: { of: ORDERED, operand: ordered },
  $lte: { of: ORDERED, operand: ordered },
  $gt: { of: ORDERED, operand: ordered },
  $gte: { of: ORDERED, operand: ordered },
  $veq: { of: TEXT, operand: version },
  $vne: { of: TEXT, operand: version },
  $vlt: { of: TEXT, operand: version },
  $vlte: { of: TEXT, operand: version },
  $vgt: { of: TEXT, operand: version },
  $vgte: { of: TEXT, operand: version },
  $exists: { of: ANY, operand: presence },
  $in: { of: [...SINGLE, "list"], operand: values(false) },
  $nin: { of: [...SINGLE, "list"], operand: values(true) },
  $ini: { of: TEXTS, operand: values(false) },
  $nini: { of: TEXTS, operand: values(true) },
  $all: { of: LISTS, operand: tests },
  $alli: { of: LISTS, operand: tests },
  $inGroup: { of: ANY, operand: noGroups },
  $notInGroup: { of: ANY, operand: noGroups },
  $not: { of: ANY, operand: inverse },
  $size: { of: LISTS, operand: size },
  $elemMatch: { of: LISTS, operand: elemMatch },
  $regex: { of: TEXT, operand: pattern },
  $regexi: { of: TEXT, operand: pattern },
  $type: { of: ANY, operand: typeName },
};
