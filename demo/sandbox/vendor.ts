/**
 * The contract of a sandboxed vendor: which paths are its own, how it answers a request by its
 * documentation, and what its failures look like. One vendor is one folder or file plus one line in
 * the registry of `sandbox.ts`.
 */
import type { DemoRequest, Reply } from "../http.ts";

/** Failures that a fault can ask of any vendor, each in that vendor's own error shape. */
export type FailureKind = "server_error" | "rate_limited" | "unauthorized" | "forbidden" | "unavailable";

/** A vendor's answer, and what to note beside the record of the request (`valid`, `validationMessages` …). */
export type VendorReply = Reply & { note?: Record<string, unknown> };

/** What the moment gives an answer: the clock, and a partial failure to inject where the vendor has such a thing. */
export type AnswerContext = { now: Date; partial?: { category: string } };

/**
 * One deletion that a vendor was asked for, without what names the person: `subject` is the vendor's own number of the
 * record or client, if it had one, and `by` how it was named.
 */
export type Deletion = { at: string; by: string; subject: string | null; note: string };

/** One sandboxed vendor. `reset` forgets what it stored. */
export type Vendor = {
  owns(path: string): boolean;
  answer(request: DemoRequest, context: AnswerContext): VendorReply;
  failure(kind: FailureKind): Reply;
  supportsPartial: boolean;
  reset(): void;
};

/** The JSON in a body, or undefined where it is not JSON. */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}
