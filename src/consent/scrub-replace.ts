/** Replacing what a pattern finds where a rule agrees: for the rules of numbers and tokens beside this file. */

/**
 * Replace each match that `decide` gives a replacement for. A match that it refuses takes nothing along: the search goes
 * on one character later, so that a number is found whatever stands before it. Linear where the pattern's matches are of
 * bounded length.
 * @param pattern with the flag `g`
 */
export function replaceWhere(
  text: string,
  pattern: RegExp,
  decide: (match: string, end: number) => string | undefined,
): string {
  let out = "";
  let done = 0;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const end = match.index + match[0].length;
    const replacement = decide(match[0], end);
    if (replacement === undefined) {
      pattern.lastIndex = match.index + 1;
      continue;
    }
    out += text.slice(done, match.index) + replacement;
    done = end;
  }
  return done === 0 ? text : out + text.slice(done);
}

export const digitsOf = (text: string): string => text.replace(/\D/g, "");
