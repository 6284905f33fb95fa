/**
 * PostHog: events in batches, deduplicated by the uuid that each has of its item. A batch that is refused is halved until
 * the event that it is refused for stands alone.
 * https://posthog.com/docs/api/capture
 * https://github.com/PostHog/posthog/blob/master/rust/capture/src/api.rs (its refusals)
 */
import * as z from "zod";
import type { DeliveryOutcome } from "#core/outcome";
import { unsafeTarget } from "#core/safe-url";
import type { DestinationType, Health, Mapped, SendContext } from "../contract.ts";
import { healthOf } from "../health.ts";
import { discard, readJson, refusal, request } from "../http.ts";
import { type Called, ISOLATION_REQUESTS, isolateEach } from "../isolate.ts";
import { erasePersons } from "./erase.ts";
import { eventUuid } from "./ids.ts";
import { fitPosthog, mapPosthog, type PosthogBody, posthogBody } from "./map.ts";
import { type PosthogSettings, posthogSettings } from "./settings.ts";

/** PostHog limits a request by its bytes alone; so many keep one quick. */
const BATCH_LIMIT = 500;
const BODY_BYTES = 20_000_000;
/** What is older goes as history, which does not set off PostHog's alarms of a spike. */
const HISTORY_MS = 48 * 3_600_000;
/** A billing limit is over when somebody raises it, or with the month. */
const QUOTA_SECONDS = 3_600;

export const posthog: DestinationType<PosthogSettings, PosthogBody> = {
  name: "posthog",
  title: "PostHog",
  settings: posthogSettings,
  credentials: ["personal_api_key"],
  addresses: { host: [] },
  deduplicates: true,
  // PostHog limits no rate of events.
  limits: { batch: BATCH_LIMIT, perRequest: BATCH_LIMIT, requestsPerSecond: 50, concurrency: 6 },
  needs: ["analytics"],
  needsPersonal: true,
  changes: true,
  records: ["properties.$set", "properties.$unset", "properties.$group_set"],
  body: posthogBody,
  map: mapPosthog,
  fit: fitPosthog,
  send: sendPosthog,
  health: askPosthog,
  erasure:
    "With a project id and a personal key, PostHog is asked to delete each of the person's profiles there with its events and recordings; the events go with the weekly cleaning. Events that made no person (`identified_only`) cannot be named to it and end with the project's retention.",
  erase: erasePersons,
};

async function sendPosthog(
  bodies: readonly Mapped<PosthogBody>[],
  context: SendContext<PosthogSettings>,
): Promise<DeliveryOutcome[]> {
  const { settings, now, allowInsecure } = context;
  const unsafe = unsafeTarget(settings.host, allowInsecure);
  if (unsafe) return bodies.map(() => ({ status: "failed", code: "unsafe_url", detail: unsafe }));
  const outcomes: DeliveryOutcome[] = bodies.map(() => ({ status: "retry", code: "no_outcome" }));
  const budget = { requests: ISOLATION_REQUESTS };
  for (const isHistory of [false, true]) {
    const indexes = [...bodies.keys()].filter(
      (index) => now - Date.parse(bodies[index]?.body.timestamp ?? "") > HISTORY_MS === isHistory,
    );
    const decided = await isolateEach(
      indexes.flatMap((index) => bodies[index] ?? []),
      (inputs) => post(inputs, isHistory, context),
      budget,
    );
    for (const [n, index] of indexes.entries())
      outcomes[index] = decided[n] ?? { status: "retry", code: "no_outcome" };
  }
  return outcomes;
}

const takenSchema = z.object({
  status: z.union([z.literal(1), z.literal("Ok")]),
  quota_limited: z.array(z.string()).optional(),
});

/**
 * One request. It says nothing of when it is sent (`sent_at`): PostHog would move the events' times by it, and a repeated
 * event would be another one.
 */
async function post(
  inputs: readonly Mapped<PosthogBody>[],
  isHistory: boolean,
  { settings, fetch, now, signal }: SendContext<PosthogSettings>,
): Promise<Called<DeliveryOutcome[]>> {
  const refused = (
    outcome: DeliveryOutcome,
    ends = outcome.status === "unauthorized",
  ): Called<DeliveryOutcome[]> => ({
    status: "refused",
    outcome,
    ends,
  });
  const body = JSON.stringify({
    api_key: settings.api_key,
    historical_migration: isHistory,
    batch: inputs.map(({ itemId, body: event }) => ({ uuid: eventUuid(itemId), ...event })),
  });
  if (new TextEncoder().encode(body).length >= BODY_BYTES)
    return refused({ status: "failed", code: "too_large" });
  const headers = { "content-type": "application/json" };
  const sent = await request(fetch, `${settings.host.replace(/\/$/, "")}/batch/`, { headers, body }, signal);
  if (!sent.arrived) return refused(sent.outcome);
  const answer = await readJson(sent.response);
  const outcome = refusal(sent.response, now);
  if (outcome) return refused(outcome, outcome.status === "unauthorized" || sent.response.status === 429);
  if (answer.kind !== "json") return refused({ status: "retry", code: answer.code });
  const taken = takenSchema.safeParse(answer.value);
  if (!taken.success) return refused({ status: "retry", code: "answer_unexpected" });
  // A 200 that has dropped them: https://posthog.com/docs/billing/limits-alerts
  if (taken.data.quota_limited?.includes("events"))
    return refused({ status: "retry", code: "quota_limited", afterSeconds: QUOTA_SECONDS }, true);
  return { status: "answered", answer: inputs.map(() => ({ status: "delivered" })) };
}

/**
 * Whether PostHog knows the project: `/batch/` takes every token that looks like one, `/flags` does not. With
 * `disable_flags` nothing is evaluated, and nothing billed, for the visitor that it asks for. https://posthog.com/docs/api/flags
 */
async function askPosthog({
  settings,
  fetch,
  signal,
  now,
  allowInsecure,
}: SendContext<PosthogSettings>): Promise<Health> {
  const unsafe = unsafeTarget(settings.host, allowInsecure);
  if (unsafe) return { status: "misconfigured", code: "unsafe_url", detail: unsafe };
  const url = `${settings.host.replace(/\/$/, "")}/flags?v=2`;
  const body = JSON.stringify({ api_key: settings.api_key, distinct_id: "doorstep", disable_flags: true });
  const sent = await request(fetch, url, { headers: { "content-type": "application/json" }, body }, signal);
  if (sent.arrived) await discard(sent.response);
  return healthOf(sent, now);
}
