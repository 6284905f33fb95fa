/**
 * `node scripts/numbering-plans.ts` writes src/core/numbering-plans.ts: the telephone numbering plans of libphonenumber-js
 * without what only serves to print numbers, half of them. Run it when that package changes; a test says when.
 */
import { writeFile } from "node:fs/promises";
import metadata from "libphonenumber-js/metadata.min.json";

/** Places in a country's plan that only printing reads: formats, and whether and how the national prefix is printed. */
const FOR_PRINTING: readonly number[] = [4, 6, 9];

type Plan = readonly unknown[];

/** Source of the module. One country a line, so that a change shows what changed. */
export function numberingPlansModule(): string {
  const { version, country_calling_codes, countries, nonGeographic } = metadata;
  const member = (name: string, value: unknown) => `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  const members = (plans: Record<string, Plan>) =>
    Object.entries(plans)
      .map(([name, plan]) => member(name, toRead(plan)))
      .join(",\n");
  return `/**
 * Telephone numbering plans, without what only serves to print numbers. Made by \`node scripts/numbering-plans.ts\` from the
 * metadata of libphonenumber-js, which is that of Google's libphonenumber (Apache License 2.0). Text: it is parsed when the
 * first number comes.
 */
import type { MetadataJson } from "libphonenumber-js/core";

let plans: MetadataJson | undefined;

export function numberingPlans(): MetadataJson {
  plans ??= JSON.parse(TEXT) as MetadataJson; // made from it, and held against it by a test
  return plans;
}

const TEXT = String.raw\`{${member("version", version)},
${member("country_calling_codes", country_calling_codes)},
"countries":{
${members(countries as unknown as Record<string, Plan>)}},
"nonGeographic":{
${members(nonGeographic as unknown as Record<string, Plan>)}}}\`;
`;
}

function toRead(plan: Plan): Plan {
  const kept = plan.map((part, place) => (FOR_PRINTING.includes(place) ? 0 : part));
  return kept.slice(0, kept.findLastIndex((part) => part !== 0) + 1);
}

if (import.meta.main)
  await writeFile(new URL("../src/core/numbering-plans.ts", import.meta.url), numberingPlansModule());
