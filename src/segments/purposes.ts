/**
 * Which features are kept for which purpose. A feature for personalization is folded only from events that granted
 * personalization, one for marketing only from those that granted marketing: a later grant does not reach back. So a
 * feature has one state per purpose that needs it; only the needed ones are kept.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import { type CompiledFeature, compileFeatures, partsOf } from "./compile.ts";

const SUFFIX: Record<Purpose, string> = { personalization: "", analytics: ":a", marketing: ":m" };
const cache = new WeakMap<ReleaseDocument, Record<Purpose, CompiledFeature[]>>();

/**
 * The features to maintain for a purpose; their hashes differ by purpose. Personalization has them all, the others those
 * that a segment's condition, a lifecycle stage's or the score asks about, and what those are made of.
 */
export function featuresFor(document: ReleaseDocument, purpose: Purpose): CompiledFeature[] {
  let all = cache.get(document);
  if (!all) {
    const features = compileFeatures(document);
    const of = (p: Purpose) => {
      const used = fieldsOfConditions(document, p);
      return features
        .filter((f) => p === "personalization" || used.has(f.name))
        .map((f) => ({ ...f, hash: `${f.hash}${SUFFIX[p]}` }));
    };
    all = { analytics: of("analytics"), marketing: of("marketing"), personalization: of("personalization") };
    cache.set(document, all);
  }
  return all[purpose];
}

/** Purposes that have a segment or a feature of their own. */
export const purposesInUse = (document: ReleaseDocument): Purpose[] =>
  PURPOSES.filter((p) => p === "personalization" || featuresFor(document, p).length > 0);

/** What the conditions of a purpose's segments, and the stages and the score, ask about, and what that is made of. */
function fieldsOfConditions(document: ReleaseDocument, purpose: Purpose): Set<string> {
  const { profile, segments, features } = document;
  const fields = new Set<string>();
  const seen = new Set<unknown>();
  const add = (name: string): void => {
    if (fields.has(name)) return;
    fields.add(name);
    if (name === "lifecycle_stage") for (const when of Object.values(profile?.stages ?? {})) visit(when);
    const feature = Object.hasOwn(features, name) ? features[name] : undefined;
    if (!feature) return;
    for (const part of partsOf(feature)) add(part);
    // Its first event is a fact of its own.
    if ("ratio" in feature)
      for (const name of originsIn(document, feature.ratio.of, feature.ratio.to)) fields.add(name);
  };
  const visit = (condition: unknown): void => {
    if (typeof condition !== "object" || condition === null || seen.has(condition)) return;
    seen.add(condition);
    for (const [key, value] of Object.entries(condition)) {
      if (!key.startsWith("$") && !Array.isArray(condition)) add(key.split(".", 1)[0] ?? key);
      visit(value);
    }
  };
  for (const segment of Object.values(segments)) if (segment.purpose === purpose) visit(segment.when);
  if (profile?.purpose === purpose) {
    for (const when of Object.values(profile.stages)) visit(when);
    for (const name of Object.keys(profile.score?.points ?? {})) add(name);
  }
  return fields;
}

const originsIn = (document: ReleaseDocument, of: string, to: string): string[] =>
  compileFeatures(document).flatMap((one) =>
    one.kind === "ratio" && one.of === of && one.to === to ? [one.origin] : [],
  );

/** Whether facts have any that were folded from events that granted this purpose. */
export const restOn = (facts: Readonly<Record<string, unknown>>, purpose: Purpose): boolean =>
  Object.keys(facts).some(
    (hash) => (hash.includes(":") ? hash.slice(hash.indexOf(":")) : "") === SUFFIX[purpose],
  );
