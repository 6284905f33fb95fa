/**
 * The signature of a webhook, by the Standard Webhooks specification 1.0:
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */

const encoder = new TextEncoder();

/**
 * The three headers of a signed request: HMAC-SHA-256 over `id.timestamp.payload`.
 * @param secret `whsec_` and base64 @param id the same for every attempt @param seconds epoch seconds of this attempt
 */
export async function signatureHeaders(
  secret: string,
  id: string,
  seconds: number,
  payload: string,
): Promise<Record<string, string>> {
  const bytes = Uint8Array.from(atob(secret.replace(/^whsec_/, "")), (char) => char.charCodeAt(0));
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const mac = await crypto.subtle.sign("HMAC", key, encoder.encode(`${id}.${seconds}.${payload}`));
  const signature = btoa(String.fromCharCode(...new Uint8Array(mac)));
  return {
    "webhook-id": id,
    "webhook-timestamp": String(seconds),
    "webhook-signature": `v1,${signature}`,
  };
}
