/**
 * Meta's Conversions API: up to 1,000 events a request. It takes all of a request or nothing, so one that it refuses is
 * halved until what it is refused for stands alone. It deduplicates by event name and id within 48 hours.
 * https://developers.facebook.com/documentation/ads-commerce/conversions-api/using-the-api
 */
import type { DeliveryOutcome } from "#core/outcome";
import { unsafeEndpoint } from "#core/safe-url";
import type { DestinationType, Health, Mapped, SendContext } from "../contract.ts";
import { readJson, request } from "../http.ts";
import { type Called, isolateEach } from "../isolate.ts";
import { record, text } from "../read.ts";
import { verdictOf } from "./answers.ts";
import { fitMeta, type MetaBody, mapMeta, metaBody } from "./map.ts";
import { API_VERSION, META_HOSTS, type MetaSettings, metaSettings } from "./settings.ts";

/** Events of one request. */
const BATCH_LIMIT = 1_000;
const DAY_SECONDS = 86_400;
/** A single event that is older fails the whole request; a minute is left for the way. */
const MAX_AGE_SECONDS = 7 * DAY_SECONDS - 60;
const STORE_MAX_AGE_SECONDS = 62 * DAY_SECONDS - 60;

export const meta: DestinationType<MetaSettings, MetaBody> = {
  name: "meta",
  title: "Meta Conversions API",
  settings: metaSettings,
  credentials: ["access_token"],
  addresses: { endpoint: META_HOSTS },
  deduplicates: true,
  // Meta names no rate for it.
  limits: { batch: BATCH_LIMIT, perRequest: BATCH_LIMIT, requestsPerSecond: 20, concurrency: 4 },
  needs: ["marketing"],
  needsPersonal: true,
  changes: false,
  body: metaBody,
  map: mapMeta,
  fit: fitMeta,
  send: sendMeta,
  health: askMeta,
  erasure:
    "Meta has no interface that deletes one person's events: nothing can be asked. It was sent hashes only; people end what Meta keeps of them under their own account (Your activity off Meta technologies), and a dataset's events with the dataset.",
};

async function sendMeta(
  bodies: readonly Mapped<MetaBody>[],
  context: SendContext<MetaSettings>,
): Promise<DeliveryOutcome[]> {
  const { settings, now, allowInsecure } = context;
  const unsafe = unsafeEndpoint(settings.endpoint, META_HOSTS, allowInsecure);
  if (unsafe) return bodies.map(() => ({ status: "failed", code: "unsafe_url", detail: unsafe }));
  const fresh = bodies.filter(({ body }) => !isTooOld(body, now));
  const outcomes = await isolateEach(fresh, (inputs) => post(inputs, context));
  let next = 0;
  return bodies.map(({ body }): DeliveryOutcome => {
    if (isTooOld(body, now)) return { status: "skipped", reason: "too_old_for_vendor" };
    return outcomes[next++] ?? { status: "retry", code: "no_outcome" };
  });
}

const isTooOld = ({ event_time, action_source }: MetaBody, now: number): boolean =>
  now / 1000 - event_time > (action_source === "physical_store" ? STORE_MAX_AGE_SECONDS : MAX_AGE_SECONDS);

/** One request. The token travels in its body, where no log of addresses can keep it. */
async function post(
  inputs: readonly Mapped<MetaBody>[],
  { settings, fetch, now, signal }: SendContext<MetaSettings>,
): Promise<Called<DeliveryOutcome[]>> {
  const { access_token, test_event_code } = settings;
  const data = inputs.map(({ itemId, body }) => ({ event_id: itemId, ...body }));
  const body = JSON.stringify({ data, ...(test_event_code && { test_event_code }), access_token });
  const headers = { "content-type": "application/json" };
  const sent = await request(fetch, `${address(settings)}/events`, { headers, body }, signal);
  if (!sent.arrived) return { status: "refused", outcome: sent.outcome };
  const verdict = verdictOf(sent.response, await readJson(sent.response), now);
  if ("outcome" in verdict) return { status: "refused", ...verdict };
  if (verdict.received === inputs.length)
    return { status: "answered", answer: inputs.map(() => ({ status: "delivered" })) };
  // Meta does not say which it has left out: each half is sent again, which it deduplicates.
  const code = "not_received";
  return {
    status: "refused",
    outcome: inputs.length > 1 ? { status: "failed", code } : { status: "retry", code },
  };
}

/** The dataset's own number: a token of the Conversions API may send to a dataset without a right to read it. */
async function askMeta({
  settings,
  fetch,
  signal,
  now,
  allowInsecure,
}: SendContext<MetaSettings>): Promise<Health> {
  const unsafe = unsafeEndpoint(settings.endpoint, META_HOSTS, allowInsecure);
  if (unsafe) return { status: "misconfigured", code: "unsafe_url", detail: unsafe };
  const headers = { authorization: `Bearer ${settings.access_token}` };
  const sent = await request(fetch, `${address(settings)}?fields=id`, { method: "GET", headers }, signal);
  if (!sent.arrived)
    return { status: "unreachable", code: sent.outcome.status === "retry" ? sent.outcome.code : "network" };
  const answer = await readJson(sent.response);
  if (answer.kind === "json" && text(record(answer.value).id)) return { status: "ok" };
  const verdict = verdictOf(sent.response, answer, now);
  const outcome = "outcome" in verdict ? verdict.outcome : undefined;
  if (outcome?.status === "unauthorized") {
    const code = outcome.detail ?? "unauthorized";
    return code === "meta_190" || code === "meta_102" || code === "meta_2635"
      ? { status: "unauthorized", code }
      : {
          status: "unknown",
          detail: `The token may not read the dataset (${code}): whether it may send, a delivery shows.`,
        };
  }
  if (outcome?.status === "retry") return { status: "unreachable", code: outcome.code };
  return { status: "misconfigured", code: outcome?.status === "failed" ? outcome.code : "answer_unexpected" };
}

const address = ({ endpoint, dataset_id }: MetaSettings): string =>
  `${endpoint.replace(/\/$/, "")}/${API_VERSION}/${dataset_id}`;
