/** DESIGN's import table: a file may import from its own folder and from those to its left. */
import { resolveImport, type SourceFile } from "./source-files.ts";

/** From left to right. Folders of one step do not import each other. */
const TABLE: readonly (readonly string[])[] = [
  ["contracts"],
  ["core"],
  ["privacy"],
  ["release"],
  ["consent"],
  ["door"],
  ["lake"],
  ["identity"],
  ["segments"],
  ["experiments"],
  ["slots", "forward", "collect"],
  ["ingest"],
  ["subjects"],
  ["console"],
  ["entry"],
];

/** Settings (env.ts and settings/), which the entry reads and whose types anyone may name. */
const SETTINGS = "env";

/** The folder of a file under `src/`, `entry` for the files right there (app.ts, worker.ts …), `contracts`, or `env`. */
function areaOf(path: string): string {
  const [top = "", second = ""] = path.split("/");
  if (top !== "src") return top;
  if (second === "settings") return SETTINGS;
  if (!second.endsWith(".ts")) return second;
  return second === "env.ts" ? SETTINGS : "entry";
}

const stepOf = (area: string): number => TABLE.findIndex((step) => step.includes(area));

/** What the file's imports break, one line each. */
export function wrongDirections(file: SourceFile): string[] {
  return file.imports.flatMap((item) => {
    const reason = refusal(file.path, item);
    return reason ? [`${file.path} imports ${item.specifier}: ${reason}`] : [];
  });
}

function refusal(
  path: string,
  { specifier, typeOnly }: { specifier: string; typeOnly: boolean },
): string | undefined {
  const target = resolveImport(path, specifier);
  const from = areaOf(path);
  if (target === undefined) {
    return from === "contracts" && specifier !== "zod" ? "contracts import nothing but zod" : undefined;
  }
  const to = areaOf(target);
  if (from === to) return undefined;
  if (from === "browser")
    return typeOnly ? undefined : "the browser script imports only types from elsewhere";
  if (to === "browser") return "the browser script is nobody's module";
  if (from === SETTINGS)
    return typeOnly || stepOf(to) <= stepOf("core") ? undefined : "env.ts imports only types from here";
  if (to === SETTINGS) {
    return typeOnly || from === "entry" ? undefined : "only the entry reads settings";
  }
  if (stepOf(from) < 0) return `the import table has no ${from}`;
  if (stepOf(to) < 0) return `the import table has no ${to}`;
  return stepOf(to) < stepOf(from) ? undefined : `${to} is not to the left of ${from}`;
}
