/** What docs/destinations/ga4.md says besides what can be read from the type itself. */
import type { DestinationAbout } from "../contract.ts";
import { ga4 } from "./index.ts";

const MP = "https://developers.google.com/analytics/devguides/collection/protocol/ga4";

export const ga4About: DestinationAbout = {
  summary: "Events go to a GA4 web stream by the Measurement Protocol.",
  apiVersion: "Measurement Protocol for GA4 (without a number); Admin API v1alpha for deletion",
  sources: [
    { title: "Reference", url: `${MP}/reference` },
    { title: "Events", url: `${MP}/reference/events` },
    { title: "Limits", url: `${MP}/sending-events#limitations` },
    { title: "Validation", url: `${MP}/validating-events` },
    { title: "Collection limits", url: "https://support.google.com/analytics/answer/9267744" },
    {
      title: "User deletion",
      url: "https://developers.google.com/analytics/devguides/config/admin/v1/rest/v1alpha/properties/submitUserDeletion",
    },
  ],
  setup:
    "In GA4: Admin → Data streams → your stream → Measurement Protocol API secrets → Create. Then `wrangler secret put GA4_API_SECRET`.",
  definition: {
    type: "ga4",
    queue: "analytics",
    purposes: ["analytics"],
    settings: { measurement_id: "G-XXXXXXX", api_secret: { $secret: "GA4_API_SECRET" } },
  },
  idempotency:
    'GA4 deduplicates nothing but purchases by `transaction_id`. So "delivered" means "received by Google", and after a crash or a timeout an event may count twice: its receipts say `mayRepeat`.',
  limits: [
    { limit: "25 events in a request, of one client and one consent", effect: "a request has no more" },
    {
      limit: "130 kB in a request",
      effect: "a request has less; an event that fills one alone fails, `too_large`",
    },
    { limit: "72 hours back", effect: "skipped, `too_old_for_vendor`: GA4 would drop it without a word" },
    {
      limit: "nothing of the future",
      effect: "the time is that at which the event came, if its own is later",
    },
    { limit: "25 parameters", effect: "those beyond are left out (ours are fewer)" },
    {
      limit: "texts of 100 characters; `page_location` 1000, `page_title` 300, `page_referrer` 420",
      effect: "cut at the end, by whole characters",
    },
    { limit: "200 items", effect: "those beyond are left out" },
    {
      limit: "10 parameters of an item that are none of Google's own",
      effect: "those beyond, which only a mapping can set, are left out",
    },
    { limit: "names of 40 characters, some of them reserved", effect: "see the events without a contract" },
  ],
  consent: `\`purposes\` decides whether an event goes there at all; what Google may do with it besides counting, each request says in its
\`consent\`:

| granted for marketing | \`consent.ad_user_data\` | \`consent.ad_personalization\` |
|---|---|---|
| yes | \`GRANTED\` | \`GRANTED\` |
| no | \`DENIED\` | \`DENIED\` |

Events of different consent never share a request. \`non_personalized_ads\` says nothing besides \`ad_personalization\`, and is not sent.
**No personal trait is ever sent**: the destination does not even receive them.`,
  events: [
    { event: "`page_view`", becomes: "`page_view`: the content's fields" },
    {
      event: "`page_ping`",
      becomes:
        "`page_ping`: `engagement_time_msec` from `engaged_seconds`, `percent_scrolled`. GA4 adds up engagement time whatever the event's name; its own `user_engagement` is reserved",
    },
    { event: "`scroll`", becomes: "`scroll`: `percent_scrolled`" },
    { event: "`content_impression`", becomes: "`content_impression`: `slot`, `offer`" },
    {
      event: "`cta_click`",
      becomes:
        "`select_content`: `content_type` = `cta`, `content_id` = the element's id, `cta_label`, `link_url`, `slot`, `offer`",
    },
    {
      event: "`link_click`",
      becomes:
        "`click`; of a file `file_download`: `link_url`, `link_domain`, `link_text`, `link_id`, `outbound`, `file_name`, `file_extension`",
    },
    { event: "`search`", becomes: "`search`: `search_term`, `results`" },
    { event: "`share`", becomes: "`share`: `method`, `item_id`, `content_type`" },
    {
      event: "`form_submit`",
      becomes:
        '`generate_lead`: `form_id`, `form_name`. GA4 recommends it for "submits a form or a request for information"; its own `form_submit` is what enhanced measurement collects, so the two do not add up',
    },
    { event: "`generate_lead`", becomes: "`generate_lead`: `value`, `currency`, `lead_source`, `form_id`" },
    {
      event: "`view_promotion`, `select_promotion`",
      becomes: "the same: `promotion_id`, `promotion_name`, `creative_name`, `creative_slot`, `items`",
    },
    {
      event: "`view_item_list`, `select_item`",
      becomes: "the same: `item_list_id`, `item_list_name`, `currency`, `items`",
    },
    {
      event: "`view_item`, `add_to_wishlist`, `add_to_cart`, `remove_from_cart`",
      becomes:
        "the same: `items`: the event's, else the product itself; `currency`, `value`: the event's, else price times quantity of its items",
    },
    {
      event: "`view_cart`, `begin_checkout`, `add_shipping_info`, `add_payment_info`",
      becomes: "the same: `value`, `currency`, `coupon`, `items`, `shipping_tier`, `payment_type`",
    },
    {
      event: "`purchase`",
      becomes: "`purchase`: `transaction_id`, `value`, `currency`, `tax`, `shipping`, `coupon`, `items`",
    },
    { event: "`refund`", becomes: "`refund`: the same; without `items` it is the whole order" },
    { event: "`sign_up`, `login`", becomes: "the same: `method`" },
    { event: "`group`", becomes: "`join_group`: `group_id`, `group_type`" },
    { event: "`custom`", becomes: "the sender's name in snake case: the fields that its source lists" },
    {
      event: "`screen_view`",
      becomes: "none: skipped, `reserved_name`: on a web stream GA4 keeps the name for itself",
    },
    { event: "`consent_update`, `identify`, `profile_change`", becomes: "none: skipped, `no_ga4_event`" },
  ],
  answers: [
    { answer: "2xx", becomes: "delivered: GA4 says so to everything, also to a wrong secret" },
    { answer: "401, 403", becomes: "the destination is paused" },
    { answer: "408, 425, 429, 5xx, no answer", becomes: "retry, after `Retry-After`" },
    { answer: "3xx, other 4xx", becomes: "failed" },
  ],
  deletion: `${ga4.erasure}

An erasure answers *requested*, \`within_two_months\`, or *vendor offers none*, \`deletion_not_set_up\`. Google takes a client id
[out of its reports](https://developers.google.com/analytics/devguides/config/userdeletion/v3) within 72 hours and off its servers
with the next cleaning, about every two months; what was exported to BigQuery is yours to delete.

1. Google Cloud: a project with the *Google Analytics Admin API* enabled, a service account in it without any role, and a key
   of it as a JSON file.
2. GA4: Admin → Property access management → add the account's address as *Editor*.
3. \`wrangler secret put GA4_SERVICE_ACCOUNT < key.json\`, and in the settings:

\`\`\`json
"property_id": "123456789", "service_account": { "$secret": "GA4_SERVICE_ACCOUNT" }
\`\`\`

For each erasure the account signs for one access token, with the scope \`analytics.edit\`, which is the narrowest that
[\`submitUserDeletion\`](https://developers.google.com/analytics/devguides/config/admin/v1/rest/v1alpha/properties/submitUserDeletion) takes.
One request goes out for every client id that the person's events may have had, and with \`user_id\` one for every user id; Google sees
numbers only. Leave \`user_id\` on for as long as GA4 has events with one.
\`token_endpoint\` and \`deletion_endpoint\` are for a sandbox: outside local development they must be Google's.

| Google says | becomes |
|---|---|
| 200 with \`deletionRequestTime\` | requested |
| 400 to the signature, or a key that does not sign | asked again every hour, \`service_account_refused\`: the key was deleted, or the account disabled |
| 401, 403 | asked again every hour, \`unauthorized\`: the account is no editor of the property, or the API is not enabled |
| 429, 5xx, no answer | asked again, after \`Retry-After\` |`,
  notes: `Every event that shows content has its fields, too: \`content_id\`, \`content_type\`, \`content_topic\`, \`content_taxonomy\` (joined by
commas), \`content_author\`, \`content_publish_date\`. Every event has \`page_location\`, \`page_title\`, \`page_referrer\`,
\`session_id\`, \`session_number\`, \`engagement_time_msec\` and, in an experiment, \`experiment_id\` and \`variation_id\`. Items
have \`item_id\`, \`item_name\`, \`item_category\`, \`item_brand\`, \`item_variant\`, \`item_list_id\`, \`item_list_name\`, \`index\`, \`coupon\`,
\`discount\`, \`price\` and \`quantity\`. Where GA4 requires items and an event has none, there is one, \`(not set)\`. \`value\` goes only beside
\`currency\`. Register those that you want in reports as custom dimensions.

**Events without a contract** (\`custom\`) get a name of at most 40 characters that starts with a letter: "Configurator Finished" is
\`configurator_finished\`, "Košík otvorený" \`kosik_otvoreny\`, "3D View" \`event_3d_view\`. A name that GA4 keeps for itself, or that is a
contract's, is skipped, \`reserved_name\`; one without a Latin letter or digit \`no_valid_name\`. Fields that would take the place of one of
the parameters above are left out. The same holds for a name that a mapping gives.

**Two leads from one form?** A site that sends both \`form_submit\` and \`generate_lead\` for the same form counts two leads at GA4. Name
one of them in the destination's \`events\`, or leave one out.

- \`client_id\` is two numbers derived from the profile's key: the same profile is the same client; the key does not show.
- \`user_id\` goes only with \`"user_id": true\`, and only of a person who is logged in: 32 hex digits derived from the profile's key, never an
  id of yours. \`user_properties\` are not sent: segments would be kept with a person at Google.
- \`session_id\` is the second in which the session began; an event without a session (a server's) gets its half hour.
- \`engagement_time_msec\` is that of a \`page_ping\`; of all others 1, the least that counts as activity.
- \`user_location.country_id\` and \`device.category\`, \`device.language\` go along; nothing finer does.`,
};
