/**
 * A signed webhook: one request for each event, with an id that stays the same over all attempts, so that the receiver
 * can tell a repetition. 410 means that it wants no more; a redirect is a failure.
 */
import type { DeliveryOutcome } from "#core/outcome";
import { unsafeTarget } from "#core/safe-url";
import { type DestinationType, type Mapped, NOT_TRIED, type SendContext } from "../contract.ts";
import { discard, refusal, request } from "../http.ts";
import { inParallel } from "../parallel.ts";
import { eraseByWebhook } from "./erase.ts";
import { mapWebhook, type WebhookBody, webhookBody } from "./map.ts";
import { type WebhookSettings, webhookSettings } from "./settings.ts";
import { signatureHeaders } from "./sign.ts";

export const webhook: DestinationType<WebhookSettings, WebhookBody> = {
  name: "webhook",
  title: "Signed webhook",
  settings: webhookSettings,
  deduplicates: true,
  limits: { batch: 100, perRequest: 1, requestsPerSecond: 1_000, concurrency: 50 },
  credentials: ["secret"],
  addresses: { url: [] },
  needs: [],
  needsPersonal: true,
  changes: true,
  body: webhookBody,
  map: mapWebhook,
  send: sendWebhook,
  health: async () => ({
    status: "unknown",
    detail: "A receiver is asked with real messages only.",
  }),
  erasure:
    "A signed message of the type `erasure` with the profiles and, where the destination serves marketing, the addresses. The receiver answers whether it is done or will be.",
  erase: eraseByWebhook,
};

async function sendWebhook(
  bodies: readonly Mapped<WebhookBody>[],
  { settings, fetch, now, signal, allowInsecure }: SendContext<WebhookSettings>,
): Promise<DeliveryOutcome[]> {
  const unsafe = unsafeTarget(settings.url, allowInsecure);
  if (unsafe) return bodies.map(() => ({ status: "failed", code: "unsafe_url", detail: unsafe }));

  const outcomes: DeliveryOutcome[] = bodies.map(() => ({ status: "retry", code: NOT_TRIED }));
  await inParallel([...bodies.entries()], async ([index, { itemId, body }]) => {
    if (signal.aborted) return;
    const payload = JSON.stringify(body);
    const signature = await signatureHeaders(settings.secret, itemId, Math.floor(now / 1000), payload);
    const headers = { "content-type": "application/json", "user-agent": "doorstep-webhook/1", ...signature };
    const sent = await request(fetch, settings.url, { headers, body: payload }, signal);
    if (!sent.arrived) {
      outcomes[index] = sent.outcome;
      return;
    }
    outcomes[index] = refusal(sent.response, now) ?? { status: "delivered" };
    await discard(sent.response);
  });
  return outcomes;
}
