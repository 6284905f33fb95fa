/**
 * Deletion at PostHog: of the persons that the subject's profiles are there, with events and recordings. Who is unknown
 * there is left out without a word, so a repetition does no harm.
 * https://posthog.com/docs/api/persons (bulk_delete, at most 1,000 ids; events go on Sundays)
 * https://posthog.com/docs/privacy/data-deletion
 */
import * as z from "zod";
import { unsafeEndpoint } from "#core/safe-url";
import type { EraseContext, ErasureOutcome, ErasurePerson } from "../contract.ts";
import { erasureRefused, together } from "../erasure.ts";
import { readJson, refusal, request } from "../http.ts";
import { distinctIdOf } from "./ids.ts";
import { apiHost, POSTHOG_API_HOSTS, type PosthogSettings } from "./settings.ts";

const IDS_LIMIT = 1_000;

const takenSchema = z.object({
  persons_found: z.int().optional(),
  deletion_errors: z.array(z.unknown()).optional(),
});

const NOBODY = "no_person_profile_there";

/** Ask PostHog to delete a person; `none` where the settings have nothing to ask with. */
export async function erasePersons(
  { subjects }: ErasurePerson,
  { settings, fetch, now, signal, allowInsecure }: EraseContext<PosthogSettings>,
): Promise<ErasureOutcome> {
  const { project_id, personal_api_key } = settings;
  if (!project_id || !personal_api_key) return { status: "none", detail: "deletion_not_set_up" };
  const host = apiHost(settings);
  const hosts = personal_api_key.host === undefined ? POSTHOG_API_HOSTS : [personal_api_key.host];
  const unsafe = unsafeEndpoint(host, hosts, allowInsecure);
  if (unsafe) return { status: "failed", code: "unsafe_url", detail: unsafe };

  const ids = [...new Set(subjects.map(distinctIdOf))];
  const url = `${host}/api/projects/${project_id}/persons/bulk_delete/`;
  const headers = { authorization: `Bearer ${personal_api_key.key}`, "content-type": "application/json" };
  const outcomes: ErasureOutcome[] = [];
  for (let at = 0; at < ids.length; at += IDS_LIMIT) {
    const distinct_ids = ids.slice(at, at + IDS_LIMIT);
    const body = JSON.stringify({ distinct_ids, delete_events: true, delete_recordings: true });
    const sent = await request(fetch, url, { headers, body }, signal);
    outcomes.push(sent.arrived ? await answerOf(sent.response, now) : erasureRefused(sent.outcome));
  }
  return together(outcomes, "no_identifier_of_theirs");
}

async function answerOf(response: Response, now: number): Promise<ErasureOutcome> {
  const answer = await readJson(response);
  const refused = refusal(response, now);
  if (refused) return erasureRefused(refused);
  // Older PostHogs say 202 and no more.
  if (answer.kind !== "json")
    return response.status === 202 && answer.code === "answer_empty"
      ? { status: "requested", detail: "events_within_a_week" }
      : { status: "retry", code: answer.code };
  const taken = takenSchema.safeParse(answer.value).data;
  if (!taken) return { status: "retry", code: "answer_unexpected" };
  if (taken.deletion_errors && taken.deletion_errors.length > 0)
    return { status: "retry", code: "deletion_incomplete" };
  return taken.persons_found === 0
    ? { status: "none", detail: NOBODY }
    : { status: "requested", detail: "events_within_a_week" };
}
