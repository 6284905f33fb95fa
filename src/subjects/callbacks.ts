/**
 * Status callbacks: a POST of the request's status to each address that it named, signed as Standard Webhooks say in its
 * asymmetric form `v1a` (Ed25519 over `id.timestamp.payload`), so that a receiver checks it with our public key and shares
 * no secret with us. A redirect is a failure, and an address that is not safe gets nothing, whenever it was let in.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { fnv1a32 } from "#core/fnv";
import { unsafeTarget } from "#core/safe-url";
import { discard, request as send } from "#forward/destinations/http";
import { fromHex } from "#privacy/audit/hex";
import type { AuditSigner } from "#privacy/audit/signer";
import { closed, openRequest, withPayload } from "./payload.ts";
import { type Payload, type SubjectRequest, statusOf } from "./request.ts";
import type { Step, StepDeps } from "./step.ts";
import { deleteExports, deleteStates } from "./work-state.ts";

const TIMEOUT_MS = 10_000;

/** Tell that work has begun: once, since nothing waits for it. */
export const tellBegun: Step = async (deps, request) => {
  const opened = await openRequest(deps.db, deps.keys, request);
  if (!opened || opened.payload.callbacks.length === 0) return { status: "none" };
  const left = await tellAll(deps, request, opened.payload, "begun");
  const told = opened.payload.callbacks.length - left.length;
  return { status: told > 0 ? "confirmed" : "none", counts: { told, failed: left.length } };
};

/** Tell how it ended, again and again to whoever does not take it. */
export const tellEnded: Step = async (deps, request) => {
  const opened = await openRequest(deps.db, deps.keys, request);
  if (!opened || opened.payload.callbacks.length === 0) return { status: "none" };
  const { callbacks } = opened.payload;
  const left = await tellAll(deps, request, opened.payload, "ended");
  const counts = { told: callbacks.length - left.length };
  if (left.length === 0) return { status: "confirmed", counts };
  if (left.every(({ final }) => final)) return { status: "failed", detail: "callback_refused", counts };
  const again = left.filter(({ final }) => !final).map(({ url }) => url);
  return {
    status: "retry",
    code: "callback_failed",
    changes: (now) => withPayload(deps, now, (payload) => ({ ...payload, callbacks: again })),
  };
};

/** At last there is nothing of the request left to open, but results as long as they are kept. */
export const close: Step = async (deps, request) => {
  // An answer that another request has cut off is none: no part of it stays.
  if (request.resultsUntil === null) await deleteExports(deps.bucket, request.id);
  else await deleteStates(deps.bucket, request.id);
  return { status: "confirmed", changes: (now) => closed(deps, now) };
};

interface Untold {
  url: string;
  /** It never will. */
  final: boolean;
}

/** Those that did not take it. */
async function tellAll(
  deps: StepDeps,
  request: SubjectRequest,
  { callbacks, base }: Payload,
  moment: "begun" | "ended",
): Promise<Untold[]> {
  const address = `${base}/privacy/requests/${request.id}/results`;
  const payload = JSON.stringify({
    ...statusOf(request, deps.tenant, address),
    status_callback_time: new Date(deps.clock()).toISOString(),
  });
  const answers = await Promise.all(
    callbacks.map((url) => tell(deps, url, `${request.id}.${moment}.${fnv1a32(url).toString(36)}`, payload)),
  );
  return answers.filter((answer) => answer !== undefined);
}

async function tell(
  { fetch, clock, signer, allowInsecure }: StepDeps,
  url: string,
  id: string,
  payload: string,
): Promise<Untold | undefined> {
  if (unsafeTarget(url, allowInsecure)) return { url, final: true };
  const signature = await signatureHeaders(signer, id, Math.floor(clock() / 1_000), payload);
  const headers = { "content-type": "application/json", "user-agent": "doorstep-privacy/1", ...signature };
  const sent = await send(fetch, url, { headers, body: payload }, AbortSignal.timeout(TIMEOUT_MS));
  if (!sent.arrived) return { url, final: false };
  const { status } = sent.response;
  await discard(sent.response);
  if (status >= 200 && status < 300) return undefined;
  return { url, final: status === 410 };
}

/** The three headers of a signed request. @param seconds epoch seconds of this attempt */
export async function signatureHeaders(
  signer: Pick<AuditSigner, "sign">,
  id: string,
  seconds: number,
  payload: string,
): Promise<Record<string, string>> {
  const { signature } = await signer.sign(`${id}.${seconds}.${payload}`);
  const base64 = (fromHex(signature) ?? new Uint8Array()).toBase64();
  return {
    "webhook-id": id,
    "webhook-timestamp": String(seconds),
    "webhook-signature": `v1a,${base64}`,
  };
}
