/**
 * Expressions as closures: a release's are compiled once, and what an event costs is bounded. Nothing is evaluated as
 * code, and only own fields are read. Pure; used by apply.ts.
 */
import type { Expression } from "#contracts/definitions/mapping";
import { compileCondition } from "#core/condition";
import { valueAt } from "#core/condition/path";
import { asText, DO_CAST, hashed } from "./cast.ts";
import { templateParts } from "./template.ts";

/** What paths are read in: scope.ts; within `each` also `item`. */
export type Scope = Record<string, unknown>;

/** What an event's mappings may still cost, in expressions and in characters made; below 0 it was too much. */
export interface Budget {
  left: number;
}

/** The value; undefined: there is none. */
export type Evaluate = (scope: Scope, budget: Budget) => unknown;

/** Of one event: more than any body that a vendor takes, and some milliseconds. */
export const BUDGET = 200_000;
/** Characters of a text that is made, and items of a list. */
const MAX_TEXT = 10_000;
const MAX_LIST = 500;

const tooMuch = (budget: Budget): undefined => {
  budget.left = -1;
  return undefined;
};

/** Compile an expression. What it gives never throws, whatever the event is. */
export function compileExpression(expression: Expression): Evaluate {
  const evaluate = compiled(expression);
  return (scope, budget) => (--budget.left < 0 ? undefined : evaluate(scope, budget));
}

function compiled(expression: Expression): Evaluate {
  if ("path" in expression) return copyOf(expression.path);
  if ("value" in expression) return () => expression.value;
  if ("template" in expression) return template(expression.template);
  if ("cast" in expression) {
    const of = compileExpression(expression.of);
    const cast = DO_CAST[expression.cast];
    return (scope, budget) => cast(of(scope, budget));
  }
  if ("sha256" in expression) {
    const of = compileExpression(expression.sha256);
    return (scope, budget) => hashed(of(scope, budget), expression.form ?? "none");
  }
  if ("if" in expression) {
    const holds = compileCondition(expression.if);
    const is = compileExpression(expression.is);
    const otherwise = expression.else && compileExpression(expression.else);
    return (scope, budget) => (holds(scope) ? is(scope, budget) : otherwise?.(scope, budget));
  }
  if ("first" in expression) {
    const all = expression.first.map(compileExpression);
    return (scope, budget) => {
      for (const one of all) {
        const value = one(scope, budget);
        if (value !== undefined) return value;
      }
      return undefined;
    };
  }
  if ("list" in expression) {
    const all = expression.list.map(compileExpression);
    return (scope, budget) => {
      const made = all.map((one) => one(scope, budget)).filter((value) => value !== undefined);
      return made.length > 0 ? made : undefined;
    };
  }
  if ("each" in expression)
    return each(
      expression.each,
      "as" in expression ? compileExpression(expression.as) : object(expression.fields),
    );
  return join(compileExpression(expression.join), expression.with);
}

/** Where a path leads; null is no value. */
function reader(path: string): (scope: Scope) => unknown {
  const parts = path.split(".");
  return (scope) => valueAt(scope, parts) ?? undefined;
}

/** What is copied whole costs what it is large: `each` may copy it many times. */
function copyOf(path: string): Evaluate {
  const read = reader(path);
  return (scope, budget) => {
    const value = read(scope);
    if (typeof value === "object") budget.left -= JSON.stringify(value).length;
    return value;
  };
}

function template(text: string): Evaluate {
  const parts = templateParts(text).map((part) => ("text" in part ? part.text : reader(part.path)));
  return (scope, budget) => {
    let made = "";
    for (const part of parts) {
      const value = typeof part === "string" ? part : asText(part(scope));
      if (value === undefined) return undefined;
      made += value;
    }
    return bounded(made, budget);
  };
}

function bounded(text: string, budget: Budget): string | undefined {
  budget.left -= text.length;
  return text.length > MAX_TEXT ? tooMuch(budget) : text;
}

/** No value where no field has one. */
function object(fields: Record<string, Expression>): Evaluate {
  const all = Object.entries(fields).map(([name, value]) => [name, compileExpression(value)] as const);
  return (scope, budget) => {
    const made = all.flatMap(([name, value]) => {
      const own = value(scope, budget);
      return own === undefined ? [] : [[name, own] as const];
    });
    return made.length > 0 ? Object.fromEntries(made) : undefined;
  };
}

function each(path: string, value: Evaluate): Evaluate {
  const read = reader(path);
  return (scope, budget) => {
    const list = read(scope);
    if (!Array.isArray(list)) return undefined;
    if (list.length > MAX_LIST) return tooMuch(budget);
    const made: unknown[] = [];
    for (const item of list) {
      if (--budget.left < 0) return undefined;
      const own = value({ ...scope, item }, budget);
      if (own !== undefined) made.push(own);
    }
    return made;
  };
}

function join(of: Evaluate, separator: string): Evaluate {
  return (scope, budget) => {
    const list = of(scope, budget);
    if (!Array.isArray(list)) return undefined;
    const texts = list.flatMap((item) => asText(item) ?? []);
    return texts.length > 0 ? bounded(texts.join(separator), budget) : undefined;
  };
}
