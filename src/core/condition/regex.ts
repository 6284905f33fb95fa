/**
 * Which patterns a definition may bring. JavaScript's engine backtracks, so a pattern is run only if the number of ways
 * it can try one value is bounded: the product of the choices that its quantifiers and alternatives leave, times the
 * places it may start at. Lookaround, backreferences and a repeated group with a choice inside have no such bound.
 */

/** Longer values match no pattern. */
export const MAX_VALUE_CHARS = 256;
const MAX_PATTERN_CHARS = 200;
/** All `{n}` of a pattern, multiplied. */
const MAX_REPEAT = 500;
/** Some ten milliseconds of the slowest pattern that is let through. */
const MAX_WAYS = 1_000_000;

/** Why a pattern is not run, as a sentence for its author; undefined where it is fine. */
export function regexProblem(pattern: unknown): string | undefined {
  if (typeof pattern !== "string") return "must be a string";
  if (pattern.length > MAX_PATTERN_CHARS) return `must have at most ${MAX_PATTERN_CHARS} characters`;
  try {
    new RegExp(pattern);
  } catch {
    return "is no valid pattern";
  }
  const { ways, anchored } = measure(pattern);
  if (ways * (anchored ? 1 : MAX_VALUE_CHARS) <= MAX_WAYS) return undefined;
  return "may take too long: begin it with ^, use fewer of * + ? |, and no lookaround, backreference or nested repeat";
}

/** A test of one value, which is read as text; undefined where the pattern is refused. */
export function compileRegex(
  pattern: unknown,
  ignoreCase: boolean,
): ((value: unknown) => boolean) | undefined {
  if (typeof pattern !== "string" || regexProblem(pattern) !== undefined) return undefined;
  const regex = new RegExp(pattern, ignoreCase ? "i" : "");
  return (value) => {
    const text = typeof value === "string" ? value : textOf(value);
    return text !== undefined && text.length <= MAX_VALUE_CHARS && regex.test(text);
  };
}

/** Undefined for an object that has no text. */
function textOf(value: unknown): string | undefined {
  try {
    return String(value);
  } catch {
    return undefined;
  }
}

/** @returns how many ways a valid pattern has to try one value from one place, at most */
function measure(pattern: string): { ways: number; anchored: boolean } {
  let at = 0;
  let repeats = 1;
  let anchored = true;
  const ways = alternatives(true);
  return { ways, anchored };

  function alternatives(isWhole = false): number {
    let sum = 0;
    do {
      if (sum > 0) at++;
      if (isWhole && pattern[at] !== "^") anchored = false;
      sum += sequence();
    } while (pattern[at] === "|");
    return sum;
  }

  function sequence(): number {
    let product = 1;
    while (at < pattern.length && pattern[at] !== "|" && pattern[at] !== ")") product *= repeated(atom());
    return product;
  }

  function atom(): number {
    const char = pattern[at++];
    if (char === "\\") return /[1-9k]/.test(pattern[at++] ?? "") ? Number.POSITIVE_INFINITY : 1;
    if (char === "[") {
      while (at < pattern.length && pattern[at] !== "]") at += pattern[at] === "\\" ? 2 : 1;
      at++;
      return 1;
    }
    if (char !== "(") return 1;
    const open = /^\?(:|<[A-Za-z_$]\w*>)/.exec(pattern.slice(at));
    const known = open !== null || pattern[at] !== "?";
    at += open?.[0].length ?? 0;
    const inside = alternatives();
    at++;
    return known ? inside : Number.POSITIVE_INFINITY;
  }

  function repeated(ways: number): number {
    const quantifier = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/.exec(pattern.slice(at));
    if (!quantifier) return ways;
    at += quantifier[0].length;
    const sign = quantifier[0][0];
    if (sign === "?") return ways + 1;
    const least = sign === "{" ? Number(quantifier[1]) : 0;
    const most = sign !== "{" ? MAX_VALUE_CHARS : (repeatLimit(quantifier[2], quantifier[3]) ?? least);
    repeats *= Math.max(1, least);
    if (repeats > MAX_REPEAT || most > MAX_VALUE_CHARS) return Number.POSITIVE_INFINITY;
    if (ways === 1) return most - least + 1;
    return most <= 1 ? ways + 1 : Number.POSITIVE_INFINITY;
  }
}

/** The upper end of `{n,m}`: undefined for `{n}`, the longest value for `{n,}`. */
const repeatLimit = (comma: string | undefined, end: string | undefined): number | undefined =>
  comma === "" ? undefined : end === "" ? MAX_VALUE_CHARS : Number(end);
