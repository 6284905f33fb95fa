/**
 * Shapes that compiled code was made for, kept between requests.
 *
 * V8 compiles a function for the shapes of the objects that it has met, and holds these weakly: where a full collection of
 * garbage finds no object of a shape, the code is thrown away, and the function begins anew in the interpreter. A path that
 * answers at once leaves nothing behind, so without this it is compiled again after each of them. An object that a literal
 * writes out in full needs nothing: the literal keeps its shape. docs/decisions/024-shapes.md has how it was found.
 */

/** The first ones, and then one in so many: what most requests bring is soon among them. */
const EACH = 1_000;
const KEPT = 8;

/**
 * Keeps shapes of what JSON.parse makes of what others send: now and then one, without any of its values. Of their names it is
 * made anew, so that it costs nothing that counts.
 */
export function keepsParsedShapes(): (parsed: unknown) => void {
  const kept: unknown[] = [];
  let count = 0;
  return (parsed) => {
    count++;
    if (count > KEPT && count % EACH !== 0) return;
    if (kept.length === KEPT) kept.shift();
    kept.push(withoutValues(parsed));
  };
}

/**
 * The same objects and lists, of which nothing is left but how they are made. Whether a number is whole is a part of that.
 * Exported for its test.
 */
export const withoutValues = (parsed: unknown): unknown =>
  JSON.parse(
    JSON.stringify(parsed, (_name, value: unknown) => {
      if (typeof value === "string") return "";
      if (typeof value === "number")
        return Math.trunc(value) === value && Math.abs(value) < 2 ** 30 ? 0 : 0.5;
      return value;
    }),
  );

/** Keeps the latest object that it was given, for its shape alone, and hands it back. */
export function keepsShape<T extends object>(): (one: T) => T {
  const kept: { one: T | undefined } = { one: undefined };
  return (one) => {
    kept.one = one;
    // Read back: what nobody reads is left out of the build.
    return kept.one;
  };
}
