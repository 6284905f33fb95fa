/** Which regime of the release's policy holds for a place. */
import type { Policy, Regime } from "#contracts/definitions/policy";
import { defaultOf } from "#contracts/definitions/policy_default";
import { PURPOSES } from "#contracts/taxonomy";
import { DAY_MS } from "#core/clock";

export interface RegimeHere {
  key: string;
  regime: Regime;
  /** The place that chose it, `DE` or `US-CA`: no more of it than the policy tells apart. */
  place?: string;
}

interface Places {
  /** Country or region → its regime's key. */
  regimes: Map<string, string>;
  /** Country that has regions of its own → the strictest regime of any part of it. */
  strictest: Map<string, string>;
}

const places = new WeakMap<Policy, Places>();

/**
 * The regime of a place. A region goes before its country; where a country has regions of its own and the region is not
 * known, the strictest of them holds. An unknown or unlisted country falls to `otherwise`.
 * @param country ISO 3166-1 alpha-2 @param region its part of ISO 3166-2, for example `CA`
 */
export function regimeOf(
  policy: Policy,
  country: string | undefined,
  region?: string | undefined,
): RegimeHere {
  let known = places.get(policy);
  if (!known) {
    known = placesOf(policy);
    places.set(policy, known);
  }
  const key = (country !== undefined && keyOf(known, country, region)) || policy.otherwise;
  const regime = policy.regimes[key];
  if (!regime) throw new Error(`policy names no regime ${key}`); // releases are validated for this
  if (country === undefined) return { key, regime };
  const hasRegions = known.strictest.has(country) && region !== undefined;
  return { key, regime, place: hasRegions ? `${country}-${region}` : country };
}

function keyOf({ regimes, strictest }: Places, country: string, region: string | undefined) {
  if (strictest.size === 0) return regimes.get(country);
  if (region === undefined) return strictest.get(country) ?? regimes.get(country);
  return regimes.get(`${country}-${region}`) ?? regimes.get(country);
}

function placesOf(policy: Policy): Places {
  const regimes = new Map<string, string>();
  const parts = new Map<string, Set<string>>();
  for (const [key, { countries, regions }] of Object.entries(policy.regimes)) {
    for (const place of [...countries, ...regions]) regimes.set(place, key);
    for (const region of regions) {
      const country = region.slice(0, 2);
      const keys = parts.get(country) ?? new Set();
      parts.set(country, keys.add(key));
    }
  }
  const strictest = new Map<string, string>();
  for (const [country, keys] of parts) {
    const all = [...keys.add(regimes.get(country) ?? policy.otherwise)];
    const [first] = all.sort((a, b) => strictness(policy, b) - strictness(policy, a));
    if (first !== undefined) strictest.set(country, first);
  }
  return { regimes, strictest };
}

/** Purposes that a regime denies by default; of two that deny the same, the one whose grants lapse sooner is stricter. */
function strictness(policy: Policy, key: string): number {
  const regime = policy.regimes[key];
  if (!regime) return 0;
  const denied = PURPOSES.filter((purpose) => defaultOf(regime, purpose) === "denied").length;
  return denied - validityDays(policy, regime) / 10_000;
}

/** How long a decision is good under a regime. */
export const validityDays = (policy: Policy, regime: Regime): number =>
  regime.validityDays ?? policy.validityDays;

/** The same in ms. */
export const validityMs = (policy: Policy, regime: Regime): number => validityDays(policy, regime) * DAY_MS;
