/**
 * Match rules: people who agree in the traits that a rule of the release names are thought to be one person. The door
 * derives an identifier of what they agree in, `match-<rule>`, from proved sources alone, so that the values themselves
 * need not be kept to be compared; what becomes of people who share one is the partition's to say. Called by
 * src/collect/identify.ts.
 */
import type { IdentityDefinition, MATCH_TRAITS } from "#contracts/definitions/identity";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { cleanText } from "#core/clean-text";
import { isPlaceholder } from "./normalise/placeholders.ts";
import { matchNamespace } from "./rules.ts";

export type MatchTrait = (typeof MATCH_TRAITS)[number];

/** Traits that rules may compare, in their normal forms. */
export type MatchTraits = Partial<Record<MatchTrait, string>>;

type MatchRules = readonly (readonly [namespace: `match-${string}`, traits: readonly MatchTrait[]])[];

const NONE: MatchRules = [];
const compiled = new WeakMap<IdentityDefinition, MatchRules>();

/** The rules of a release, each with its traits in one order. Most releases have none. */
export function matchRules({ identity }: ReleaseDocument): MatchRules {
  if (!identity) return NONE;
  let rules = compiled.get(identity);
  if (!rules) {
    rules = Object.entries(identity.match).map(([name, { traits }]) => {
      const namespace = matchNamespace(name) as `match-${string}`; // so it begins
      return [namespace, [...new Set(traits)].sort()] as const;
    });
    compiled.set(identity, rules);
  }
  return rules;
}

/**
 * What the rules derive of a person's traits; nothing of a rule that compares one that is not told.
 * @returns for `identifierKey`; the value names its traits, so that a rule that is changed shares none with itself before
 */
export function matchesOf(
  rules: MatchRules,
  traits: MatchTraits,
): { namespace: `match-${string}`; value: string }[] {
  return rules.flatMap(([namespace, names]) => {
    const compared = names.map((name) => [name, traits[name]]);
    return compared.every(([, value]) => value !== undefined)
      ? [{ namespace, value: JSON.stringify(compared) }]
      : [];
  });
}

/**
 * The normal form of a name or a company: lower case, accents kept, one space between words; of a company also without
 * commas, stops and quotes, so that `Berg, s. r. o.` is `berg sro`. Undefined where it is a placeholder.
 */
export function comparedText(trait: MatchTrait, text: string): string | undefined {
  const clean = cleanText(text);
  if (isPlaceholder(clean)) return undefined;
  const spoken = trait === "company" ? clean.replace(PUNCTUATION, " ") : clean;
  const lower = spoken.toLowerCase().normalize("NFC").replace(/\s+/g, " ").trim();
  const compared = trait === "company" ? lower.replace(INITIALS, "") : lower;
  return compared === "" ? undefined : compared;
}

const PUNCTUATION = /[.,;:"'`´‘’“”„()®™©]/g;
/** The space between single letters that stand alone: `s r o`. */
const INITIALS = /(?<=(?:^| )\p{L}) (?=\p{L}(?: |$))/gu;
