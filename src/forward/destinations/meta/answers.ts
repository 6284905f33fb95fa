/**
 * What Meta's answers mean. An error's `code` decides and not its HTTP status: a limit that was reached is a 400 as well
 * as a field that is wrong, and every error is called an `OAuthException`. Its messages may hold values, and are not kept.
 * https://developers.facebook.com/docs/graph-api/guides/error-handling
 * https://developers.facebook.com/docs/graph-api/overview/rate-limiting (limits, and the header that says how long)
 */
import * as z from "zod";
import type { DeliveryOutcome } from "#core/outcome";
import { type Answer, refusal, retryAfterSeconds } from "../http.ts";

const errorSchema = z.object({
  error: z.object({
    code: z.int(),
    error_subcode: z.int().optional().catch(undefined),
    is_transient: z.boolean().optional().catch(undefined),
    fbtrace_id: z
      .string()
      .regex(/^[\w-]{1,60}$/)
      .optional()
      .catch(undefined),
  }),
});

const receivedSchema = z.object({ events_received: z.int() });

/** Usage by the object's number; the time is in minutes. */
const usageSchema = z.record(
  z.string(),
  z.array(z.object({ estimated_time_to_regain_access: z.number().catch(0) })),
);

/** Unknown and service errors, and a block for what was done too often. */
const PASSING = new Set([1, 2, 368]);
/** Of the app, of the user, of a page, of the app's own, of custom kinds; 80000 and more are those of a use case. */
const RATE = new Set([4, 17, 32, 341, 613]);
/** Session, token, capability, permission, and a version that Meta has switched off: somebody must mend them. */
const MEND = new Set([3, 10, 102, 104, 190, 2500, 2635]);
/** The dataset does not exist, or this token may not touch it. */
const NO_ACCESS = 33;
const RATE_SECONDS = 300;

/** How many events Meta says that it has received, or what became of all of them. `ends`: nothing else need be sent now. */
export type Verdict = { received: number } | { outcome: DeliveryOutcome; ends?: boolean };

/** @param now epoch ms */
export function verdictOf(response: Response, answer: Answer, now: number): Verdict {
  const value = answer.kind === "json" ? answer.value : undefined;
  const failed = errorSchema.safeParse(value);
  if (failed.success) return errorVerdict(failed.data.error, response, now);
  const outcome = refusal(response, now);
  if (outcome) return { outcome, ends: response.status === 429 };
  if (answer.kind !== "json") return { outcome: { status: "retry", code: answer.code } };
  const taken = receivedSchema.safeParse(value);
  return taken.success
    ? { received: taken.data.events_received }
    : { outcome: { status: "retry", code: "answer_unexpected" } };
}

function errorVerdict(
  error: z.infer<typeof errorSchema>["error"],
  { headers }: Response,
  now: number,
): Verdict {
  const { code, error_subcode, is_transient, fbtrace_id } = error;
  const named = `meta_${code}`;
  const isUseCase = code >= 80_000 && code < 80_100;
  if (RATE.has(code) || isUseCase) {
    const afterSeconds = retryAfterSeconds(headers, now) ?? regainSeconds(headers) ?? RATE_SECONDS;
    return { outcome: { status: "retry", code: named, afterSeconds }, ends: true };
  }
  if (MEND.has(code) || (code >= 200 && code < 300) || (code === 100 && error_subcode === NO_ACCESS))
    return { outcome: { status: "unauthorized", detail: named } };
  if (PASSING.has(code) || is_transient === true) return { outcome: { status: "retry", code: named } };
  const detail = [error_subcode && `subcode ${error_subcode}`, fbtrace_id && `trace ${fbtrace_id}`]
    .filter(Boolean)
    .join(" ");
  return { outcome: { status: "failed", code: named, ...(detail && { detail }) } };
}

/** What `X-Business-Use-Case-Usage` says: until the last of its limits is over. */
function regainSeconds(headers: Headers): number | undefined {
  let given: unknown;
  try {
    given = JSON.parse(headers.get("x-business-use-case-usage") ?? "");
  } catch {
    return undefined;
  }
  const parsed = usageSchema.safeParse(given);
  if (!parsed.success) return undefined;
  const minutes = Object.values(parsed.data).flatMap((uses) =>
    uses.map(({ estimated_time_to_regain_access }) => estimated_time_to_regain_access),
  );
  const longest = Math.max(0, ...minutes);
  return longest > 0 ? Math.ceil(longest * 60) : undefined;
}
