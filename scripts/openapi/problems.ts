/**
 * Every problem that the HTTP API answers, by status and code. A test reads `new Problem(…)` in src/ and holds this
 * list, and what the operations name of it, against it.
 */
import * as z from "zod";

export const PROBLEMS = {
  400: {
    no_identities: "The request names nobody, and its browser carries no id of ours.",
    unsupported_identity_format: "Identities are taken as raw values alone: no hash leads to a person.",
    unsafe_callback_url:
      "Nothing is sent to this address: it must be https, under a public name, without a password.",
    invalid_status: "`status` is none that a request can have.",
    empty_body: "The request has no body.",
    invalid_utf8: "The body is not valid UTF-8.",
    invalid_gzip: "The body is labelled gzip but is not, or cannot be decompressed.",
    invalid_json: "The body is not valid JSON.",
    too_deep: "The body is nested too deep.",
    invalid_body: "The body is JSON, but not of the shape that is asked for.",
    invalid_consent_string:
      "A consent string cannot be relied upon; `detail` has its kind and code. Nothing changed.",
    invalid_path: "A preview's link leads to a path of this site, or to a site of a source.",
    unknown_segment: "The release has no segment of the name.",
    invalid_slots: '"slots" must be a list of 1 to 50 names of slots.',
    invalid_filter: "`action` or `actor` is empty or too long.",
    invalid_seq: "`before` or `after` is not the number of an entry.",
    invalid_limit: "`limit` is not a whole number of the range.",
    invalid_at: "`at` is not an ISO date and time, or not one that is asked for; `detail` says which are.",
    invalid_day: "What should be a day is none, or days are too far apart, or not past.",
    invalid_span: "`from` is not before `to` and past, or they are more than 400 days apart.",
    invalid_days: "`days` is not a whole number of the range.",
    invalid_identifier: "The value identifies nobody in its namespace.",
    invalid_before: "`before` is none that an answer before has given.",
    invalid_state: "`state` is none that an item of content can have.",
    invalid_timestamp: "The webhook was signed too long ago, or in the future.",
    invalid_version: "A version is a number, `stable`, `candidate` or `draft:<name>`.",
    invalid_revision: "`revision` is not that of a draft.",
    invalid_definition_path: "A definition's path is like `segments.loyal`, or `policy`.",
    invalid_name: "The name is not like a key: up to 64 of a-z, 0-9, - and _.",
    invalid_cursor: "`cursor` is not the `next` of a page before.",
    empty_group: "A group of the split has no identifier of its own.",
  },
  401: {
    invalid_identity_token: "The identity token proves nobody.",
    missing_key: "The request carries no write key.",
    unknown_key: "The write key is not known.",
    key_expired: "The key has ended; its source has a newer one.",
    unauthorized: "The console's token is missing or wrong, or has been revoked.",
    invalid_signature: "The webhook is not signed with the secret of this source.",
    token_expired: "The console's token has ended.",
    credentials_disagree: "The token and Cloudflare Access do not grant the same: send one of them.",
  },
  403: {
    identity_not_proved: "The request names an identity that its token does not prove.",
    source_disabled: "The source of this key is disabled.",
    key_disabled: "This key of the source is disabled.",
    secret_key_required: "Only a server may do this, with a secret key.",
    origin_not_allowed: "The page's origin is not on the list of the source.",
    secret_key_in_browser: "A secret key was sent by a browser: revoke it.",
    navigation: "A followed link asked for this: events are not collected from links.",
    cross_site: "Only a page of this site may ask for this.",
    no_role: "Cloudflare Access lets the person in, and no grant names them.",
    forbidden: "The role, or what the token may see, does not include this; `detail` says which of the two.",
    exceeds_own: "A token can show no more than whoever makes it may see.",
  },
  404: {
    unknown_segment: "The release has no segment of the name.",
    unknown_list: "The active release has no list of the name.",
    unknown_request: "There is no such request, or it is somebody else's.",
    no_results: "The request has no results, or not yet.",
    no_proof: "Only an erasure that is completed has a proof.",
    unknown_key: "The write key is not known.",
    unknown_contract:
      "There is no contract of this name and version; `detail` says which versions there are.",
    unknown_slot: "The active release has no such slot.",
    unknown_cms: "The active release has no such source of content.",
    unknown_content: "Nothing of this id was imported.",
    unknown_entry: "The audit log has no entry of this number.",
    unknown_event: "No receipt of this event was found where it was looked for.",
    unknown_release: "There is no release, draft or candidate of the name.",
    unknown_person: "Nothing is stored of this person.",
    unknown_destination: "The active release has no such destination.",
    unknown_failure: "No failed delivery has this id.",
    unknown_job: "No job has this id, or jobs cannot do that.",
    unknown_token: "No token has this id.",
    unknown_draft: "There is no draft of this name.",
    unknown_schedule: "Nothing was scheduled under this id.",
    unknown_identifier: "No identifier of this key is known.",
    unknown_change: "There is no change of this id, or whom it was about was erased.",
    unknown_conflict: "There is no such conflict in the queue.",
  },
  409: {
    in_preview: "This browser shows a preview, in which nothing is decided: leave it first.",
    request_exists: "Another request has this `subject_request_id`.",
    already_requested: "A request of this type is being worked on for this person already.",
    not_pending: "The request does not wait to be verified.",
    not_open: "The request has ended.",
    not_cancellable: "An erasure that has begun cannot be taken back.",
    already_extended: "A deadline can be moved once.",
    profiles_changed: "The profiles have changed since the preview that `seen` is of.",
    nothing_to_change: "It is so already.",
    release_changed:
      "Somebody has published or moved since; `active` says what holds, `moves` who did what, `changes` what differs.",
    canary_running: "A canary is under way: promote or abort it first.",
    no_canary: "There is no canary now.",
    nothing_published: "A canary needs a version that all others get.",
    not_waiting: "What was scheduled waits no more.",
    draft_changed: "Somebody else has changed the draft; `draft` says who and when. Nothing was saved.",
    draft_conflict: "The draft and what was published since changed the same definitions: `conflicts`.",
    too_many_drafts: "There are as many drafts as there may be.",
    suppressed: "An identifier of it was erased: nothing can be done with it.",
    same_profile: "The identifiers are one profile already.",
    not_one_profile: "The identifiers are not of one profile.",
    kept_apart: "An operator said that these are two people; `lift_apart` takes that back.",
    already_apart: "They are kept apart already.",
    set_aside: "A value of it is set aside as nobody's.",
    already_aside: "The value is set aside already.",
    not_aside: "The value is not set aside.",
    is_a_claim: "It is what a device keeps under a claim, which joins nothing.",
    joins_again: "Other evidence would join the groups again at once.",
    not_in_conflict: "These are in no conflict any more.",
    already_undone: "The change is undone already.",
    replay_under_way: "Somebody else is replaying or mending this failure.",
    job_state: "The job is in a state in which it cannot do that; `detail` says in which.",
    backfill_overlaps:
      "Another backfill of the destination has some of these days; `again` sends them once more.",
    changed_later: "A later change has some of the same links, and is undone first.",
    pull_under_way: "Another pull of this source has just begun.",
  },
  410: {
    dead_letter_gone: "The item of this failure is no longer kept.",
    identities_gone: "The request has ended, and what it named is deleted.",
    results_gone: "The results were kept for some days and are deleted.",
  },
  413: {
    too_many_identities: "A request names one person, by 20 identities at most.",
    body_too_large:
      "The body is larger than the route takes: 512,000 bytes of events, also counted after decompression.",
    too_many_events: "The request carries more events than are read at once.",
    release_too_large: "A release may have at most 2 MB.",
  },
  415: {
    unsupported_encoding: "The Content-Encoding is neither gzip nor none.",
    unsupported_media_type: "The request is not sent as application/json.",
  },
  422: {
    invalid_segment:
      "The condition, or a feature that came with it, would not be published; `detail` says why.",
    too_many_entries: "An import may have 100,000 entries at most.",
    nothing_to_import: "Not one entry names a person.",
    invalid_release: "The release was not published; `issues` says what is wrong with it.",
    invalid_labelled_data: "The labelled people are not of the shape that is asked for, or too many.",
    invalid_edit: "The mended event does not fit its contract; `issues` says why.",
    invalid_destination: "The destination could not be published as it is; `issues` says why.",
    invalid_repair: "The repair can do nothing as it is; `issues` says why.",
    profile_too_large: "The profile would have more identifiers than the release allows.",
    cannot_merge: "The rules of identity forbid it; `detail` says which.",
    inseparable: "Identifiers of two groups cannot be parted.",
    too_many_pieces: "The groups fall into too many pieces to keep all of them apart.",
    cannot_settle_so: "A conflict of this kind is not settled so; `detail` says how.",
  },
  429: {
    rate_limited: "Too many requests: `Retry-After` says when to send this one again.",
    too_many_requests_today: "So many requests of this kind have come in today that no more are taken.",
  },
  500: { internal_error: "Something went wrong on our side; nothing was accepted." },
  503: {
    too_many_pending: "Too many requests wait to be verified.",
    queue_unavailable: "The events could not be stored. Send them again.",
    access_keys_unavailable: "The public keys of Cloudflare Access cannot be read now.",
    audit_unavailable: "The audit log cannot be written, so nothing was done.",
    identity_busy: "Others keep writing these profiles. Look again in a moment.",
    release_busy: "Others keep publishing or editing; nothing was done. Try again.",
    not_configured: "Settings of the Worker are missing or malformed; `detail` names them.",
  },
} as const;

