/** Which regime of the release's policy holds for a request. */
import type { Policy, Regime } from "#contracts/definitions/policy";

const byCountry = new WeakMap<Policy, Map<string, string>>();

/** The regime of a country; an unknown or unlisted one falls to `otherwise`. */
export function regimeOf(policy: Policy, country: string | undefined): { key: string; regime: Regime } {
  let map = byCountry.get(policy);
  if (!map) {
    map = new Map();
    for (const [key, regime] of Object.entries(policy.regimes))
      for (const c of regime.countries) map.set(c, key);
    byCountry.set(policy, map);
  }
  const key = (country && map.get(country)) || policy.otherwise;
  const regime = policy.regimes[key];
  if (!regime) throw new Error(`policy names no regime ${key}`); // releases are validated for this
  return { key, regime };
}
