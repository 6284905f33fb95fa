/**
 * The only place that talks to the door. It knows what an HTTP answer means for the caller, as data; what to do about
 * it is decided in consent.ts and delivery.ts. Redirects are errors: nothing may leave for another origin.
 */
import { base } from "./config.ts";

export type Answer =
  | { status: "ok"; body: unknown }
  /** The server will never take this; asking again is pointless. */
  | { status: "refused" }
  /** Ask again, after `afterMs` when the server named a time. */
  | { status: "retry"; afterMs?: number };

const TIMEOUT_MS = 20_000;
const LONGEST_WAIT_MS = 3_600_000;

/** Sends one request; the request itself is started before this function returns, so it works while a page unloads. */
export const call = async (method: string, path: string, body?: string, keepalive = false): Promise<Answer> => {
  const abort = new AbortController();
  const timeout = setTimeout(() => abort.abort(), TIMEOUT_MS);
  try {
    const response = await fetch(base + path, {
      method,
      keepalive,
      credentials: "include",
      redirect: "error",
      signal: abort.signal,
      ...(body && { body, headers: { "content-type": "application/json" } }),
    });
    if (response.ok) return { status: "ok", body: await response.json().catch(() => null) };
    if (response.status < 500 && ![408, 425, 429].includes(response.status)) {
      console.warn(`doorstep: ${path} was refused with ${response.status}`);
      return { status: "refused" };
    }
    const afterMs = retryAfterMs(response.headers.get("retry-after"), Date.now());
    return { status: "retry", ...(afterMs !== undefined && { afterMs }) };
  } catch {
    return { status: "retry" };
  } finally {
    clearTimeout(timeout);
  }
};

/** `Retry-After` (RFC 9110, 10.2.3: seconds or a date) in milliseconds, at most an hour; undefined if it says nothing. */
export const retryAfterMs = (header: string | null, now: number): number | undefined => {
  const waitMs = header ? (/^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now) : Number.NaN;
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), LONGEST_WAIT_MS);
};

/** Exponential backoff with jitter: about 1 s after the first failure, 2 s after the second, up to a minute. */
export const backoffMs = (failures: number): number =>
  Math.min(60_000, 500 * 2 ** failures) * (0.75 + Math.random() / 2);
