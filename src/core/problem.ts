/**
 * The one HTTP error class, and its RFC 9457 rendering. Thrown by routes and what they call; src/app.ts maps it.
 */
import { DATA_HEADERS } from "./headers.ts";
import { logError } from "./log.ts";

export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string>;

  /** @param code stable, machine-readable, snake_case @param detail one sentence for a person */
  constructor(status: number, code: string, detail: string, headers: Record<string, string> = {}) {
    super(detail);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }

  /**
   * `application/problem+json` with `type`, `title`, `status`, `code` and `detail`. The type is a name, not an address.
   * @param extra members of this kind of problem alone
   */
  toResponse(extra: Record<string, unknown> = {}): Response {
    const body = {
      type: `urn:doorstep:problem:${this.code}`,
      title: this.code.replaceAll("_", " "),
      status: this.status,
      code: this.code,
      detail: this.message,
      ...extra,
    };
    return new Response(JSON.stringify(body), {
      status: this.status,
      headers: { ...this.headers, ...PROBLEM_HEADERS },
    });
  }
}

/** Most problems repeat a word of the request: it must stay text wherever the answer is shown. */
const PROBLEM_HEADERS = {
  "content-type": "application/problem+json",
  "cache-control": "no-store",
  ...DATA_HEADERS,
} as const;

/** The one place where an error becomes an answer: a Problem as it is, anything else without a word of what it was. */
export function answerError(error: Error): Response {
  if (error instanceof Problem) return error.toResponse();
  logError("unexpected error", error);
  return new Problem(
    500,
    "internal_error",
    "Something went wrong on our side; nothing was accepted.",
  ).toResponse();
}
