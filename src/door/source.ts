/**
 * Which source a request comes from, and whether it may. A write key is public, so a browser's Origin must also be
 * ours or listed; a secret key is a proof, and must never come from a browser.
 */
import { Problem } from "#core/problem";
import { sameText } from "#core/same";
import type { Source } from "../env.ts";

/** A source whose key was accepted. */
export interface AuthenticatedSource {
  source: Source;
  /** The secret key was used: the identifiers of its events are proved. */
  secret: boolean;
}

/**
 * Find the source of a key and check the request's Origin.
 * @throws Problem 401 `missing_key`, `unknown_key`; 403 `source_disabled`, `origin_not_allowed`, `secret_key_in_browser`
 */
export function authenticateSource(
  sources: readonly Source[],
  keys: readonly string[],
  origin: string | null,
  ownOrigin: string,
): AuthenticatedSource {
  if (keys.length === 0)
    throw new Problem(401, "missing_key", "The request carries no write key.", {
      "www-authenticate": "Bearer",
    });
  for (const source of sources) {
    const offers = (own: string | undefined) => own !== undefined && keys.some((key) => sameText(own, key));
    const secret = offers(source.secretKey);
    if (!secret && !offers(source.writeKey)) continue;
    if (source.disabled) throw new Problem(403, "source_disabled", `The source ${source.id} is disabled.`);
    if (secret && origin !== null) {
      throw new Problem(
        403,
        "secret_key_in_browser",
        "A secret key was sent by a browser. Revoke it and use the write key there.",
      );
    }
    if (!originAllowed(source, origin, ownOrigin)) {
      throw new Problem(
        403,
        "origin_not_allowed",
        `The origin ${origin} is not on the list of the source ${source.id}.`,
      );
    }
    return { source, secret };
  }
  throw new Problem(401, "unknown_key", "The write key is not known.", { "www-authenticate": "Bearer" });
}

/** Whether any source accepts this origin: what a preflight can know, since it carries no key. */
export const anyOriginAllowed = (sources: readonly Source[], origin: string, ownOrigin: string): boolean =>
  sources.some((source) => originAllowed(source, origin, ownOrigin));

const originAllowed = (source: Source, origin: string | null, ownOrigin: string): boolean =>
  origin === null || origin === ownOrigin || source.origins.includes(origin);
