/**
 * Why an event was refused, as text that groups events: its code and the paths of its issues, for example
 * `invalid_event properties.currency`. Never a value: a name that could be one is not in it.
 */
import { shownKey } from "#consent/minimise";

/** More paths than this do not tell causes apart. */
const MAX_PATHS = 3;
const MAX_PARTS = 10;

/** The paths of issues, each once, indexes of lists as `*`. */
export const pathsOf = (issues: readonly { path: string }[]): string[] => [
  ...new Set(issues.map(({ path }) => generalPath(path)).filter((path) => path !== "")),
];

/** The cause of a refusal: the code, then its paths in order of the alphabet, separated by spaces. */
export const causeOf = (code: string, issues: readonly { path: string }[]): string =>
  [code, ...pathsOf(issues).sort().slice(0, MAX_PATHS)].join(" ");

/** A cause's code and paths. */
export function partsOf(cause: string): { code: string; paths: string[] } {
  const [code = "", ...paths] = cause.split(" ");
  return { code, paths };
}

const generalPath = (path: string): string =>
  path === ""
    ? ""
    : path
        .split(".")
        .slice(0, MAX_PARTS)
        .map((name) => (/^\d+$/.test(name) ? "*" : shownKey(name)))
        .join(".");
