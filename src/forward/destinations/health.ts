/** What the status of an answer says of a destination's health. Shared by the types' `health`. */
import type { Health } from "./contract.ts";
import { type Requested, refusal } from "./http.ts";

/** @param now epoch ms */
export function healthOf(sent: Requested, now: number): Health {
  const outcome = sent.arrived ? refusal(sent.response, now) : sent.outcome;
  if (!outcome || outcome.status === "delivered") return { status: "ok" };
  if (outcome.status === "unauthorized")
    return { status: "unauthorized", code: outcome.detail ?? "unauthorized" };
  if (outcome.status === "retry") return { status: "unreachable", code: outcome.code };
  return { status: "misconfigured", code: outcome.status === "failed" ? outcome.code : outcome.reason };
}
