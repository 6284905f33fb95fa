/**
 * The only place that talks to `/admin/api`, which lies beside the script that this is built into. What an answer means
 * is data; a refused token and a lost connection are also told to whoever listens, since they concern every view.
 */
import { token } from "./session.ts";

export interface Issue {
  path: string;
  message: string;
}
export type Answer<T> =
  | { status: "ok"; body: T }
  /** The server says no, and why. */
  | { status: "problem"; httpStatus: number; code: string; detail: string; issues: Issue[] }
  /** The token is none, or none any more. */
  | { status: "unauthorized" }
  /** Nobody answered. */
  | { status: "offline" };

const BASE = new URL("api/", import.meta.url);
const TIMEOUT_MS = 20_000;

let listener: (status: Answer<unknown>["status"]) => void = () => {};

/** Be told how each request ended. One listener: the shell. */
export function onAnswer(listen: typeof listener): void {
  listener = listen;
}

/** @param path below `/admin/api/` @param body sent as JSON, by POST */
export async function call<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<Answer<T>> {
  const answer = await ask<T>(method, path, body);
  listener(answer.status);
  return answer;
}

async function ask<T>(method: string, path: string, body: unknown): Promise<Answer<T>> {
  let response: Response;
  try {
    response = await fetch(new URL(path, BASE), {
      method,
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        authorization: `Bearer ${token()}`,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch {
    return { status: "offline" };
  }
  if (response.status === 401) return { status: "unauthorized" };
  const parsed: unknown = await response.json().catch(() => undefined);
  // Our own API answers with what its types say; an answer that is not even JSON is a problem below.
  if (response.ok && parsed !== undefined) return { status: "ok", body: parsed as T };
  if (response.status === 204) return { status: "ok", body: {} as T };
  return { status: "problem", httpStatus: response.status, ...problemOf(parsed, response.status) };
}

function problemOf(body: unknown, httpStatus: number): { code: string; detail: string; issues: Issue[] } {
  const problem: Record<string, unknown> = typeof body === "object" && body !== null ? { ...body } : {};
  return {
    code: typeof problem.code === "string" ? problem.code : `http_${httpStatus}`,
    detail: typeof problem.detail === "string" ? problem.detail : `The Worker answered ${httpStatus}.`,
    issues: Array.isArray(problem.issues) ? problem.issues.map(issueOf) : [],
  };
}

function issueOf(value: unknown): Issue {
  const issue: Record<string, unknown> = typeof value === "object" && value !== null ? { ...value } : {};
  const { path } = issue;
  return {
    path: Array.isArray(path) ? path.join(".") : typeof path === "string" ? path : "",
    message: typeof issue.message === "string" ? issue.message : String(value),
  };
}
