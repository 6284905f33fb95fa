/**
 * A generic receiver of signed webhooks that follows the Standard Webhooks specification:
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * The signature is made over the raw bytes, so the body is never parsed before it is verified.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { DemoRequest } from "../http.ts";
import { headerOf, json } from "../http.ts";
import type { FailureKind, Vendor } from "./vendor.ts";
import { parseJson } from "./vendor.ts";

/** The demo receiver's signing secret. Public on purpose: it protects nothing. */
export const WEBHOOK_SECRET = "whsec_ZG9vcnN0ZXAtZGVtby13ZWJob29rLXNlY3JldC0wMDE=";

const TOLERANCE_SECONDS = 300;

const FAILURES: Record<FailureKind, { status: number; error: string; headers?: Record<string, string> }> = {
  server_error: { status: 500, error: "the receiver failed" },
  rate_limited: { status: 429, error: "too many requests", headers: { "retry-after": "1" } },
  unauthorized: { status: 401, error: "the signature does not match" },
  forbidden: { status: 403, error: "this sender may not call" },
  unavailable: { status: 503, error: "the receiver is unavailable" },
};

/** The receiver at `/webhook`. A repeated `webhook-id` is answered like the first and noted as `duplicate`. */
export function createWebhook(): Vendor {
  const seen = new Set<string>();

  return {
    owns: (path) => path === "/webhook",
    supportsPartial: false,
    reset: () => seen.clear(),
    failure(kind) {
      const { status, error, headers } = FAILURES[kind];
      return json(status, { ok: false, error }, headers);
    },
    answer(request, { now }) {
      if (request.method !== "POST") return json(405, { ok: false, error: "use POST" }, { allow: "POST" });
      const verdict = verify(request, WEBHOOK_SECRET, now);
      if (!verdict.ok)
        return {
          ...json(401, { ok: false, error: verdict.error }),
          note: { valid: false, error: verdict.error },
        };
      const duplicate = seen.has(verdict.id);
      seen.add(verdict.id);
      const erasure = erasureOf(parseJson(request.body));
      if (erasure !== undefined)
        return { ...json(200, { status: "confirmed" }), note: { valid: true, duplicate, erasure } };
      return { ...json(200, { ok: true }), note: { valid: true, duplicate } };
    },
  };
}

/** What an erasure names, in numbers; undefined for every other message. This receiver erases at once, and says so. */
function erasureOf(message: unknown): { subjects: number; emails: number } | undefined {
  const parsed = z
    .object({
      type: z.literal("erasure"),
      subjects: z.array(z.string()),
      emails: z.array(z.string()).default([]),
    })
    .safeParse(message);
  return parsed.success
    ? { subjects: parsed.data.subjects.length, emails: parsed.data.emails.length }
    : undefined;
}

/**
 * Checks `webhook-id`, `webhook-timestamp` (±5 minutes) and `webhook-signature`: base64 HMAC-SHA256
 * over `id.timestamp.body`, one of the space-separated `v1,…` entries must match.
 */
export function verify(
  request: Pick<DemoRequest, "headers" | "body">,
  secret: string,
  now: Date,
): { ok: true; id: string } | { ok: false; error: string } {
  const id = headerOf(request.headers, "webhook-id");
  const timestamp = headerOf(request.headers, "webhook-timestamp");
  const signatures = headerOf(request.headers, "webhook-signature");
  if (!id || !timestamp || !signatures)
    return { ok: false, error: "webhook-id, webhook-timestamp and webhook-signature are required" };
  if (!/^\d{1,12}$/.test(timestamp)) return { ok: false, error: "webhook-timestamp is not in whole seconds" };
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) {
    return { ok: false, error: "webhook-timestamp is more than 5 minutes off" };
  }
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(request.body).digest();
  const matches = signatures.split(" ").some((entry) => {
    const [version, signature = ""] = entry.split(",", 2);
    const given = Buffer.from(signature, "base64");
    return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
  return matches ? { ok: true, id } : { ok: false, error: "no signature matches" };
}
