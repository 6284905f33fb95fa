/** A provider of e-mail (or push): an event sets off one message, with fields of the event and the person's traits in it. */
import * as z from "zod";
import type { DeliveryOutcome } from "#core/outcome";
import { type DestinationType, NOT_TRIED } from "#forward/destinations/contract";
import { healthOf } from "#forward/destinations/health";
import { discard, refusal, request } from "#forward/destinations/http";
import { inParallel } from "#forward/destinations/parallel";

const API = "https://mail.example/v1";
const settings = z.strictObject({
  token: z.string().meta({ title: "Token", description: "Of the sending account." }),
  templates: z
    .record(z.string(), z.string())
    .meta({ title: "Templates", description: "Our event → the message that it sets off." }),
});
const body = z.strictObject({
  to: z.email(),
  template: z.string(),
  fields: z.record(z.string(), z.unknown()),
});

export const mail: DestinationType<z.infer<typeof settings>, z.infer<typeof body>> = {
  name: "mail",
  title: "Provider of e-mail",
  settings,
  credentials: ["token"],
  deduplicates: true,
  limits: { batch: 100, perRequest: 1, requestsPerSecond: 20, concurrency: 2 },
  needs: ["marketing"],
  needsPersonal: true,
  changes: true,
  body,
  map({ name, properties, verified }, { email, first_name }, { templates }) {
    const template = templates[name];
    if (template === undefined) return { status: "skipped", reason: "no_template" };
    // Whoever only claims an address must not have it written to.
    if (!email || !verified) return { status: "skipped", reason: "no_proved_email" };
    return { status: "mapped", body: { to: email, template, fields: { ...properties, first_name } } };
  },
  async send(bodies, { settings: { token }, fetch, signal, now }) {
    const outcomes: DeliveryOutcome[] = bodies.map(() => ({ status: "retry", code: NOT_TRIED }));
    await inParallel([...bodies.entries()], async ([index, { itemId, body }]) => {
      if (signal.aborted) return;
      const headers = { authorization: `Bearer ${token}`, "idempotency-key": itemId };
      const sent = await request(fetch, `${API}/messages`, { headers, body: JSON.stringify(body) }, signal);
      if (sent.arrived) await discard(sent.response);
      outcomes[index] = sent.arrived
        ? (refusal(sent.response, now) ?? { status: "delivered" })
        : sent.outcome;
    });
    return outcomes;
  },
  async health({ settings: { token }, fetch, signal, now }) {
    const headers = { authorization: `Bearer ${token}` };
    const sent = await request(fetch, `${API}/account`, { method: "GET", headers }, signal);
    if (sent.arrived) await discard(sent.response);
    return healthOf(sent, now);
  },
  erasure: "The provider keeps messages for thirty days and offers no deletion of one person's.",
};
