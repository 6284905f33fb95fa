/**
 * What every destination does with HTTP: one request that never throws, an answer that is read up to a limit, and the
 * class of a status (DESIGN's delivery classes). Redirects are never followed: they would carry credentials along.
 */
import type { DeliveryOutcome } from "#core/outcome";
import { NoConnection } from "../connections.ts";
import { type Fetch, NOT_TRIED } from "./contract.ts";

/** Answers are read up to this many bytes; no vendor has a reason to send more. */
export const ANSWER_LIMIT_BYTES = 1_000_000;

export type Requested = { arrived: true; response: Response } | { arrived: false; outcome: DeliveryOutcome };

/** Send one request. A connection that fails, or is cut by the deadline, is a retry: it may have arrived. */
export async function request(
  fetch: Fetch,
  url: string,
  init: { method?: "GET" | "PATCH" | "DELETE"; headers: Record<string, string>; body?: string },
  signal: AbortSignal,
): Promise<Requested> {
  try {
    const response = await fetch(url, { method: "POST", redirect: "manual", signal, ...init });
    return { arrived: true, response };
  } catch (error) {
    const cut = signal.aborted ? "timeout" : "network";
    const code = error instanceof NoConnection ? NOT_TRIED : cut;
    return { arrived: false, outcome: { status: "retry", code } };
  }
}

export type Answer =
  | { kind: "json"; value: unknown }
  | { kind: "unreadable"; code: "answer_empty" | "answer_not_json" | "answer_too_large" | "answer_cut_off" };

/** Read an answer's JSON, up to `ANSWER_LIMIT_BYTES`. */
export async function readJson(response: Response): Promise<Answer> {
  const text = await readText(response);
  if (text.kind === "unreadable") return text;
  if (text.value.trim() === "") return { kind: "unreadable", code: "answer_empty" };
  try {
    return { kind: "json", value: JSON.parse(text.value) };
  } catch {
    return { kind: "unreadable", code: "answer_not_json" };
  }
}

async function readText(
  response: Response,
): Promise<{ kind: "text"; value: string } | Extract<Answer, { kind: "unreadable" }>> {
  if (!response.body) return { kind: "text", value: "" };
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  try {
    const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { kind: "text", value: text + decoder.decode() };
      size += value.byteLength;
      if (size > ANSWER_LIMIT_BYTES) {
        await reader.cancel();
        return { kind: "unreadable", code: "answer_too_large" };
      }
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    return { kind: "unreadable", code: "answer_cut_off" };
  }
}

/** Let go of an answer that nobody reads, so that its connection is free again. */
export async function discard(response: Response): Promise<void> {
  try {
    await response.body?.cancel();
  } catch {
    // The connection is gone already, which is what was wanted.
  }
}

/**
 * The outcome that a status alone decides; undefined for 2xx, whose body decides.
 * 401 and 403 pause the destination; 408, 425, 429 and 5xx are tried again; 3xx and all other 4xx never work as is.
 */
export function refusal(response: Response, now: number): DeliveryOutcome | undefined {
  const { status } = response;
  if (status >= 200 && status < 300) return undefined;
  if (status === 401 || status === 403) return { status: "unauthorized", detail: `http_${status}` };
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const afterSeconds = retryAfterSeconds(response.headers, now);
    return { status: "retry", code: `http_${status}`, ...(afterSeconds !== undefined && { afterSeconds }) };
  }
  if (status === 410) return { status: "failed", code: "gone" };
  if (status >= 300 && status < 400)
    return { status: "failed", code: "redirected", detail: `http_${status}` };
  return { status: "failed", code: `http_${status}` };
}

/** `Retry-After` in seconds, from either of its forms (RFC 9110, 10.2.3); undefined where absent or unreadable. */
export function retryAfterSeconds(headers: Headers, now: number): number | undefined {
  const value = headers.get("retry-after")?.trim();
  if (!value) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now) / 1000));
}
