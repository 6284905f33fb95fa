/**
 * Deletion at GA4: one request for each client id, and each user id, that the person's events may have had. Google has no such thing as an
 * unknown id: it takes them all, and deletes what there is. Out of the reports within 72 hours, and from its
 * servers with the next cleaning, about every two months.
 * https://developers.google.com/analytics/devguides/config/admin/v1/rest/v1alpha/properties/submitUserDeletion
 * https://developers.google.com/analytics/devguides/config/userdeletion/v3 (how long it takes)
 */
import * as z from "zod";
import { unsafeEndpoint } from "#core/safe-url";
import type { EraseContext, ErasureOutcome, ErasurePerson } from "../contract.ts";
import { erasureRefused, together } from "../erasure.ts";
import { readJson, refusal, request } from "../http.ts";
import { inParallel } from "../parallel.ts";
import { clientIdOf, userIdOf } from "./map.ts";
import { type Ga4Settings, GOOGLE_API_HOSTS } from "./settings.ts";

const SCOPE = "https://www.googleapis.com/auth/analytics.edit";

/** The answer to a request that Google has taken. */
const takenSchema = z.object({ deletionRequestTime: z.string() });

/** Ask Google to delete every client of a person; `none` where the settings have nothing to ask with. */
export async function eraseClients(
  { subjects }: ErasurePerson,
  { settings, fetch, now, signal, allowInsecure }: EraseContext<Ga4Settings>,
): Promise<ErasureOutcome> {
  const { property_id, service_account, token_endpoint, deletion_endpoint } = settings;
  if (!property_id || !service_account) return { status: "none", detail: "deletion_not_set_up" };
  for (const endpoint of [token_endpoint, deletion_endpoint]) {
    const unsafe = unsafeEndpoint(endpoint, GOOGLE_API_HOSTS, allowInsecure);
    if (unsafe) return { status: "failed", code: "unsafe_url", detail: unsafe };
  }
  const users = [
    ...[...new Set(subjects.map(clientIdOf))].map((clientId) => ({ clientId })),
    ...(settings.user_id ? [...new Set(subjects.map(userIdOf))].map((userId) => ({ userId })) : []),
  ];
  if (users.length === 0) return { status: "none", detail: "no_identifier_of_theirs" };

  const { accessToken } = await import("./token.ts");
  const access = await accessToken(service_account, SCOPE, token_endpoint, { fetch, now, signal });
  if ("outcome" in access) return access.outcome;

  const url = `${deletion_endpoint.replace(/\/$/, "")}/v1alpha/properties/${property_id}:submitUserDeletion`;
  const headers = { authorization: `Bearer ${access.token}`, "content-type": "application/json" };
  const outcomes: ErasureOutcome[] = [];
  await inParallel(users, async (user) => {
    // Once it is to be tried again, all is: Google takes a client id as often as it is named.
    if (outcomes.some(({ status }) => status === "retry")) return;
    const sent = await request(fetch, url, { headers, body: JSON.stringify(user) }, signal);
    outcomes.push(sent.arrived ? await answerOf(sent.response, now) : erasureRefused(sent.outcome));
  });
  return together(outcomes, "no_identifier_of_theirs");
}

async function answerOf(response: Response, now: number): Promise<ErasureOutcome> {
  const answer = await readJson(response);
  const refused = refusal(response, now);
  if (refused) return erasureRefused(refused);
  return answer.kind === "json" && takenSchema.safeParse(answer.value).success
    ? { status: "requested", detail: "within_two_months" }
    : { status: "retry", code: "answer_unexpected" };
}
