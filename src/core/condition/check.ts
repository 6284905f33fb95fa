/**
 * What is wrong with a condition, said before it is published. Evaluation itself is lenient (an unknown operator is
 * false, as the specification wants), so a typing error would silently match nobody: here it has a path and a sentence.
 * Called by src/core/condition.ts; what an operator takes is in operands.ts, what can never hold in impossible.ts.
 */
import { isOperators } from "./compile.ts";
import { reportImpossible } from "./impossible.ts";
import { checkOperand, fits, mustBe } from "./operands.ts";
import {
  type Check,
  type ConditionIssue,
  isPlain,
  join,
  MAX_PARTS,
  MAX_TEXT_CHARS,
  spend,
} from "./report.ts";
import { type AttributeType, type KnownFields, nameOf, typeAt } from "./types.ts";

const MAX_DEPTH = 16;
const MAX_ISSUES = 20;

/** Check a whole condition. @param known as for `checkCondition` */
export function checkWhole(condition: unknown, known?: KnownFields): ConditionIssue[] {
  const issues: ConditionIssue[] = [];
  const check: Check = {
    known: known && typesOf(known),
    report(path, message) {
      if (issues.length < MAX_ISSUES) issues.push({ path, message });
    },
    left: MAX_PARTS,
    value: (value, type, path, depth) => checkValue(value, type, path, depth, check),
    fields: (inner, path, depth) => checkClauses(inner, path, depth, check, undefined),
  };
  checkClauses(condition, "", 0, check, check.known);
  if (issues.length === 0) reportImpossible(condition, check);
  return issues;
}

function typesOf(known: KnownFields): ReadonlyMap<string, AttributeType> {
  if (known instanceof Map) return known as ReadonlyMap<string, AttributeType>; // no other map is taken
  return new Map([...(known as Iterable<string>)].map((name) => [name, "unknown"]));
}

function checkClauses(
  condition: unknown,
  path: string,
  depth: number,
  check: Check,
  known: Check["known"],
): void {
  if (!isPlain(condition)) {
    check.report(path, "must be an object");
    return;
  }
  if (depth > MAX_DEPTH) {
    check.report(path, `is nested deeper than ${MAX_DEPTH}`);
    return;
  }
  for (const key in condition) {
    if (!spend(check, path)) return;
    const value = condition[key];
    const here = join(path, key);
    if (key === "$and" || key === "$or" || key === "$nor") {
      if (!Array.isArray(value)) check.report(here, "must be a list of conditions");
      else if (key === "$nor" && value.length === 0) check.report(here, "is empty, and so matches nobody");
      else
        for (let n = 0; n < value.length && spend(check, here); n++)
          checkClauses(value[n], join(here, n), depth + 1, check, known);
    } else if (key === "$not") {
      checkClauses(value, here, depth + 1, check, known);
    } else {
      checkField(key, value, here, depth, check, known);
    }
  }
}

function checkField(
  key: string,
  value: unknown,
  path: string,
  depth: number,
  check: Check,
  known: Check["known"],
): void {
  const type = known ? typeAt(known, key) : key.startsWith("$") ? undefined : "unknown";
  if (type !== undefined) checkValue(value, type, path, depth + 1, check);
  else if (key.startsWith("$")) check.report(path, "is no operator that can stand here");
  else if (known?.has(key.split(".")[0] ?? "")) check.report(path, "is no part of the field");
  else check.report(path, "is no known field");
}

function checkValue(value: unknown, type: AttributeType, path: string, depth: number, check: Check): void {
  if (typeof type === "object" && "parts" in type && !(isPlain(value) && asksForPresence(value))) {
    check.report(path, "is an object: ask about its parts, by path");
    return;
  }
  if (!isPlain(value)) {
    if (!isFitting(value, type, check)) check.report(path, mustBe(type));
    else if (isTooLong(value)) check.report(path, `is longer than ${MAX_TEXT_CHARS} characters`);
    return;
  }
  if (depth > MAX_DEPTH) {
    check.report(path, `is nested deeper than ${MAX_DEPTH}`);
    return;
  }
  const names = Object.keys(value);
  const operators = names.filter((name) => name.startsWith("$"));
  if (operators.length < names.length && operators.length > 0) {
    check.report(path, "mixes operators and fields");
    return;
  }
  if (operators.length === 0 && type !== "unknown")
    check.report(path, `must be an operator or a value: the field is ${nameOf(type)}`);
  for (const name of operators) {
    if (!spend(check, path)) return;
    checkOperand(name, value[name], type, join(path, name), depth, check);
  }
}

/** A list stands for itself where the field is a list. */
function isFitting(value: unknown, type: AttributeType, check: Check): boolean {
  if (!Array.isArray(value)) return fits(value, type);
  check.left -= value.length;
  return type === "unknown" || (type === "string[]" && value.every((one) => typeof one === "string"));
}

const isTooLong = (value: unknown): boolean => typeof value === "string" && value.length > MAX_TEXT_CHARS;

const asksForPresence = (value: Record<string, unknown>): boolean =>
  isOperators(value) && Object.keys(value).every((name) => name === "$exists");
