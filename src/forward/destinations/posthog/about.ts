/** What docs/destinations/posthog.md says besides what can be read from the type itself. */
import type { DestinationAbout } from "../contract.ts";
import { posthog } from "./index.ts";

export const posthogAbout: DestinationAbout = {
  summary:
    "Events and people for product analytics, on PostHog Cloud (US or EU) or your own PostHog. Changes of profiles become person properties.",
  apiVersion: "the capture API (`/batch/`), which has no versions; persons by `/api/projects/…`",
  sources: [
    { title: "Capture and batch", url: "https://posthog.com/docs/api/capture" },
    { title: "Person profiles", url: "https://posthog.com/docs/data/persons" },
    { title: "Person properties", url: "https://posthog.com/docs/product-analytics/person-properties" },
    { title: "Groups", url: "https://posthog.com/docs/product-analytics/group-analytics" },
    { title: "Ingestion warnings", url: "https://posthog.com/docs/data/ingestion-warnings" },
    { title: "Refusals", url: "https://github.com/PostHog/posthog/blob/master/rust/capture/src/api.rs" },
    { title: "Persons API", url: "https://posthog.com/docs/api/persons" },
    { title: "Deletion", url: "https://posthog.com/docs/privacy/data-deletion" },
    { title: "Hosts and keys", url: "https://posthog.com/docs/api" },
  ],
  setup: `1. Under Project settings, copy the project's token (\`phc_…\`) into \`api_key\`. It is public.
2. Set \`host\`: \`https://us.i.posthog.com\`, \`https://eu.i.posthog.com\`, or your own PostHog.
3. For deletion, make a personal API key with the scope \`person:write\` for this project alone:
   \`wrangler secret put POSTHOG_PERSONAL_KEY\`, and set \`project_id\`. For your own PostHog the secret also names its
   host, so that nobody who edits a release can have the key sent elsewhere: \`phx_… https://posthog.example.com\`.`,
  definition: {
    type: "posthog",
    queue: "analytics",
    purposes: ["analytics"],
    changes: { segments: "all", stage: true, score: true },
    settings: {
      api_key: "phc_yourprojecttoken",
      host: "https://eu.i.posthog.com",
      project_id: "4711",
      personal_api_key: { $secret: "POSTHOG_PERSONAL_KEY" },
    },
  },
  idempotency:
    "Each event has a uuid made of its delivery's id, and a time that is its own. PostHog merges events of one uuid, name, person and day; it does so in the background, so that a report may count a repetition for a while.",
  limits: [
    { limit: "20 MB in a request", effect: "a batch that is larger is halved" },
    {
      limit: "no limit of events in a request",
      effect: `${posthog.limits.perRequest}, to keep each one quick`,
    },
    {
      limit: "1 MB for an event, or it is discarded without a word",
      effect: "it is refused here: failed, `too_large`",
    },
    { limit: "200 characters in a distinct id, or it is cut", effect: "a longer profile id is hashed" },
    {
      limit: "an event of more than 23 hours ahead is moved",
      effect: "the time is that at which the event came, if its own is later",
    },
    {
      limit: "history must be marked, or it sets off alarms of a spike",
      effect: "what is older than 48 hours goes in requests of its own, with `historical_migration`",
    },
    {
      limit: "a session's id must be a UUID of version 7",
      effect: "it is made of the session's beginning and id",
    },
    {
      limit: "names that begin with `$` are PostHog's",
      effect: "a sender's own event of such a name is skipped: `reserved_name`",
    },
    {
      limit: "a billing limit, told inside a 200",
      effect:
        "retry after an hour, `quota_limited`; raise the limit, or replay the dead letters when it is over",
    },
    {
      limit: "no limit of requests for events",
      effect: `at most ${posthog.limits.requestsPerSecond} a second`,
    },
  ],
  consent:
    "PostHog has no field for consent. An anonymous visitor's events carry `$process_person_profile: false` and make no person; what was granted stands in `doorstep_consent`. Personal traits and ids of ad clicks are sent only where the destination also serves `marketing` and the visitor granted it.",
  events: [
    { event: "`page_view`", becomes: "`$pageview`" },
    { event: "`screen_view`", becomes: "`$screen` with `$screen_name`" },
    {
      event: "`identify`",
      becomes:
        "`$identify`; nothing without traits (`no_traits`) or of an anonymous visitor (`anonymous_profile`)",
    },
    {
      event: "`group`",
      becomes:
        "`$groupidentify`, of the type `company` if the event names none; what it says of the group only where it is proved",
    },
    { event: "`custom`", becomes: "the sender's name and fields" },
    {
      event: "`profile_change`",
      becomes:
        "`$set` of `doorstep_segments`, `doorstep_stage`, `doorstep_score` and the traits; nothing of an anonymous visitor",
    },
    {
      event: "all others",
      becomes: "our own name, with the properties as they are: `items`, `value`, `currency` …",
    },
    { event: "traits", becomes: "`$set` where they are proved, `$set_once` where they are only claimed" },
    {
      event: "context",
      becomes:
        "`$current_url`, `$host`, `$pathname`, `$referrer`, `$referring_domain`, `$session_id`, `$browser`, `$os`, `$device_type`, `$geoip_country_code`, `utm_…`, and `$geoip_disable`, since the request comes from the Worker",
    },
  ],
  answers: [
    { answer: "200 with `status`", becomes: "delivered" },
    { answer: "200 with `quota_limited`", becomes: "retry after an hour" },
    { answer: "200 with anything else, HTML, nothing", becomes: "retry" },
    { answer: "400, 413", becomes: "halved; alone: failed" },
    { answer: "401, 403", becomes: "the destination pauses" },
    { answer: "429, 5xx", becomes: "retry, after `Retry-After` if it says so" },
  ],
  deletion: posthog.erasure,
  notes: `**A wrong token** is answered like a right one, and its events are nobody's. The health check tells: it asks
\`/flags\`, which refuses it.

**People**: the distinct id is the profile's id at the moment of the event. Profiles that Doorstep joins later stay apart in
PostHog. PostHog does not take a distinct id back into use once its person was deleted.

**Changes of profiles** overwrite what stands there; PostHog has no way to refuse one that is older. Turn on \`ordered\` where
they come thick and fast.`,
};
