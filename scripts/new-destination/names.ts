/** The names of a new destination, and those of the template that they take the place of. Called by write.ts. */

export interface Names {
  /** In releases, registries and file names: `acme_tool`. */
  name: string;
  /** As people read it: `Acme Tool`. */
  title: string;
}

/** Words of the language, and of the template's code, that could not be a constant's name beside it. */
const TAKEN = new Set(
  (
    "await break case catch class const continue debugger default delete do else enum export extends false finally for " +
    "function if implements import in instanceof interface let new null package private protected public return static " +
    "super switch this throw true try typeof undefined var void while with yield arguments eval globalthis " +
    "address answer context detail discard emails init order outcome outcomes read record refusal refused request sent " +
    "settings time together traits unsafe vendor reach results json z"
  ).split(" "),
);

/** Why it can be no destination's name; undefined where it can. */
export function nameFault(name: string): string | undefined {
  if (!/^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/.test(name) || name.length < 2 || name.length > 40)
    return "a name has 2 to 40 of a-z, 0-9 and single _, and begins with a letter: acme_tool";
  return TAKEN.has(name) ? `"${name}" means something in the code: take the vendor's name` : undefined;
}

/** Why it can be no title; undefined where it can. It comes to stand in code and Markdown, where it must mean nothing. */
export const titleFault = (title: string): string | undefined =>
  /^[\p{L}\p{N}][\p{L}\p{N} .,&+()-]{0,59}$/u.test(title)
    ? undefined
    : 'a title has up to 60 letters, digits, spaces and . , & + ( ) -: "Acme Tool"';

/** `acme_tool` as people read it, where nobody has said. */
export const titleOf = (name: string): string => name.split("_").map(capital).join(" ");

/** The template's text with the new names in place of its own. */
export function renamed(text: string, { name, title }: Names): string {
  const pascal = name.split("_").map(capital).join("");
  const camel = pascal.charAt(0).toLowerCase() + pascal.slice(1);
  return text
    .replaceAll("Acme Tool", () => title)
    .replaceAll("acmeTool", camel)
    .replaceAll("AcmeTool", pascal)
    .replaceAll("acme_tool", name)
    .replaceAll("ACME_TOOL", name.toUpperCase())
    .replaceAll("acme-tool", name.replaceAll("_", "-"));
}

/** The name of a constant of the new type: `acmeTool`. */
export const constantOf = (name: string): string => renamed("acmeTool", { name, title: "" });

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
