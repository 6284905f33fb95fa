/**
 * The signature of a content webhook, as the WordPress plug-in makes it and as our own webhooks are signed: Standard
 * Webhooks 1.0, HMAC-SHA-256 over `id.timestamp.body` under a secret of the form `whsec_<base64>`.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { sameBytes } from "#core/same";
import type { Refusal } from "./contract.ts";

/** `whsec_` and the base64 of 24 to 64 bytes. */
export const WEBHOOK_SECRET = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/;

/** A message this old, or of so far in the future, is a replay. Within it, what was taken once changes nothing again. */
const WINDOW_SECONDS = 300;

/** @param now epoch ms */
export async function verifySignature(
  { headers, body }: { headers: Headers; body: string },
  secret: string | undefined,
  now: number,
): Promise<Refusal> {
  const id = headers.get("webhook-id");
  const timestamp = headers.get("webhook-timestamp");
  const signatures = headers.get("webhook-signature");
  if (secret === undefined || !id || !timestamp || !signatures) return "signature_missing";
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now / 1000 - Number(timestamp)) > WINDOW_SECONDS)
    return "timestamp_invalid";
  const expected = await hmac(
    "SHA-256",
    bytesOf(secret.replace(/^whsec_/, "")),
    `${id}.${timestamp}.${body}`,
  );
  // Several while a secret is being changed.
  for (const one of signatures.split(" ", 5)) {
    if (one.startsWith("v1,") && sameBytes(bytesOf(one.slice(3)), expected)) return undefined;
  }
  return "signature_invalid";
}

export async function hmac(
  hash: "SHA-256" | "SHA-1",
  key: Uint8Array<ArrayBuffer>,
  text: string,
): Promise<Uint8Array> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, new TextEncoder().encode(text)));
}

/** Of base64; none where it is malformed. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    return new Uint8Array(); // The one thing that atob throws for; no signature is equal to it.
  }
}
