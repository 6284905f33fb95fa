/**
 * Calls of HubSpot's API, with what may go wrong in one place. A batch that is refused as a whole is halved until the
 * item that poisons it stands alone, so that it harms only itself; a refusal of our token or our rate ends it all.
 * https://developers.hubspot.com/docs/api-reference/latest/overview (versions)
 * https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines (429)
 */
import type * as z from "zod";
import type { DeliveryOutcome } from "#core/outcome";
import type { SendContext } from "../contract.ts";
import { type Answer, readJson, refusal, request, retryAfterSeconds } from "../http.ts";
import { errorOutcome, type Refused, refusedSchema } from "./answers.ts";
import type { HubspotSettings } from "./settings.ts";

/** HubSpot's versions are months; each is supported for 18 of them. */
const VERSION = "2026-09";
export type ObjectType = "contacts" | "companies" | "deals";
export const objectPath = (type: ObjectType, path: string) => `crm/objects/${VERSION}/${type}${path}`;
export const associatePath = (from: ObjectType, to: ObjectType) =>
  `crm/associations/${VERSION}/${from}/${to}/batch/associate/default`;
export const EVENTS_PATH = `events/${VERSION}/send/batch`;

/** Inputs of one request. */
export const BATCH_LIMIT = 100;

/** Requests of one `send`: enough to isolate two poison items of a hundred; what is left over is tried later. */
const MAX_REQUESTS = 32;

/** HubSpot's day ends at midnight of the portal's time zone, which we do not know. */
const DAILY_RETRY_SECONDS = 4 * 3600;
const BURST_RETRY_SECONDS = 10;

/** A call's state over its parts: how many requests it has made, and the outcome that ended it. */
export interface Session {
  context: SendContext<HubspotSettings>;
  requests: number;
  ended?: DeliveryOutcome;
}

/** Inputs that share a fate: an outcome that is decided, or the answer that has one for each of them. */
type Part<I, A> = { inputs: readonly I[]; outcome: DeliveryOutcome } | { inputs: readonly I[]; answer: A };

/** What a path answers when it takes a request, or why that cannot be read. */
type Reader<A> = (answer: Answer) => { value: A } | { code: string };

export const json =
  <A>(schema: z.ZodType<A>): Reader<A> =>
  (answer) => {
    if (answer.kind !== "json") return answer;
    const parsed = schema.safeParse(answer.value);
    return parsed.success ? { value: parsed.data } : { code: "answer_unexpected" };
  };

/** An answer without a body, whose status says it all. */
export const nothing: Reader<null> = (answer) =>
  answer.kind === "unreadable" && answer.code === "answer_empty"
    ? { value: null }
    : { code: "answer_unexpected" };

/** Send inputs to a path, halving what is refused. Every input is in exactly one part. */
export async function callBatch<I, A>(
  session: Session,
  path: string,
  read: Reader<A>,
  inputs: readonly I[],
  body: (inputs: readonly I[]) => unknown,
): Promise<Part<I, A>[]> {
  if (inputs.length === 0) return [];
  const decided = (outcome: DeliveryOutcome): Part<I, A>[] => [{ inputs, outcome }];
  if (session.ended) return decided(session.ended);
  if (session.requests >= MAX_REQUESTS) return decided({ status: "retry", code: "batch_refused" });

  session.requests++;
  const posted = await post(session.context, path, body(inputs));
  if (posted.status === "answered") {
    const answer = read(posted.answer);
    if ("value" in answer) return [{ inputs, answer: answer.value }];
    return decided({ status: "retry", code: answer.code });
  }
  const { outcome } = posted;
  // Our token or our rate: whatever else is sent now would be refused alike.
  if (outcome.status === "unauthorized" || posted.isRate) session.ended = outcome;
  if (outcome.status !== "failed" || inputs.length === 1) return decided(outcome);
  const half = Math.ceil(inputs.length / 2);
  const first = await callBatch(session, path, read, inputs.slice(0, half), body);
  return [...first, ...(await callBatch(session, path, read, inputs.slice(half), body))];
}

type Posted =
  | { status: "answered"; answer: Answer }
  | { status: "refused"; outcome: DeliveryOutcome; isRate: boolean; error: Refused };

/** One POST. `error` is what HubSpot says of a refusal, as far as it can be read. */
export async function post(
  { settings, fetch, now, signal }: SendContext<HubspotSettings>,
  path: string,
  body: unknown,
): Promise<Posted> {
  const sent = await request(
    fetch,
    `${settings.endpoint.replace(/\/$/, "")}/${path}`,
    {
      headers: { authorization: `Bearer ${settings.token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    },
    signal,
  );
  if (!sent.arrived) return { status: "refused", outcome: sent.outcome, isRate: false, error: {} };
  const { response } = sent;
  const answer = await readJson(response);
  const outcome = refusal(response, now);
  if (outcome === undefined) return { status: "answered", answer };
  const parsed = refusedSchema.safeParse(answer.kind === "json" ? answer.value : undefined);
  const error = parsed.success ? parsed.data : {};
  const refused = (made: DeliveryOutcome, isRate = false): Posted => ({
    status: "refused",
    outcome: made,
    isRate,
    error,
  });
  const after = retryAfterSeconds(response.headers, now);
  if (response.status === 429) return refused(rateLimited(error, after), true);
  if (response.status === 409) return refused({ status: "retry", code: "CONFLICT" });
  // 423: a record is locked; 477: the account is being moved. Both pass.
  if (response.status === 423 || response.status === 477)
    return refused({
      status: "retry",
      code: `http_${response.status}`,
      afterSeconds: after ?? LOCKED_SECONDS,
    });
  // Only a refusal in HubSpot's own words is more telling than the status.
  return refused(outcome.status === "failed" && error.category ? errorOutcome(error) : outcome);
}

/** https://developers.hubspot.com/docs/api-reference/error-handling: at least two seconds. */
const LOCKED_SECONDS = 2;

function rateLimited(error: Refused, retryAfter: number | undefined): DeliveryOutcome {
  const isDaily = error.policyName === "DAILY";
  return {
    status: "retry",
    code: isDaily ? "rate_limited_daily" : "rate_limited",
    afterSeconds: retryAfter ?? (isDaily ? DAILY_RETRY_SECONDS : BURST_RETRY_SECONDS),
  };
}
