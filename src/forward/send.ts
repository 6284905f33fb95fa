/**
 * Bodies on their way to a vendor: in portions of its type's limit, all within one deadline, and in order where the
 * destination keeps it. Called by deliver.ts.
 */
import { logError } from "#core/log";
import type { DeliveryOutcome } from "#core/outcome";
import type { DeliverContext, Settlement } from "./deliver.ts";
import { type DestinationType, type Mapped, NOT_TRIED } from "./destinations/contract.ts";
import { wavesOf } from "./order.ts";

/** After the deadline a sender has this long to say what it knows before all that is open counts as timed out. */
const GRACE_MS = 250;

/** Sends bodies in portions of the type's limit until the deadline; what was not begun by then used up no attempt. */
export function sending(
  type: DestinationType,
  settings: unknown,
  context: Pick<DeliverContext, "fetch" | "allowInsecure" | "clock" | "tokens" | "queueOf" | "deadlineMs">,
): (bodies: readonly Mapped<unknown>[]) => Promise<DeliveryOutcome[]> {
  const signal = AbortSignal.timeout(context.deadlineMs);
  const hard = expiry(context.deadlineMs + GRACE_MS);
  const { fetch, allowInsecure, clock, tokens, queueOf } = context;
  let refused: DeliveryOutcome | undefined;
  return async (bodies) => {
    const outcomes: DeliveryOutcome[] = [];
    for (let at = 0; at < bodies.length; at += type.limits.batch) {
      const portion = bodies.slice(at, at + type.limits.batch);
      const fill = (code: string) => portion.map((): DeliveryOutcome => ({ status: "retry", code }));
      const known = refused;
      if (known) {
        outcomes.push(...portion.map(() => known));
        continue;
      }
      if (signal.aborted) {
        outcomes.push(...fill(NOT_TRIED));
        continue;
      }
      const sent = type
        .send(portion, { settings, fetch, now: clock(), signal, allowInsecure, tokens, queueOf })
        .catch((error: unknown) => {
          logError(`sending to ${type.name} failed`, error);
          return fill("sender_error");
        });
      const answered = await Promise.race([sent, hard.then(() => fill("timeout"))]);
      // Whatever has no outcome of its own was not confirmed.
      outcomes.push(
        ...portion.map((_, n) => answered[n] ?? { status: "retry" as const, code: "no_outcome" }),
      );
      // A vendor that refuses our credentials is not asked again with them.
      refused = answered.find(({ status }) => status === "unauthorized");
    }
    return outcomes;
  };
}

/** Send wave by wave; what comes after something of its profile that has to wait stays behind it. */
export async function inOrder(
  bodies: readonly Mapped<unknown>[],
  send: (bodies: readonly Mapped<unknown>[]) => Promise<DeliveryOutcome[]>,
): Promise<Settlement[]> {
  const settled = new Map<Mapped<unknown>, Settlement>();
  const waiting = new Set<string>();
  for (const wave of wavesOf(bodies)) {
    const free = wave.filter(({ event }) => !waiting.has(event.profile));
    for (const body of wave) settled.set(body, { status: "parked", code: "ordered" });
    const outcomes = await send(free);
    for (const [n, body] of free.entries()) {
      const outcome = outcomes[n] ?? { status: "retry", code: "no_outcome" };
      settled.set(body, outcome);
      if (outcome.status === "retry" || outcome.status === "unauthorized") waiting.add(body.event.profile);
    }
  }
  return bodies.map((body) => settled.get(body) ?? { status: "parked", code: "ordered" });
}

/** Resolves after so many milliseconds. */
export function expiry(ms: number): Promise<void> {
  const signal = AbortSignal.timeout(ms);
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
