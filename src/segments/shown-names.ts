/**
 * What templates of a release show of a visitor: dotted names such as `top_topic`. Their values decide nothing, and still an
 * edge snapshot must not fall behind in them. Pure. Called by clauses.ts.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { valueAt } from "#core/condition/path";
import type { FeatureValue } from "./features.ts";

const TAG = /\{\{[#^]?\s{0,9}([\w-]+(?:\.[\w-]+)*)/g;

/** Of what some slot may show. All features, where a CMS sends templates: what they name is not known here. */
export function shownNames({ content, cms, features, offers, slots }: ReleaseDocument): string[] {
  if (Object.values(cms).some(({ templates }) => templates)) return Object.keys(features);
  const used = new Set<string | null>([
    ...Object.values(offers).map((offer) => offer.content),
    ...Object.values(slots).map(({ fallback }) => fallback),
  ]);
  const names = Object.entries(content)
    .filter(([key, { template }]) => template && used.has(key))
    .flatMap(([, one]) => [...JSON.stringify(one).matchAll(TAG)].map(([, name = ""]) => name));
  return [...new Set(names)].filter((name) => Object.hasOwn(features, name.split(".", 1)[0] ?? name));
}

/** A value as far as a page shows it: of a number the first three digits. */
export function shownAs(path: string, read: (name: string) => FeatureValue | undefined): string {
  const [name = "", ...rest] = path.split(".");
  const value = valueAt(read(name) ?? null, rest);
  return typeof value === "number" ? value.toPrecision(3) : JSON.stringify(value ?? null);
}
