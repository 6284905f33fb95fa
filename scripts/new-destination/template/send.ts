/**
 * Requests to Acme Tool: records in batches, with an outcome for each. A batch that is refused as a whole is halved until
 * the record that it is refused for stands alone.
 */
import * as z from "zod";
import type { DeliveryOutcome } from "#core/outcome";
import { unsafeEndpoint } from "#core/safe-url";
import type { Health, Mapped, SendContext } from "#forward/destinations/contract";
import { healthOf } from "#forward/destinations/health";
import { discard, readJson, refusal, request } from "#forward/destinations/http";
import { type Called, isolateEach } from "#forward/destinations/isolate";
import type { AcmeToolBody } from "./map.ts";
import { ACME_TOOL_HOSTS, type AcmeToolSettings } from "./settings.ts";

type Context = SendContext<AcmeToolSettings>;

/** Why nothing may be sent to the settings' address; undefined where it may. */
export const unsafe = ({ settings, allowInsecure }: Pick<Context, "settings" | "allowInsecure">) =>
  unsafeEndpoint(settings.endpoint, ACME_TOOL_HOSTS, allowInsecure);

export const address = ({ endpoint }: AcmeToolSettings, path: string): string =>
  `${endpoint.replace(/\/$/, "")}/v1/${path}`;

export const headersOf = ({ token }: AcmeToolSettings) => ({
  authorization: `Bearer ${token}`,
  "content-type": "application/json",
});

/** One outcome for each body, in order. Never throws for anything that the vendor may answer. */
export async function sendAcmeTool(
  bodies: readonly Mapped<AcmeToolBody>[],
  context: Context,
): Promise<DeliveryOutcome[]> {
  const detail = unsafe(context);
  if (detail) return bodies.map(() => ({ status: "failed", code: "unsafe_url", detail }));
  return isolateEach(bodies, (inputs) => post(inputs, context));
}

/** One result for each record, in order. */
const answerSchema = z.object({
  results: z.array(
    z.discriminatedUnion("status", [
      z.object({ status: z.literal("taken") }),
      z.object({ status: z.literal("refused"), code: z.string().regex(/^[a-z_]{1,60}$/) }),
    ]),
  ),
});

/** One request. Each record has an id that stays over all attempts, so that the vendor tells a repetition. */
async function post(
  inputs: readonly Mapped<AcmeToolBody>[],
  { settings, fetch, now, signal }: Context,
): Promise<Called<DeliveryOutcome[]>> {
  const records = inputs.map(({ itemId, body }) => ({ id: itemId, ...body }));
  const init = { headers: headersOf(settings), body: JSON.stringify({ records }) };
  const sent = await request(fetch, address(settings, "records"), init, signal);
  if (!sent.arrived) return { status: "refused", outcome: sent.outcome };
  const refused = refusal(sent.response, now);
  if (refused) {
    await discard(sent.response);
    return { status: "refused", outcome: refused, ends: refused.status !== "failed" };
  }
  const read = await readJson(sent.response);
  const answer = answerSchema.safeParse(read.kind === "json" ? read.value : undefined);
  // What is not confirmed is tried again: the vendor knows a repetition.
  if (!answer.success || answer.data.results.length !== inputs.length)
    return { status: "refused", outcome: { status: "retry", code: "answer_unexpected" } };
  const outcomes = answer.data.results.map(
    (result): DeliveryOutcome =>
      result.status === "taken" ? { status: "delivered" } : { status: "failed", code: result.code },
  );
  return { status: "answered", answer: outcomes };
}

/** Whether the account takes our token: it is asked for, and not looked at. */
export async function askAcmeTool(context: Context): Promise<Health> {
  const detail = unsafe(context);
  if (detail) return { status: "misconfigured", code: "unsafe_url", detail };
  const { settings, fetch, now, signal } = context;
  const init = { method: "GET", headers: headersOf(settings) } as const;
  const sent = await request(fetch, address(settings, "account"), init, signal);
  if (sent.arrived) await discard(sent.response);
  return healthOf(sent, now);
}
