/**
 * The org's token endpoint, for both flows of servers, and its sessions.
 * https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm
 * https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm (RS256, `aud`, `exp` within 5 minutes)
 * https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm
 */
import { createVerify, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { z } from "zod";
import type { DemoRequest, Reply } from "../../http.ts";
import { headerOf, json } from "../../http.ts";
import { parseJson } from "../vendor.ts";

/** Public on purpose: they protect nothing. The sessions of the second app end after two calls. */
const SECRET = "salesforce-demo";
const APP = "doorstep-demo";
const BRIEF_APP = "doorstep-brief";
const BRIEF_CALLS = 2;
const USER = "integration@example.com";
const AUDIENCE = "https://login.salesforce.com";
const SESSION_MS = 2 * 60 * 60_000;
const ASSERTION_SECONDS = 300;

const claimsSchema = z.object({ iss: z.string(), sub: z.string(), aud: z.string(), exp: z.number() });

export type Login = {
  give(request: DemoRequest, now: Date): Reply;
  /** Whether a request's token is good; each use counts. */
  admit(request: DemoRequest, now: Date): boolean;
  /** What an administrator would give to an integration that logs in by JWT. */
  app(): Record<string, string>;
  end(): void;
};

export function createLogin(): Login {
  let keys: { publicKey: KeyObject; privateKey: KeyObject } | undefined;
  const pair = () => {
    keys ??= generateKeyPairSync("rsa", { modulusLength: 2048 });
    return keys;
  };
  const sessions = new Map<string, { until: number; calls: number }>();

  const oauthError = (error: string, description: string) =>
    json(400, { error, error_description: description });

  return {
    give(request, now) {
      const form = new URLSearchParams(request.body.toString("utf8"));
      const grant = form.get("grant_type");
      let app = form.get("client_id") ?? "";
      if (grant === "client_credentials") {
        if (app !== APP && app !== BRIEF_APP)
          return oauthError("invalid_client_id", "client identifier invalid");
        if (form.get("client_secret") !== SECRET)
          return oauthError("invalid_client", "invalid client credentials");
      } else if (grant === "urn:ietf:params:oauth:grant-type:jwt-bearer") {
        const refusal = refuseAssertion(form.get("assertion") ?? "", pair().publicKey, now);
        if (refusal !== undefined) return oauthError("invalid_grant", refusal);
        app = APP;
      } else return oauthError("unsupported_grant_type", "grant type not supported");

      const token = `00Dxx0000001gPL!${randomBytes(36).toString("base64url")}`;
      const calls = app === BRIEF_APP ? BRIEF_CALLS : Number.POSITIVE_INFINITY;
      sessions.set(token, { until: now.getTime() + SESSION_MS, calls });
      return json(200, {
        access_token: token,
        signature: randomBytes(32).toString("base64"),
        scope: "api",
        instance_url: `http://${headerOf(request.headers, "host")}/salesforce`,
        id: "https://login.salesforce.com/id/00Dxx0000001gPLEAY/005xx000001Sv1mAAC",
        token_type: "Bearer",
        issued_at: String(now.getTime()),
      });
    },
    admit(request, now) {
      const token = headerOf(request.headers, "authorization")?.replace(/^Bearer /, "") ?? "";
      const session = sessions.get(token);
      if (session === undefined || session.until <= now.getTime() || session.calls <= 0) return false;
      session.calls -= 1;
      return true;
    },
    app: () => ({
      client_id: APP,
      username: USER,
      audience: AUDIENCE,
      private_key: pair().privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    }),
    end: () => sessions.clear(),
  };
}

/** What Salesforce finds wrong with an assertion; undefined where nothing is. */
function refuseAssertion(assertion: string, key: KeyObject, now: Date): string | undefined {
  const [header = "", payload = "", signature = ""] = assertion.split(".");
  const part = (text: string) => parseJson(Buffer.from(text, "base64url"));
  const algorithm = z.object({ alg: z.literal("RS256") }).safeParse(part(header));
  const claims = claimsSchema.safeParse(part(payload));
  if (!algorithm.success || !claims.success) return "invalid assertion";
  const verify = createVerify("RSA-SHA256").update(`${header}.${payload}`);
  if (!verify.verify(key, Buffer.from(signature, "base64url"))) return "invalid assertion";
  const { iss, sub, aud, exp } = claims.data;
  if (iss !== APP) return "client identifier invalid";
  if (aud !== AUDIENCE) return "audience is invalid";
  if (sub !== USER) return "user hasn't approved this consumer";
  const seconds = now.getTime() / 1000;
  if (exp < seconds) return "expired authorization code";
  return exp > seconds + ASSERTION_SECONDS ? "assertion lives too long" : undefined;
}
