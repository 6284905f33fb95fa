/** The TypeScript sources of the Worker and its contracts, parsed for the architecture test. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { parseSync } from "oxc-parser";

export const ROOT = resolve(import.meta.dirname, "../../..");

/** One import, or one export from elsewhere. `typeOnly`: nothing of it is left when the code runs. */
export interface Import {
  specifier: string;
  typeOnly: boolean;
}

/** A parsed file. `path` is relative to the repository, with `/`. `program` is an ESTree of it. */
export interface SourceFile {
  path: string;
  imports: Import[];
  program: Node;
}

/** A node of the syntax tree, as far as the rules look at it. */
export interface Node {
  type: string;
  [key: string]: unknown;
}

/** Paths of all TypeScript files under the folders, declarations left out. */
export function listSources(folders: readonly string[]): string[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((file) =>
        join(folder, file),
      ),
    )
    .filter((file) => /\.m?tsx?$/.test(file) && !file.endsWith(".d.ts"))
    .map((file) => file.split(sep).join("/"))
    .sort();
}

/** Reads and parses a file. Throws where it is not TypeScript, so that no file is passed over. */
export function readSource(path: string): SourceFile {
  return parseSource(path, readFileSync(join(ROOT, path), "utf8"));
}

/** Parses the text of a file that need not exist. */
export function parseSource(path: string, text: string): SourceFile {
  const { program, errors, module } = parseSync(path, text, { lang: "ts", sourceType: "module" });
  if (errors.length > 0) throw new Error(`${path}: ${errors.map((error) => error.message).join("; ")}`);
  const body = program.body as unknown as Node[]; // an ESTree; only what `Node` says is read
  const imports = body.flatMap((statement) => importOf(statement) ?? []);
  for (const { moduleRequest } of module.dynamicImports) {
    const argument = text.slice(moduleRequest.start, moduleRequest.end);
    imports.push({ specifier: argument.replace(/^["'`]|["'`]$/g, ""), typeOnly: false });
  }
  return { path, imports, program: program as unknown as Node };
}

function importOf(statement: Node): Import | undefined {
  const source = statement.source as { value: string } | null | undefined; // only imports and re-exports have one
  if (!source) return undefined;
  const kind = statement.importKind ?? statement.exportKind;
  const specifiers = (statement.specifiers ?? []) as { importKind?: string; exportKind?: string }[];
  const allTypes =
    specifiers.length > 0 && specifiers.every((s) => s.importKind === "type" || s.exportKind === "type");
  return { specifier: source.value, typeOnly: kind === "type" || allTypes };
}

/** The file of this repository that an import names, relative to it; undefined for a package. */
export function resolveImport(from: string, specifier: string): string | undefined {
  if (specifier.startsWith("#contracts/")) return `${specifier.slice(1)}.ts`;
  if (specifier.startsWith("#")) return `src/${specifier.slice(1)}.ts`;
  if (!specifier.startsWith(".")) return undefined;
  return relative(ROOT, resolve(ROOT, from, "..", specifier))
    .split(sep)
    .join("/");
}
