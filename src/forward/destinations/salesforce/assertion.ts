/**
 * The assertion of the JWT bearer flow: signed with the integration's key, good for three minutes. Loaded only where a
 * destination logs in so.
 * https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm
 */
import { importPKCS8, SignJWT } from "jose";
import type { SalesforceSettings } from "./settings.ts";

/** Salesforce takes five minutes at most, by its own clock. */
const LIFETIME_SECONDS = 180;

/** Undefined where the private key cannot be read. @param now epoch ms */
export async function assertionOf(
  { private_key = "", client_id, username = "", audience }: SalesforceSettings,
  now: number,
): Promise<string | undefined> {
  // A secret that was pasted on one line has its line ends as two characters.
  const key = await importPKCS8(private_key.replaceAll("\\n", "\n"), "RS256").catch(() => undefined);
  if (!key) return undefined;
  return new SignJWT()
    .setProtectedHeader({ alg: "RS256" })
    .setIssuer(client_id)
    .setSubject(username)
    .setAudience(audience)
    .setExpirationTime(Math.floor(now / 1000) + LIFETIME_SECONDS)
    .sign(key);
}
