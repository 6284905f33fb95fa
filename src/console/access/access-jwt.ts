/**
 * Cloudflare Access before the console: who it has let in, by the JWT that it adds to each request, and which role they
 * have here. Of what a request says only that JWT counts, and only with a good signature: `Cf-Access-Authenticated-User-Email`
 * and the cookie `CF_Authorization` are never read. Called by authenticate.ts.
 * https://developers.cloudflare.com/cloudflare-one/identity/authorization-cookie/validating-json/
 */
import { createLocalJWKSet, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from "jose";
import type { Clock } from "#core/clock";
import { Problem } from "#core/problem";
import { type JwksOptions, type JwksSource, jwksSource } from "#privacy/jwks";
import type { Session } from "./session.ts";

export const ASSERTION = "cf-access-jwt-assertion";

/** Who may do what: settings/access-roles.ts. */
interface Grant {
  role: Session["actor"]["role"];
  personal: boolean;
  sources?: string[] | undefined;
}

export interface CloudflareAccess {
  /** `https://<team>.cloudflareaccess.com`: issues the tokens. */
  teamDomain: string;
  /** Of the application that the console is: a token for another one does not count. */
  audience: string;
  /** E-mail address, `@domain` or a service token's client id, in lower case → grant. */
  roles: Readonly<Record<string, Grant>>;
  keys: JwksSource;
}

/** Of the settings, those of Cloudflare Access; src/env.ts has checked them. */
export interface AccessSettings {
  /** Empty: the console is not behind Access. */
  ACCESS_TEAM_DOMAIN: string;
  ACCESS_AUD: string;
  ACCESS_ROLES: CloudflareAccess["roles"];
}

/** Made once per isolate, so that the keys are kept. Undefined where the settings name no Access. */
export function cloudflareAccess(
  { ACCESS_TEAM_DOMAIN: teamDomain, ACCESS_AUD: audience, ACCESS_ROLES: roles }: AccessSettings,
  fetch: JwksOptions["fetch"],
  clock: Clock,
): CloudflareAccess | undefined {
  if (teamDomain === "") return undefined;
  const keys = jwksSource({ url: `${teamDomain}/cdn-cgi/access/certs`, fetch, clock });
  return { teamDomain, audience, roles, keys };
}

const MAX_CHARS = 8_192;
const SKEW_SECONDS = 60;

/**
 * @throws Problem 401 `unauthorized` for a token that does not hold, whatever it is that fails; 403 `no_role` for somebody
 *   whom Access lets in and no grant names; 503 `access_keys_unavailable` where no key of Access is known
 */
export async function readAssertion(text: string, access: CloudflareAccess, clock: Clock): Promise<Session> {
  const claims = await verified(text, access, clock);
  const who = nameOf(claims);
  if (!who) throw refused();
  const grant = grantOf(who.name, access.roles);
  if (!grant) throw new Problem(403, "no_role", "Cloudflare Access lets you in, but you have no role here.");
  const { role, personal, sources } = grant;
  return {
    actor: { id: `access:${who.id}`, name: who.name, role, personal, sources },
    expiresAt: (claims.exp ?? 0) * 1_000,
    // Browsers send it with whatever any page makes them ask for.
    ambient: true,
  };
}

async function verified(text: string, access: CloudflareAccess, clock: Clock): Promise<JWTPayload> {
  if (text.length > MAX_CHARS) throw refused();
  // Loaded with the first such request: without Access nobody needs it.
  try {
    const { kid } = decodeProtectedHeader(text);
    if (typeof kid !== "string") throw refused();
    const keys = await access.keys.keyset(kid);
    if (!keys) {
      throw new Problem(503, "access_keys_unavailable", "The keys of Cloudflare Access cannot be read now.", {
        "retry-after": "30",
      });
    }
    const { payload } = await jwtVerify(text, createLocalJWKSet(keys), {
      algorithms: ["RS256"],
      issuer: access.teamDomain,
      audience: access.audience,
      clockTolerance: SKEW_SECONDS,
      currentDate: new Date(clock()),
      requiredClaims: ["exp", "iat"],
    });
    return payload;
  } catch (error) {
    // What is wrong with a token concerns nobody who sends it.
    if (error instanceof errors.JOSEError || error instanceof TypeError) throw refused();
    throw error;
  }
}

const refused = (): Problem =>
  new Problem(401, "unauthorized", "The token of Cloudflare Access does not hold.", {
    "www-authenticate": 'Bearer realm="doorstep"',
  });

const MAIL = /^[^@\s]{1,64}@[^@\s]{1,255}$/;
const CLIENT_ID = /^[\w.-]{3,255}$/;

/** A person by their address, or a service token by its client id. A service token has no address and an empty `sub`. */
function nameOf({ email, sub, common_name: client }: JWTPayload): { id: string; name: string } | undefined {
  // In another form of Unicode lower case could make it somebody else's: of the Kelvin sign it makes a k.
  if (typeof email === "string" && MAIL.test(email) && email === email.normalize("NFC"))
    return sub ? { id: sub, name: email.toLowerCase() } : undefined;
  if (email !== undefined || typeof client !== "string" || !CLIENT_ID.test(client)) return undefined;
  return { id: client.toLowerCase(), name: client.toLowerCase() };
}

/** The address itself goes before its domain. */
function grantOf(name: string, roles: CloudflareAccess["roles"]): Grant | undefined {
  const domain = name.indexOf("@") < 0 ? name : name.slice(name.indexOf("@"));
  const listed = [name, domain].find((key) => Object.hasOwn(roles, key));
  return listed === undefined ? undefined : roles[listed];
}
