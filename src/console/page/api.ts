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

/** From the page, which is at `…/admin`: this file may be in a part of the script, which lies elsewhere. */
const BASE = new URL("admin/api/", document.baseURI);
const TIMEOUT_MS = 20_000;

let listener: (status: Answer<unknown>["status"]) => void = () => {};

/** Be told how each request ended. One listener: the shell. */
export function onAnswer(listen: typeof listener): void {
  listener = listen;
}

/** @param path below `/admin/api/` @param body sent as JSON */
export async function call<T>(
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  body?: unknown,
): Promise<Answer<T>> {
  const answer = await read(await send(method, path, "application/json", body), async (response) => {
    const parsed: unknown = await response.json();
    return parsed as T; // Our own API answers with what its types say.
  });
  listener(answer.status);
  return answer;
}

/** A file. @param accept its media type, of those that the path has */
export async function download(path: string, accept: string): Promise<Answer<Blob>> {
  const answer = await read(await send("GET", path, accept), (response) => response.blob());
  listener(answer.status);
  return answer;
}

/** What to tell the operator of an answer that is not the wanted one; undefined where the log-in form says it. */
export function problemInWords(answer: Answer<unknown>): string | undefined {
  if (answer.status === "problem") return answer.detail;
  return answer.status === "offline" ? "The Worker does not answer." : undefined;
}

async function send(
  method: string,
  path: string,
  accept: string,
  body?: unknown,
): Promise<Response | undefined> {
  const given = token();
  try {
    return await fetch(new URL(path, BASE), {
      method,
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        accept,
        // Without one, Cloudflare Access before the Worker may still say who asks.
        ...(given && { authorization: `Bearer ${given}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch {
    return undefined;
  }
}

async function read<T>(
  response: Response | undefined,
  content: (response: Response) => Promise<T>,
): Promise<Answer<T>> {
  if (!response) return { status: "offline" };
  if (response.status === 401) return { status: "unauthorized" };
  if (response.status === 204) return { status: "ok", body: {} as T };
  if (response.ok) {
    // An answer that is not even JSON, or that breaks off, is a problem below.
    const body = await content(response).catch(() => undefined);
    if (body !== undefined) return { status: "ok", body };
  }
  const parsed: unknown = await response.json().catch(() => undefined);
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
