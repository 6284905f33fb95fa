/** The lines of a new destination in the three registries of src/forward/destinations/. Called by write.ts. */
import { constantOf } from "./names.ts";

/** Each registry: its file, and what of the folder it names. */
export const REGISTRIES = [
  { file: "registry.ts", from: "index.ts", suffix: "" },
  { file: "examples.ts", from: "examples.ts", suffix: "Examples" },
  { file: "about.ts", from: "about.ts", suffix: "About" },
] as const;

const ENTRY = /^ {2}(\w+)(?:: \w+)?,$/;

/**
 * A registry's text with the new type's import and line. Imports are sorted by the formatter, entries here.
 * @throws Error where the text is no registry, so that nothing is written by guess
 */
export function registered(
  text: string,
  { from, suffix }: (typeof REGISTRIES)[number],
  name: string,
): string {
  const constant = constantOf(name) + suffix;
  const lines = text.split("\n");
  const entries = lines.flatMap((line, at) => {
    const key = ENTRY.exec(line)?.[1];
    return key === undefined ? [] : [{ key, at }];
  });
  const firstImport = lines.findIndex((line) => line.startsWith("import "));
  const last = entries.at(-1);
  if (firstImport < 0 || !last) throw new Error("a registry has no imports or no entries");
  if (entries.some(({ key }) => key === name)) throw new Error(`the registry has "${name}" already`);
  const before = entries.find(({ key }) => key > name)?.at ?? last.at + 1;
  lines.splice(before, 0, constant === name ? `  ${name},` : `  ${name}: ${constant},`);
  lines.splice(firstImport + 1, 0, `import { ${constant} } from "./${name}/${from}";`);
  return lines.join("\n");
}
