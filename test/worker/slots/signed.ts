/** A webhook's headers, signed as the WordPress plug-in signs. */
export async function signed(secret: string, body: string, now: number): Promise<Record<string, string>> {
  const seconds = Math.floor(now / 1000);
  const bytes = Uint8Array.from(atob(secret.replace(/^whsec_/, "")), (char) => char.charCodeAt(0));
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const mac = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(`msg_1.${seconds}.${body}`));
  return {
    "webhook-id": "msg_1",
    "webhook-timestamp": String(seconds),
    "webhook-signature": `v1,${btoa(String.fromCharCode(...new Uint8Array(mac)))}`,
    "content-type": "application/json",
  };
}
