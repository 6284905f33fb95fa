/**
 * Access to an org: a token and the address of the instance that takes it, by one of the two OAuth flows for servers.
 * Kept by the isolate under a hash of the credentials, so that whoever changes these is never served with an old token.
 * https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm
 * https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm
 * https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm
 */
import * as z from "zod";
import type { DeliveryOutcome } from "#core/outcome";
import { unsafeEndpoint } from "#core/safe-url";
import type { SendContext } from "../contract.ts";
import { readJson, refusal, request } from "../http.ts";
import { SALESFORCE_HOSTS, type SalesforceSettings } from "./settings.ts";

export interface Access {
  token: string;
  /** Without a slash at the end. */
  instance: string;
}
export type Accessed = { ok: true; access: Access } | { ok: false; outcome: DeliveryOutcome };

/**
 * Salesforce does not say how long a token lives: the org's session settings do, 15 minutes at least, and a session that
 * is used lives on. One that has ended is answered 401 and replaced.
 */
const KEEP_MS = 60 * 60_000;
/** A user may log in 3,600 times an hour. */
const LOGIN_RATE_SECONDS = 3_600;

const accessSchema = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]{1,8192}$/),
  instance_url: z.string(),
});
const errorSchema = z.object({
  error: z
    .string()
    .regex(/^[a-z_]{1,60}$/)
    .optional()
    .catch(undefined),
});
const keptSchema = z.object({ token: z.string(), instance: z.string() });

/** @param stale a token that the org has refused: another one is taken */
export async function accessOf(context: SendContext<SalesforceSettings>, stale?: string): Promise<Accessed> {
  const { settings, now, tokens, allowInsecure } = context;
  const key = await cacheKey(settings);
  const kept = tokens.get(key, now);
  if (kept !== undefined) {
    const access = keptSchema.parse(JSON.parse(kept));
    if (access.token !== stale) return { ok: true, access };
    tokens.drop(key);
  }
  const unsafe = unsafeLogin(settings.login_url, allowInsecure);
  if (unsafe) return { ok: false, outcome: { status: "failed", code: "unsafe_url", detail: unsafe } };
  const accessed = await logIn(context);
  if (accessed.ok) tokens.put(key, JSON.stringify(accessed.access), now + KEEP_MS);
  return accessed;
}

/**
 * The secret goes to the vendor's token endpoint and to no other page of its hosts: a form that anybody can have answered to
 * an address of theirs (Web-to-Lead) is one of them.
 */
const unsafeLogin = (address: string, allowInsecure: boolean) =>
  unsafeEndpoint(address, SALESFORCE_HOSTS, allowInsecure) ??
  (allowInsecure || URL.parse(address)?.pathname === "/" ? undefined : "path_in_url");

async function logIn(context: SendContext<SalesforceSettings>): Promise<Accessed> {
  const { settings, fetch, now, signal, allowInsecure } = context;
  const refused = (outcome: DeliveryOutcome): Accessed => ({ ok: false, outcome });
  const form = await grant(settings, now);
  if (!form) return refused({ status: "unauthorized", detail: "private_key_unreadable" });
  const sent = await request(
    fetch,
    `${settings.login_url.replace(/\/$/, "")}/services/oauth2/token`,
    {
      headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
      body: new URLSearchParams(form).toString(),
    },
    signal,
  );
  if (!sent.arrived) return refused(sent.outcome);
  const answer = await readJson(sent.response);
  const outcome = refusal(sent.response, now);
  if (outcome) {
    const parsed = errorSchema.safeParse(answer.kind === "json" ? answer.value : undefined);
    return refused(loginRefused(outcome, parsed.success ? parsed.data.error : undefined));
  }
  if (answer.kind !== "json") return refused({ status: "retry", code: answer.code });
  const parsed = accessSchema.safeParse(answer.value);
  if (!parsed.success) return refused({ status: "retry", code: "answer_unexpected" });
  const { access_token: token, instance_url } = parsed.data;
  // The token goes to this address, so that it must be the vendor's, whoever has answered.
  const unsafe = unsafeEndpoint(instance_url, SALESFORCE_HOSTS, allowInsecure);
  if (unsafe) return refused({ status: "failed", code: "unsafe_url", detail: `instance_url:${unsafe}` });
  return { ok: true, access: { token, instance: instance_url.replace(/\/$/, "") } };
}

/** The form of the token request; undefined where the private key is none. */
async function grant(settings: SalesforceSettings, now: number): Promise<Record<string, string> | undefined> {
  const { client_id, client_secret = "" } = settings;
  if (settings.grant === "client_credentials")
    return { grant_type: "client_credentials", client_id, client_secret };
  const { assertionOf } = await import("./assertion.ts");
  const assertion = await assertionOf(settings, now);
  if (assertion === undefined) return undefined;
  return { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion };
}

/** Whatever is wrong with our credentials is a 400 of OAuth's: a person must mend it, and until then nothing is lost. */
function loginRefused(outcome: DeliveryOutcome, error: string | undefined): DeliveryOutcome {
  if (error === "rate_limit_exceeded")
    return { status: "retry", code: "login_rate_exceeded", afterSeconds: LOGIN_RATE_SECONDS };
  // "retry your request", as Salesforce says of an internal error.
  if (error === "unknown_error" || error === "server_error") return { status: "retry", code: error };
  if (outcome.status === "retry") return outcome;
  if (error === undefined && outcome.status === "failed") return outcome;
  return { status: "unauthorized", detail: `login:${error ?? "refused"}` };
}

async function cacheKey(settings: SalesforceSettings): Promise<string> {
  const { login_url, grant, client_id, client_secret, private_key, username, audience } = settings;
  const said = JSON.stringify([login_url, grant, client_id, client_secret, private_key, username, audience]);
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(said));
  return `salesforce:${String.fromCharCode(...new Uint8Array(hash))}`;
}
