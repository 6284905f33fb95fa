/**
 * Calls of HubSpot's contacts, with what may go wrong in one place. A batch that is refused as a whole is halved until
 * the item that poisons it stands alone, so that it harms only itself; a refusal of our token or our rate ends it all.
 * https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/contacts/batch/upsert-contacts
 * https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/contacts/batch/get-contacts
 * https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines (429)
 */
import type { DeliveryOutcome } from "#core/outcome";
import type { SendContext } from "../contract.ts";
import { type Answer, readJson, refusal, request, retryAfterSeconds } from "../http.ts";
import { type BatchAnswer, batchAnswerSchema, errorOutcome, type Refused, refusedSchema } from "./answers.ts";
import type { HubspotSettings } from "./settings.ts";

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
type Part<I> =
  | { inputs: readonly I[]; outcome: DeliveryOutcome }
  | { inputs: readonly I[]; answer: BatchAnswer };

/** Send inputs to `batch/<path>`, halving what is refused. Every input is in exactly one part. */
export async function callBatch<I>(
  session: Session,
  path: "read" | "upsert",
  inputs: readonly I[],
  body: (inputs: readonly I[]) => unknown,
): Promise<Part<I>[]> {
  if (inputs.length === 0) return [];
  const decided = (outcome: DeliveryOutcome): Part<I>[] => [{ inputs, outcome }];
  if (session.ended) return decided(session.ended);
  if (session.requests >= MAX_REQUESTS) return decided({ status: "retry", code: "batch_refused" });

  session.requests++;
  const called = await call(session.context, path, body(inputs));
  if (called.status === "answered") return [{ inputs, answer: called.answer }];
  const { outcome } = called;
  // Our token or our rate: whatever else is sent now would be refused alike.
  if (outcome.status === "unauthorized" || called.isRate) session.ended = outcome;
  if (outcome.status !== "failed" || inputs.length === 1) return decided(outcome);
  const half = Math.ceil(inputs.length / 2);
  const first = await callBatch(session, path, inputs.slice(0, half), body);
  return [...first, ...(await callBatch(session, path, inputs.slice(half), body))];
}

type Called =
  | { status: "answered"; answer: BatchAnswer }
  | { status: "refused"; outcome: DeliveryOutcome; isRate: boolean };

async function call(
  context: SendContext<HubspotSettings>,
  path: "read" | "upsert",
  body: unknown,
): Promise<Called> {
  const called = await post(context, `batch/${path}`, body);
  if (called.status === "refused") return called;
  const refused = (code: string): Called => ({
    status: "refused",
    outcome: { status: "retry", code },
    isRate: false,
  });
  if (called.answer.kind !== "json") return refused(called.answer.code);
  const parsed = batchAnswerSchema.safeParse(called.answer.value);
  return parsed.success ? { status: "answered", answer: parsed.data } : refused("answer_unexpected");
}

type Posted =
  | { status: "answered"; answer: Answer }
  | { status: "refused"; outcome: DeliveryOutcome; isRate: boolean; error: Refused };

/** One POST to a path of the contacts. `error` is what HubSpot says of a refusal, as far as it can be read. */
export async function post(
  { settings, fetch, now, signal }: SendContext<HubspotSettings>,
  path: string,
  body: unknown,
): Promise<Posted> {
  const sent = await request(
    fetch,
    `${settings.endpoint.replace(/\/$/, "")}/crm/v3/objects/contacts/${path}`,
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
  if (response.status === 429)
    return refused(rateLimited(error, retryAfterSeconds(response.headers, now)), true);
  if (response.status === 409) return refused({ status: "retry", code: "CONFLICT" });
  // Only a refusal in HubSpot's own words is more telling than the status.
  return refused(outcome.status === "failed" && error.category ? errorOutcome(error) : outcome);
}

function rateLimited(error: Refused, retryAfter: number | undefined): DeliveryOutcome {
  const isDaily = error.policyName === "DAILY";
  return {
    status: "retry",
    code: isDaily ? "rate_limited_daily" : "rate_limited",
    afterSeconds: retryAfter ?? (isDaily ? DAILY_RETRY_SECONDS : BURST_RETRY_SECONDS),
  };
}
