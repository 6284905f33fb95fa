/** Access tokens of vendors, in the memory of one isolate: a new isolate asks for new ones. */
import type { TokenCache } from "./destinations/contract.ts";

/** Tokens of more destinations than any release has: an account that is changed leaves its old one behind. */
const MOST = 200;

export function tokenCache(): TokenCache {
  const tokens = new Map<string, { token: string; until: number }>();
  return {
    get(key, now) {
      const known = tokens.get(key);
      return known && known.until > now ? known.token : undefined;
    },
    put(key, token, until) {
      const [oldest] = tokens.keys();
      if (tokens.size >= MOST && oldest !== undefined && !tokens.has(key)) tokens.delete(oldest);
      tokens.set(key, { token, until });
    },
    drop: (key) => void tokens.delete(key),
  };
}
