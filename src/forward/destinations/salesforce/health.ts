/**
 * Whether an org takes our credentials, and how many requests it has left: its limits are asked for. A user who may not
 * read them has logged in all the same.
 * https://developer.salesforce.com/docs/platform/api-rest/guide/resources-limits.html
 */
import * as z from "zod";
import type { Health, SendContext } from "../contract.ts";
import { ask, openSession } from "./api.ts";
import type { SalesforceSettings } from "./settings.ts";

const limitsSchema = z.object({ DailyApiRequests: z.object({ Max: z.number(), Remaining: z.number() }) });

export async function askLimits(context: SendContext<SalesforceSettings>): Promise<Health> {
  const asked = await ask(openSession(context), { method: "GET", path: "/limits" });
  if (asked.status === "answered") {
    const limits = limitsSchema.safeParse(asked.answer);
    if (!limits.success) return { status: "ok" };
    const { Remaining, Max } = limits.data.DailyApiRequests;
    return { status: "ok", detail: `${Remaining} of ${Max} API requests left in 24 hours` };
  }
  const { outcome, code } = asked;
  if (code?.startsWith("INSUFFICIENT_ACCESS"))
    return { status: "ok", detail: "the user may not read the org's limits" };
  if (outcome.status === "unauthorized")
    return { status: "unauthorized", code: outcome.detail ?? "unauthorized" };
  if (outcome.status === "retry") return { status: "unreachable", code: outcome.code };
  const { code: failed, detail } =
    outcome.status === "failed" ? outcome : { code: "unexpected", detail: undefined };
  return { status: "misconfigured", code: failed, ...(detail !== undefined && { detail }) };
}
