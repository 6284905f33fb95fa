/**
 * GA4 by the Measurement Protocol: one request carries events of one client only, at most 25 of them. GA4 always
 * answers 2xx and deduplicates nothing, so a delivery that is repeated after a crash or a timeout counts twice there:
 * its receipts say `mayRepeat`.
 */
import type { DeliveryOutcome } from "#core/outcome";
import { unsafeEndpoint } from "#core/safe-url";
import { type DestinationType, type Mapped, NOT_TRIED, type SendContext } from "../contract.ts";
import { discard, refusal, request } from "../http.ts";
import { inParallel } from "../parallel.ts";
import { eraseClients } from "./erase.ts";
import { LIMITS } from "./limits.ts";
import { fitGa4, type Ga4Body, ga4Body, mapGa4 } from "./map.ts";
import { GA4_HOSTS, type Ga4Settings, GOOGLE_API_HOSTS, ga4Settings } from "./settings.ts";

/** One request: which bodies it carries, and its JSON. */
export interface Ga4Request {
  indexes: number[];
  payload: string;
}

export const ga4: DestinationType<Ga4Settings, Ga4Body> = {
  name: "ga4",
  title: "Google Analytics 4",
  settings: ga4Settings,
  deduplicates: false,
  // Google names no rate: one that no property of ours has been refused at.
  limits: { batch: 100, perRequest: LIMITS.events, requestsPerSecond: 5_000, concurrency: 100 },
  credentials: ["api_secret", "service_account"],
  addresses: { endpoint: GA4_HOSTS, token_endpoint: GOOGLE_API_HOSTS, deletion_endpoint: GOOGLE_API_HOSTS },
  needs: ["analytics"],
  needsPersonal: false,
  changes: false,
  body: ga4Body,
  map: mapGa4,
  fit: fitGa4,
  send: sendGa4,
  health: async () => ({
    status: "unknown",
    detail: "Google answers 2xx to every request, one with a wrong secret too.",
  }),
  erasure:
    "With a property id and a service account, Google is asked to delete each of the person's client ids. Without them nothing can be asked: what Google has ends with the property's own data retention (Admin, Data retention).",
  erase: eraseClients,
};

async function sendGa4(
  bodies: readonly Mapped<Ga4Body>[],
  { settings, fetch, now, signal, allowInsecure }: SendContext<Ga4Settings>,
): Promise<DeliveryOutcome[]> {
  const unsafe = unsafeEndpoint(settings.endpoint, GA4_HOSTS, allowInsecure);
  if (unsafe) return bodies.map(() => ({ status: "failed", code: "unsafe_url", detail: unsafe }));

  const { requests, outcomes } = plan(bodies, now);
  const query = new URLSearchParams({
    measurement_id: settings.measurement_id,
    api_secret: settings.api_secret,
  });
  const url = `${settings.endpoint.replace(/\/$/, "")}/mp/collect?${query}`;
  await inParallel(requests, async ({ indexes, payload }) => {
    if (signal.aborted) return;
    const sent = await request(
      fetch,
      url,
      { headers: { "content-type": "application/json" }, body: payload },
      signal,
    );
    let outcome: DeliveryOutcome;
    if (sent.arrived) {
      outcome = refusal(sent.response, now) ?? { status: "delivered", mayRepeat: true };
      await discard(sent.response);
    } else {
      outcome = sent.outcome;
    }
    for (const index of indexes) outcomes[index] = outcome;
  });
  return outcomes;
}

/**
 * Which requests carry which bodies: only what agrees on client, consent, place and device shares one, up to 25 events
 * and 130 kB. GA4 would silently drop events older than 72 hours, which are skipped here, so that an import of history is
 * no heap of failures, and those that fill a request alone, which fail.
 */
export function plan(
  bodies: readonly Mapped<Ga4Body>[],
  now: number,
): { requests: Ga4Request[]; outcomes: DeliveryOutcome[] } {
  const outcomes: DeliveryOutcome[] = bodies.map(() => ({ status: "retry", code: NOT_TRIED }));
  const groups = new Map<string, { indexes: number[]; events: string[]; bytes: number }[]>();
  for (const [index, { body }] of bodies.entries()) {
    const { event, ...shared } = body;
    const head = JSON.stringify(shared);
    const json = JSON.stringify(event);
    const bytes = new TextEncoder().encode(json).length + 1;
    const frame = new TextEncoder().encode(head).length + '"events":[],'.length;
    if (now - event.timestamp_micros / 1000 > LIMITS.backdatingMs) {
      outcomes[index] = { status: "skipped", reason: "too_old_for_vendor" };
    } else if (frame + bytes >= LIMITS.bodyBytes) {
      outcomes[index] = { status: "failed", code: "too_large" };
    } else {
      const requests = groups.get(head) ?? [];
      groups.set(head, requests);
      const last = requests.at(-1);
      if (last && last.events.length < LIMITS.events && last.bytes + bytes < LIMITS.bodyBytes) {
        last.indexes.push(index);
        last.events.push(json);
        last.bytes += bytes;
      } else {
        requests.push({ indexes: [index], events: [json], bytes: frame + bytes });
      }
    }
  }
  const requests = [...groups].flatMap(([head, parts]) =>
    parts.map(({ indexes, events }) => ({
      indexes,
      payload: `${head.slice(0, -1)},"events":[${events.join(",")}]}`,
    })),
  );
  return { requests, outcomes };
}
