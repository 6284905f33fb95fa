/**
 * An access token for one of Google's APIs, by a service account's signature (RFC 7523): signed here, exchanged there, used
 * for one erasure and forgotten. Loaded with what deletes, since deliveries need no token.
 * https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests
 */
import { importPKCS8, SignJWT } from "jose";
import * as z from "zod";
import type { ErasureOutcome, Fetch } from "../contract.ts";
import { erasureRefused, untilMended } from "../erasure.ts";
import { readJson, refusal, request } from "../http.ts";
import type { ServiceAccount } from "./settings.ts";

const LIFETIME_SECONDS = 3600;

const tokenSchema = z.object({ access_token: z.string().regex(/^[\x21-\x7e]{1,4096}$/) });

/** A token, or what to do about it that there is none. @param now epoch ms */
export async function accessToken(
  account: ServiceAccount,
  scope: string,
  endpoint: string,
  { fetch, now, signal }: { fetch: Fetch; now: number; signal: AbortSignal },
): Promise<{ token: string } | { outcome: ErasureOutcome }> {
  const unreadable = untilMended(
    "service_account_refused",
    "Google does not take the service account's key: make a new one.",
  );
  const issuedAt = Math.floor(now / 1000);
  const key = await importPKCS8(account.private_key, "RS256").catch(() => undefined);
  if (!key) return { outcome: unreadable };
  const assertion = await new SignJWT({ scope })
    .setProtectedHeader({ alg: "RS256", typ: "JWT" })
    .setIssuer(account.client_email)
    .setAudience(endpoint)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + LIFETIME_SECONDS)
    .sign(key);
  const body = new URLSearchParams({
    grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
    assertion,
  }).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const sent = await request(fetch, endpoint, { headers, body }, signal);
  if (!sent.arrived) return { outcome: erasureRefused(sent.outcome) };
  const answer = await readJson(sent.response);
  const refused = refusal(sent.response, now);
  // `invalid_grant` is a 400: a deleted key, a disabled account, or a clock that is off.
  if (refused) return { outcome: refused.status === "failed" ? unreadable : erasureRefused(refused) };
  const parsed = tokenSchema.safeParse(answer.kind === "json" ? answer.value : undefined);
  return parsed.success
    ? { token: parsed.data.access_token }
    : { outcome: { status: "retry", code: "answer_unexpected" } };
}