/** Codes by status, as far as an operation may answer them. */
export type ProblemCodes = {
  [S in keyof typeof PROBLEMS]?: readonly (keyof (typeof PROBLEMS)[S])[];
};

/** What reading a JSON body may answer: src/door/body.ts. */
export const BODY_PROBLEMS = {
  400: ["empty_body", "invalid_utf8", "invalid_gzip", "invalid_json", "too_deep"],
  413: ["body_too_large"],
  415: ["unsupported_encoding"],
} as const satisfies ProblemCodes;

/** What every route but `GET /health` may answer: src/app.ts. */
export const COMMON_PROBLEMS = {
  500: ["internal_error"],
  503: ["not_configured"],
} as const satisfies ProblemCodes;

/** What every route of the operator's API may answer besides: src/console/access/guard.ts. */
export const GUARD_PROBLEMS = {
  401: ["unauthorized", "token_expired", "credentials_disagree"],
  403: ["forbidden", "no_role", "cross_site"],
  503: ["access_keys_unavailable", "audit_unavailable"],
} as const satisfies ProblemCodes;

/** RFC 9457, as src/core/problem.ts writes it. */
export const problemSchema = z.object({
  type: z.string().startsWith("urn:doorstep:problem:"),
  title: z.string(),
  status: z.int(),
  code: z.string().meta({ description: "Stable; what a program should look at." }),
  detail: z.string().meta({ description: "One sentence for a person." }),
  issues: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .meta({
      description: "Only of `invalid_release`, `invalid_destination`, `invalid_repair` and `invalid_edit`.",
    })
    .optional(),
});

/** Codes of several lists together, by status. */
export function joinProblems(...lists: readonly ProblemCodes[]): Map<string, string[]> {
  const joined = new Map<string, string[]>();
  for (const [status, codes] of lists.flatMap((list) => Object.entries(list))) {
    joined.set(status, [...new Set([...(joined.get(status) ?? []), ...codes])]);
  }
  return joined;
}

/** What a code of a status means, as a sentence. Throws for one that is not in the list. */
export function meaningOf(status: string, code: string): string {
  const codes = new Map(Object.entries<Record<string, string>>(PROBLEMS)).get(status);
  const meaning = codes?.[code];
  if (meaning === undefined) throw new Error(`there is no problem ${status} ${code}`);
  return meaning;
}
