/**
 * Google's side of a user deletion: the token endpoint, which takes a service account's signature, and the Admin API's
 * `submitUserDeletion`. Google takes every client id, known or not, and answers when it took it.
 * https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests
 * https://developers.google.com/analytics/devguides/config/admin/v1/rest/v1alpha/properties/submitUserDeletion
 */
import { createVerify, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { z } from "zod";
import type { DemoRequest, Reply } from "../../http.ts";
import { headerOf, json } from "../../http.ts";
import type { Deletion } from "../vendor.ts";
import { parseJson } from "../vendor.ts";

/** The property that the sandbox knows. */
const PROPERTY_ID = "123456789";
const ACCOUNT = "doorstep@sandbox.iam.gserviceaccount.com";
const SCOPE = "https://www.googleapis.com/auth/analytics.edit";
const TOKEN_PATH = "/ga4/token";
const SUBMIT = /^\/ga4\/v1alpha\/properties\/(\d+):submitUserDeletion$/;
const LIFETIME_SECONDS = 3600;

const claimsSchema = z.object({
  iss: z.literal(ACCOUNT),
  scope: z.string(),
  aud: z.string(),
  iat: z.number(),
  exp: z.number(),
});
/** "Union field user can be only one of the following". */
const userSchema = z.union([
  z.strictObject({ clientId: z.string().min(1).max(200) }),
  z.strictObject({ userId: z.string().min(1).max(256) }),
]);

/** Google's deletion, over tokens and requests in memory; see `createUserDeletion`. */
export type UserDeletion = {
  /** Undefined: the path is none of these. */
  answer(request: DemoRequest, now: Date): Reply | undefined;
  keyFile(): Record<string, string>;
  deletions(): Deletion[];
  clear(): void;
};

/** A property without deletions, whose service account's key is made when somebody asks for it. */
export function createUserDeletion(): UserDeletion {
  let keys: { publicKey: KeyObject; privateKey: KeyObject } | undefined;
  const pair = () => {
    keys ??= generateKeyPairSync("rsa", { modulusLength: 2048 });
    return keys;
  };
  const tokens = new Map<string, number>();
  let deleted: Deletion[] = [];

  const giveToken = ({ body }: DemoRequest, now: Date): Reply => {
    const form = new URLSearchParams(body.toString("utf8"));
    if (form.get("grant_type") !== "urn:ietf:params:oauth:grant-type:jwt-bearer")
      return json(400, { error: "unsupported_grant_type", error_description: "Invalid grant_type" });
    const refusal = refuseAssertion(form.get("assertion") ?? "", pair().publicKey, now);
    if (refusal !== undefined) return json(400, { error: "invalid_grant", error_description: refusal });
    const token = `ya29.${randomBytes(24).toString("base64url")}`;
    tokens.set(token, now.getTime() + LIFETIME_SECONDS * 1000);
    return json(200, { access_token: token, expires_in: LIFETIME_SECONDS, token_type: "Bearer" });
  };

  const submit = (property: string, request: DemoRequest, now: Date): Reply => {
    const token = headerOf(request.headers, "authorization")?.replace(/^Bearer /, "") ?? "";
    if ((tokens.get(token) ?? 0) <= now.getTime())
      return googleError(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.");
    if (property !== PROPERTY_ID)
      return googleError(403, "PERMISSION_DENIED", "The caller does not have permission.");
    const user = userSchema.safeParse(parseJson(request.body));
    if (!user.success) return googleError(400, "INVALID_ARGUMENT", "The request has no user.");
    const at = now.toISOString();
    const [by, subject] =
      "clientId" in user.data ? ["client id", user.data.clientId] : ["user id", user.data.userId];
    deleted.push({ at, by, subject, note: "deletion requested" });
    return json(200, { deletionRequestTime: at });
  };

  return {
    answer(request, now) {
      const property = SUBMIT.exec(request.path)?.[1];
      if (request.path !== TOKEN_PATH && property === undefined) return undefined;
      if (request.method !== "POST")
        return googleError(405, "METHOD_NOT_ALLOWED", "Only HTTP POST is supported.");
      return property === undefined ? giveToken(request, now) : submit(property, request, now);
    },
    keyFile: () => ({
      type: "service_account",
      client_email: ACCOUNT,
      private_key: pair().privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    }),
    deletions: () => [...deleted],
    clear() {
      tokens.clear();
      deleted = [];
    },
  };
}

/** What Google finds wrong with an assertion; undefined where nothing is. */
function refuseAssertion(assertion: string, key: KeyObject, now: Date): string | undefined {
  const [header = "", payload = "", signature = ""] = assertion.split(".");
  const part = (text: string) => parseJson(Buffer.from(text, "base64url"));
  const algorithm = z.object({ alg: z.literal("RS256") }).safeParse(part(header));
  const claims = claimsSchema.safeParse(part(payload));
  if (!algorithm.success || !claims.success) return "Invalid JWT: it lacks what is required.";
  const verify = createVerify("RSA-SHA256").update(`${header}.${payload}`);
  if (!verify.verify(key, Buffer.from(signature, "base64url"))) return "Invalid JWT Signature.";
  const { iat, exp, aud, scope } = claims.data;
  const seconds = now.getTime() / 1000;
  if (iat > seconds + 300 || exp < seconds || exp - iat > LIFETIME_SECONDS)
    return "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.";
  if (!aud.endsWith(TOKEN_PATH)) return "Invalid JWT: wrong audience.";
  return scope.split(" ").includes(SCOPE) ? undefined : "Invalid OAuth scope.";
}

const googleError = (code: number, status: string, message: string): Reply =>
  json(code, { error: { code, status, message } });
