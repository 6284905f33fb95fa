/**
 * The only place that talks to the door. It knows what an HTTP answer means for the caller, as data; what to do about
 * it is decided in consent.ts and delivery.ts. Redirects are errors: nothing may leave for another origin.
 */
import { base } from "./config.ts";
import { warn } from "./guard.ts";
import { MAX_BACKOFF_MS, MAX_RETRY_AFTER_MS, REQUEST_TIMEOUT_MS } from "./limits.ts";

export interface Answer {
  /** Ask again, after `afterMs` when the server named a time. Otherwise this is settled, for good or ill. */
  retry: boolean;
  afterMs?: number | undefined;
  /** The JSON of a 2xx. A refusal has none. */
  body?: unknown;
}

/** Sends one request; it is started before this function returns, so that it works while a page unloads. */
export const call = async (
  method: string,
  path: string,
  body?: string,
  keepalive = true,
): Promise<Answer> => {
  try {
    const response = await fetch(base + path, {
      method,
      keepalive,
      credentials: "include",
      redirect: "error",
      // Else a question that hangs, even of a page that was left, holds up what follows it to the same address.
      cache: "no-store",
      // Older browsers have no such signal, and wait for as long as the network does.
      signal: AbortSignal.timeout?.(REQUEST_TIMEOUT_MS) as AbortSignal,
      ...(body && { body, headers: { "content-type": "application/json" } }),
    });
    const { ok, status, headers } = response;
    if (ok) return { retry: false, body: await response.json().catch(() => null) };
    warn(path, status);
    return {
      retry: status >= 500 || [408, 425, 429].includes(status),
      afterMs: retryAfterMs(headers.get("retry-after"), Date.now()),
    };
  } catch {
    return { retry: true };
  }
};

/** `Retry-After` (RFC 9110, 10.2.3: seconds or a date) in ms, at most an hour; undefined if it names no later time. */
export const retryAfterMs = (header: string | null, now: number): number | undefined => {
  const waitMs = Number(header) * 1000 || Date.parse(header as string) - now;
  return waitMs > 0 ? Math.min(waitMs, MAX_RETRY_AFTER_MS) : undefined;
};

/** Exponential backoff with jitter: about 1 s after the first failure, 2 s after the second, up to a minute. */
export const backoffMs = (failures: number): number =>
  Math.min(MAX_BACKOFF_MS, 500 * 2 ** failures) * (0.75 + Math.random() / 2);
