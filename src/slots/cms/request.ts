/**
 * One request to a CMS, and its answer as JSON. Whoever answers there is not trusted: only public addresses are asked,
 * redirects are not followed, and size (as unpacked), time, type and nesting have limits. Called by pull.ts.
 */
import { isDeeper } from "#core/depth";
import { unsafeTarget } from "#core/safe-url";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface Reach {
  fetch: Fetch;
  /** Only in local development: plain http and local addresses. */
  allowInsecure: boolean;
}

/** A hundred items of the largest size, or a single one of those that are refused, fit; memory has room for it. */
export const MAX_ANSWER_BYTES = 12_000_000;
const TIMEOUT_MS = 10_000;
const MAX_DEPTH = 64;

export type Asked =
  | { status: "read"; answer: { body: unknown; headers: Headers }; etag: string | null }
  /** As at the last time. */
  | { status: "same" }
  /** There is nothing at this address (404, 410). */
  | { status: "absent" }
  /** In words, without a value of the answer. */
  | { status: "failed"; problem: string };

/**
 * Never rejects.
 * @param base of the source: the adapter's address must be of the same origin @param etag of the answer before
 */
export async function askCms(
  { url, headers }: { url: string; headers?: Record<string, string> | undefined },
  base: string,
  etag: string | undefined,
  { fetch, allowInsecure }: Reach,
): Promise<Asked> {
  const unsafe = unsafeTarget(url, allowInsecure);
  if (unsafe) return failed(`its address is not asked: ${unsafe}`);
  if (URL.parse(url)?.origin !== URL.parse(base)?.origin) return failed("its next page is at another host");
  try {
    const response = await fetch(url, {
      headers: {
        accept: "application/json",
        "user-agent": "doorstep-content/1",
        ...headers,
        ...(etag !== undefined && { "if-none-match": etag }),
      },
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.status === 304 && etag !== undefined) return { status: "same" };
    const problem = problemOf(response);
    if (response.status === 404 || response.status === 410) {
      await response.body?.cancel();
      return { status: "absent" };
    }
    if (problem !== undefined) {
      await response.body?.cancel();
      return failed(problem);
    }
    const text = await readText(response);
    if (text === undefined) return failed(`its answer is larger than ${MAX_ANSWER_BYTES / 1_000_000} MB`);
    const body: unknown = JSON.parse(text);
    if (isDeeper(body, MAX_DEPTH)) return failed(`its answer is nested deeper than ${MAX_DEPTH} levels`);
    return {
      status: "read",
      answer: { body, headers: response.headers },
      etag: response.headers.get("etag"),
    };
  } catch (error) {
    return failed(wordsFor(error));
  }
}

const failed = (problem: string): Asked => ({ status: "failed", problem });

function problemOf({ status, headers }: Response): string | undefined {
  if (status >= 300 && status < 400) return `it answered ${status}: redirects are not followed`;
  if (status !== 200) return `it answered ${status}`;
  const type = headers.get("content-type") ?? "";
  return /^application\/([\w.-]+\+)?json\b/i.test(type)
    ? undefined
    : "its answer is no JSON by its content type";
}

function wordsFor(error: unknown): string {
  const name = error instanceof Error ? error.name : "";
  if (name === "TimeoutError" || name === "AbortError") return `it took longer than ${TIMEOUT_MS / 1000} s`;
  return name === "SyntaxError" ? "its answer is broken JSON" : "it cannot be reached";
}

/** Undefined where it is too large; the rest is not read then. */
async function readText({ body }: Response): Promise<string | undefined> {
  if (!body) return "";
  const decoder = new TextDecoder();
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  let text = "";
  let size = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    size += next.value.length;
    if (size > MAX_ANSWER_BYTES) {
      await reader.cancel();
      return undefined;
    }
    text += decoder.decode(next.value, { stream: true });
  }
  return text + decoder.decode();
}
