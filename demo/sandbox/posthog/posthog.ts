/**
 * The sandboxed PostHog: one project's batch endpoint, the check of its token by `/flags`, and its persons. A token that
 * only looks like one is taken as PostHog takes it, and noted: its events are nobody's.
 * https://posthog.com/docs/api/capture
 * https://posthog.com/docs/api/flags and https://github.com/PostHog/posthog/blob/master/rust/feature-flags (its refusals)
 */
import { z } from "zod";
import type { Reply } from "../../http.ts";
import { json } from "../../http.ts";
import type { FailureKind, Vendor, VendorReply } from "../vendor.ts";
import { parseJson } from "../vendor.ts";
import { createPersons } from "./persons.ts";
import { batchRequest, readBatch, tokenProblem } from "./rules.ts";

/** The token that the sandbox knows. Public on purpose: it protects nothing. */
const TOKEN = "phc_sandbox";

const FAILURES: Record<FailureKind, { status: number; body: string; headers?: Record<string, string> }> = {
  server_error: { status: 500, body: "internal server error" },
  rate_limited: { status: 429, body: "rate limited", headers: { "retry-after": "1" } },
  unauthorized: { status: 401, body: "API key is not valid: empty" },
  forbidden: { status: 403, body: "forbidden" },
  unavailable: { status: 503, body: "transient error, please retry" },
};

const text = (status: number, body: string, headers: Record<string, string> = {}): Reply => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8", ...headers },
  body,
});

/** PostHog with one empty project. */
export function createPosthog(): Vendor {
  const seen = new Set<string>();
  const persons = createPersons();

  const capture = (given: unknown, now: Date): VendorReply => {
    const refused = (status: number, body: string): VendorReply => ({
      ...text(status, body),
      note: { valid: false, error: body },
    });
    const parsed = batchRequest.safeParse(given);
    if (!parsed.success) return refused(400, "failed to parse request: data did not match any variant");
    const { api_key, batch, historical_migration = false } = parsed.data;
    const problem = tokenProblem(api_key);
    if (problem !== undefined) return refused(401, `API key is not valid: ${problem}`);
    const read = readBatch(batch, now);
    if ("status" in read) return refused(read.status, read.text);
    const taken = json(200, { status: "Ok" });
    if (api_key !== TOKEN) return { ...taken, note: { valid: false, error: "no project has this token" } };
    const fresh = read.captured.filter(({ key }) => key === null || (!seen.has(key) && seen.add(key)));
    persons.see(read.captured);
    return {
      ...taken,
      note: {
        valid: read.warnings.length === 0,
        events: batch.length,
        duplicates: read.captured.length - fresh.length,
        warnings: read.warnings,
        historical: historical_migration,
      },
    };
  };

  return {
    owns: (path) => path.startsWith("/posthog/"),
    supportsPartial: false,
    failure(kind) {
      const { status, body, headers } = FAILURES[kind];
      return text(status, body, headers);
    },
    reset() {
      seen.clear();
      persons.clear();
    },
    answer(request, { now }) {
      const asked = persons.answer(request);
      if (asked !== undefined) return asked;
      const body = parseJson(request.body);
      switch (request.path.replace(/\/$/, "")) {
        case "/posthog/batch":
          return request.method === "POST" ? capture(body, now) : text(405, "", { allow: "POST" });
        case "/posthog/flags": {
          const key = z.object({ api_key: z.string() }).safeParse(body).data?.api_key;
          return key === TOKEN
            ? json(200, { flags: {}, errorsWhileComputingFlags: false })
            : text(
                401,
                "The provided API key is invalid or has expired. Please check your API key and try again.",
              );
        }
        default:
          return text(404, "not found");
      }
    },
  };
}
