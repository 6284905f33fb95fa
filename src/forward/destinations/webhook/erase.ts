/**
 * An erasure as a signed message to the receiver, which answers what comes of it. It names the profiles that the receiver
 * knows from events, and addresses only where those may have gone there. Whatever is not an answer is asked again.
 */
import * as z from "zod";
import { unsafeTarget } from "#core/safe-url";
import type { EraseContext, ErasureOutcome, ErasurePerson } from "../contract.ts";
import { erasureRefused, untilMended } from "../erasure.ts";
import { discard, readJson, refusal, request } from "../http.ts";
import type { WebhookSettings } from "./settings.ts";
import { signatureHeaders } from "./sign.ts";

/** The payload. `id` is the same for every attempt, as the header `webhook-id` is. */
interface ErasureMessage {
  type: "erasure";
  id: string;
  /** ISO 8601, of this attempt. */
  timestamp: string;
  /** Whatever was `profile` in an event of this person is among them. */
  subjects: readonly string[];
  emails?: readonly string[];
}

/** Tell the receiver. `confirmed`: it says that it is done; `requested`: it has taken it; `none`: 410, it has nobody. */
export async function eraseByWebhook(
  { emails, subjects }: ErasurePerson,
  { settings, fetch, now, signal, allowInsecure, id, personal }: EraseContext<WebhookSettings>,
): Promise<ErasureOutcome> {
  const unsafe = unsafeTarget(settings.url, allowInsecure);
  if (unsafe) return { status: "failed", code: "unsafe_url", detail: unsafe };

  if (subjects.length === 0 && (!personal || emails.length === 0))
    return { status: "none", detail: "no_identifier_of_theirs" };
  const message: ErasureMessage = {
    type: "erasure",
    id,
    timestamp: new Date(now).toISOString(),
    subjects,
    ...(personal && { emails }),
  };
  const body = JSON.stringify(message);
  const signature = await signatureHeaders(settings.secret, id, Math.floor(now / 1000), body);
  const headers = { "content-type": "application/json", "user-agent": "doorstep-webhook/1", ...signature };
  const sent = await request(fetch, settings.url, { headers, body }, signal);
  if (!sent.arrived) return erasureRefused(sent.outcome);
  const { response } = sent;
  if (response.status === 200) return isConfirmed(response);
  await discard(response);
  const refused = refusal(response, now);
  if (!refused) return { status: "requested" };
  if (refused.status !== "failed") return erasureRefused(refused);
  if (refused.code === "gone") return { status: "none", detail: "gone" };
  return untilMended(
    refused.code,
    "The receiver does not take the message: it must answer 200, or 410 if it keeps nobody.",
  );
}

const confirmedSchema = z.object({ status: z.literal("confirmed") });

async function isConfirmed(response: Response): Promise<ErasureOutcome> {
  const answer = await readJson(response);
  const isDone = answer.kind === "json" && confirmedSchema.safeParse(answer.value).success;
  return { status: isDone ? "confirmed" : "requested" };
}
