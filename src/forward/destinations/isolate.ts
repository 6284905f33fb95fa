/**
 * Poison in a batch: what a vendor refuses as a whole is halved until the item that it is refused for stands alone, so
 * that one bad item harms only itself. Called by the senders of vendors that take many items in one request and refuse
 * all of them for one (HubSpot, Meta, PostHog …). A refusal that is not about the items ends it: see `ends`.
 */
import type { DeliveryOutcome } from "#core/outcome";
import { NOT_TRIED } from "./contract.ts";

/** What one request came to: the vendor's answer for each input, or one outcome that holds for all of them. */
export type Called<Answer> =
  | { status: "answered"; answer: Answer }
  | {
      status: "refused";
      /** `failed`: the request was refused for what is in it, and is halved. Any other outcome holds for all inputs. */
      outcome: DeliveryOutcome;
      /** Whatever else is sent now would be refused alike: our credentials, our rate. All that is open gets this outcome. */
      ends?: boolean;
    };

/** Inputs that share a fate. Every input is in exactly one part, and parts come in the order of the inputs. */
export type Part<Input, Answer> =
  | { inputs: readonly Input[]; outcome: DeliveryOutcome }
  | { inputs: readonly Input[]; answer: Answer };

/** What all requests of one `send` share; pass the same one where a sender makes several calls. */
export interface IsolationBudget {
  /** Requests that may still be made; each takes one. */
  requests: number;
  /** Set once a refusal ended it. */
  ended?: DeliveryOutcome;
}

/**
 * Requests of one `send`: enough to find two poison items of a hundred. What is left over is tried again and uses up no
 * attempt: each round decides at least one item, because halving goes depth first, so it comes to an end.
 */
export const ISOLATION_REQUESTS = 32;

/**
 * Send `inputs` with `call`, and halve what is refused with `failed` until it stands alone.
 * @param call one request with these inputs; it never throws for anything that a vendor may answer
 */
export async function isolate<Input, Answer>(
  inputs: readonly Input[],
  call: (inputs: readonly Input[]) => Promise<Called<Answer>>,
  budget: IsolationBudget = { requests: ISOLATION_REQUESTS },
): Promise<Part<Input, Answer>[]> {
  if (inputs.length === 0) return [];
  if (budget.ended) return [{ inputs, outcome: budget.ended }];
  if (budget.requests <= 0) return [{ inputs, outcome: { status: "retry", code: NOT_TRIED } }];

  budget.requests--;
  const called = await call(inputs);
  if (called.status === "answered") return [{ inputs, answer: called.answer }];
  const { outcome, ends = outcome.status === "unauthorized" } = called;
  if (ends) budget.ended = outcome;
  if (ends || outcome.status !== "failed" || inputs.length === 1) return [{ inputs, outcome }];
  const half = Math.ceil(inputs.length / 2);
  const first = await isolate(inputs.slice(0, half), call, budget);
  return [...first, ...(await isolate(inputs.slice(half), call, budget))];
}

/**
 * The same for vendors whose answer is an outcome for each input, in the inputs' order. One outcome for each input, in
 * order; an input that the answer leaves out is a retry, `no_outcome`.
 */
export async function isolateEach<Input>(
  inputs: readonly Input[],
  call: (inputs: readonly Input[]) => Promise<Called<readonly DeliveryOutcome[]>>,
  budget?: IsolationBudget,
): Promise<DeliveryOutcome[]> {
  const parts = await isolate(inputs, call, budget);
  return parts.flatMap((part) =>
    part.inputs.map((_, n): DeliveryOutcome => {
      if ("outcome" in part) return part.outcome;
      return part.answer[n] ?? { status: "retry", code: "no_outcome" };
    }),
  );
}
