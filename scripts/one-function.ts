/**
 * Puts the whole of a module's code into one function, which is called when the module is loaded. V8 reads over what is in
 * a function when the Worker starts; what stands at the top it parses, whether or not the module is ever loaded. Called by
 * scripts/build-worker.ts.
 */
import { RolldownMagicString } from "rolldown";
import { parseAst } from "rolldown/parseAst";

/**
 * @param code as rolldown makes a chunk: imports, code, and at the end one `export {…}`
 * @throws Error where it is otherwise, or where an exported name is given another value later: whoever imports it would
 * not see that
 */
export function inOneFunction(code: string): { code: string; map: string } {
  const { body } = parseAst(code, { lang: "js", sourceType: "module" });
  const imports = body.filter(({ type }) => type === "ImportDeclaration");
  const last = body.at(-1);
  if (last?.type !== "ExportNamedDeclaration" || last.source || last.declaration)
    throw new Error("a module that is to be one function does not end in its exports");
  const other = body.find(({ type }) => /^Export/.test(type) && type !== "ExportNamedDeclaration");
  if (other) throw new Error(`a module that is to be one function has another ${other.type}`);

  const names = last.specifiers.map(({ local, exported }) => {
    if (local.type !== "Identifier" || exported.type !== "Identifier")
      throw new Error("an export of a module that is to be one function has no plain name");
    return { local: local.name, exported: exported.name };
  });
  const variables = new Set(
    body.flatMap((node) =>
      node.type === "VariableDeclaration" && node.kind !== "const"
        ? node.declarations.map(({ id }) => (id.type === "Identifier" ? id.name : ""))
        : [],
    ),
  );
  for (const { local } of names)
    if (variables.has(local) && isReassigned(code, local))
      throw new Error(`${local} is exported and given another value later`);

  const text = new RolldownMagicString(code);
  const start = Math.max(0, ...imports.map(({ end }) => end));
  text.appendLeft(start, "\nfunction load() {");
  const values = names.map(({ local }) => local).join(", ");
  const held = names.map((_, n) => `loaded_${n}`);
  text.overwrite(
    last.start,
    last.end,
    `return [${values}];\n}\nconst [${held.join(", ")}] = load();\nexport { ${names
      .map(({ exported }, n) => `loaded_${n} as ${exported}`)
      .join(", ")} };`,
  );
  return { code: text.toString(), map: text.generateMap({ hires: true }).toString() };
}

/** Whether code says `name = …`, `name += …`, `name++` other than where it declares it. A property of that name is none of it. */
function isReassigned(code: string, name: string): boolean {
  const escaped = name.replaceAll("$", "\\$");
  const assigned = new RegExp(
    `(?<![\\w$.])(?<!\\b(?:const|let|var)\\s)${escaped}\\s*(?:[-+*/%&|^?]{0,3}=(?![=>])|\\+\\+|--)`,
  );
  return assigned.test(code);
}
