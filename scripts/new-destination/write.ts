/** Writes a new destination: its folder and test from template/, and its lines in the registries. Called by ../new-destination.ts. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Names, nameFault, renamed, titleFault } from "./names.ts";
import { REGISTRIES, registered } from "./registries.ts";

const TEMPLATE = join(import.meta.dirname, "template");
const DESTINATIONS = "src/forward/destinations";

/** What was written, from the root: new files, and registries that have a line more. */
export type Written = { ok: true; files: string[] } | { ok: false; fault: string };

/**
 * Nothing is written where anything is in the way.
 * @param root of the repository
 */
export function writeDestination(root: string, names: Names): Written {
  const { name, title } = names;
  const fault = nameFault(name) ?? titleFault(title);
  if (fault !== undefined) return { ok: false, fault };
  const own: [file: string, text: string][] = readdirSync(TEMPLATE).map((file) => {
    const text = renamed(readFileSync(join(TEMPLATE, file), "utf8"), names);
    return file === "type.test.ts"
      ? [`test/unit/forward/${name}.test.ts`, atTest(text, name)]
      : [`${DESTINATIONS}/${name}/${file}`, inFolder(text)];
  });
  const inTheWay = [
    `${DESTINATIONS}/${name}`,
    `${DESTINATIONS}/${name}.ts`,
    `docs/destinations/${name}.md`,
    ...own.map(([file]) => file),
  ].find((file) => existsSync(join(root, file)));
  if (inTheWay !== undefined) return { ok: false, fault: `there is ${inTheWay} already` };

  const lines = REGISTRIES.map((registry): [file: string, text: string] => {
    const file = `${DESTINATIONS}/${registry.file}`;
    return [file, registered(readFileSync(join(root, file), "utf8"), registry, name)];
  });
  mkdirSync(join(root, DESTINATIONS, name));
  for (const [file, text] of [...own, ...lines]) writeFileSync(join(root, file), text);
  return { ok: true, files: [...own, ...lines].map(([file]) => file) };
}

/** The template stands elsewhere than what is made of it, and is compiled there: its imports move along. */
const inFolder = (text: string): string => text.replace(/"#forward\/destinations\/([\w-]+)"/g, '"../$1.ts"');

const atTest = (text: string, name: string): string =>
  text
    .replace(/"\.\/(\w+)\.ts"/g, `"#forward/destinations/${name}/$1"`)
    .replace("../../../test/unit/forward/items.ts", "./items.ts")
    .replace("../../../test/setup/", "../../setup/");
