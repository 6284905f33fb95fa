/**
 * What is wrong between the contracts in code and the published files: a file that is missing or stale, a new version that
 * breaks its predecessor without saying so by its number, a version that is published and gone from the code. Pure;
 * scripts/contracts.ts reads and writes the files.
 */
import { compareVersions } from "../../contracts/version.ts";
import type { Change, JsonSchema } from "./change.ts";
import { compareSchemas } from "./compatible.ts";

/** Text of every file by its name, `<name>.<version>.json`. */
export type Files = ReadonlyMap<string, string>;

export interface Review {
  /** In code, not published. */
  missing: string[];
  /** In code, published otherwise: what differs. */
  changed: { file: string; changes: Change[] }[];
  /** New versions whose number says less than what they change. */
  misnumbered: { file: string; predecessor: string; needs: "major" | "minor"; changes: Change[] }[];
  /** Published, and no version in code: whoever sends it would be refused. */
  gone: string[];
}

interface Published {
  file: string;
  name: string;
  version: string;
  schema: JsonSchema;
}

/** @param code what the contracts say now @param published what lies in contracts/published/ */
export function review(code: Files, published: Files): Review {
  const now = [...code].map(read);
  const before = [...published].map(read);
  return {
    missing: now.filter(({ file }) => !published.has(file)).map(({ file }) => file),
    changed: now.flatMap(({ file, schema }) => {
      const was = before.find((one) => one.file === file);
      if (!was || published.get(file) === code.get(file)) return [];
      return [{ file, changes: compareSchemas(was.schema, schema) }];
    }),
    // A predecessor that is still in the code counts as the code has it; that it is published so is `changed`.
    misnumbered: now.flatMap((one) =>
      misnumbered(one, [...before.filter(({ file }) => !code.has(file)), ...now]),
    ),
    gone: before.filter((one) => isGone(one, now)).map(({ file }) => file),
  };
}

/** Whether the review found nothing to do. */
export const isClean = ({ missing, changed, misnumbered, gone }: Review): boolean =>
  missing.length + changed.length + misnumbered.length + gone.length === 0;

function read([file, text]: readonly [string, string]): Published {
  const found = /^(\w+)\.(\d+\.\d+\.\d+)\.json$/.exec(file);
  if (!found) throw new Error(`${file} is not called <name>.<version>.json`);
  const [, name = "", version = ""] = found;
  // The file is an object: zod wrote it.
  return { file, name, version, schema: withoutVersion(JSON.parse(text) as JsonSchema) };
}

/** An event's document names its own version, which is no difference of the contract. */
function withoutVersion(schema: JsonSchema): JsonSchema {
  const { properties } = schema as { properties?: Record<string, JsonSchema> };
  if (!properties?.version || !("const" in properties.version)) return schema;
  const { version: _, ...others } = properties;
  return { ...schema, properties: others };
}

function misnumbered(one: Published, others: readonly Published[]): Review["misnumbered"] {
  const predecessor = others
    .filter(({ name, version }) => name === one.name && compareVersions(version, one.version) < 0)
    .sort((a, b) => compareVersions(a.version, b.version))
    .at(-1);
  if (!predecessor) return [];
  const changes = compareSchemas(predecessor.schema, one.schema);
  const broken = changes.filter((change) => change.breaking);
  const [major, minor] = partsOf(one.version);
  const [majorBefore, minorBefore] = partsOf(predecessor.version);
  if (major !== majorBefore) return [];
  const { file } = one;
  if (broken.length > 0) return [{ file, predecessor: predecessor.version, needs: "major", changes: broken }];
  if (changes.length > 0 && minor === minorBefore)
    return [{ file, predecessor: predecessor.version, needs: "minor", changes }];
  return [];
}

/** An older major version may end with the next one; within a major version whatever was published stays. */
function isGone({ name, version, file }: Published, now: readonly Published[]): boolean {
  if (now.some((one) => one.file === file)) return false;
  const [major] = partsOf(version);
  const majors = now.filter((one) => one.name === name).map((one) => partsOf(one.version)[0]);
  return majors.length === 0 || majors.includes(major);
}

const partsOf = (version: string): [number, number] => {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return [major, minor];
};
