/** What docs/destinations/hubspot.md says besides what can be read from the type itself. */
import type { DestinationAbout } from "../contract.ts";
import { hubspot } from "./index.ts";

const DOCS = "https://developers.hubspot.com/docs";
const LATEST = `${DOCS}/api-reference/latest`;

export const hubspotAbout: DestinationAbout = {
  summary:
    "Events become properties of HubSpot contacts, upserted by e-mail address; where the portal is set up for it also companies, deals and custom events. What the edge knows of a person (segments, stage, score) goes there as it changes.",
  apiVersion: "2026-09 (HubSpot's versions are months; each is supported for 18 of them)",
  sources: [
    { title: "Versions", url: `${LATEST}/overview` },
    { title: "Contacts: upsert", url: `${LATEST}/crm/objects/contacts/batch/upsert-contacts` },
    { title: "Contacts: read", url: `${LATEST}/crm/objects/contacts/batch/get-contacts` },
    { title: "Companies: upsert", url: `${LATEST}/crm/objects/companies/batch/upsert-companies` },
    { title: "Deals: upsert", url: `${LATEST}/crm/objects/deals/batch/upsert-deals` },
    {
      title: "Associations",
      url: `${LATEST}/crm/associations/associate-records/batch/create-associations`,
    },
    { title: "Custom events", url: `${LATEST}/events/send-event-data/guide` },
    { title: "Errors", url: `${DOCS}/api-reference/error-handling` },
    { title: "Limits", url: `${DOCS}/developer-tooling/platform/usage-guidelines` },
    {
      title: "Validation since 2026-09",
      url: "https://developers.hubspot.com/changelog/crm-api-write-validation-enforcement",
    },
  ],
  setup: `1. A private app (or a service key) with the scopes \`crm.objects.contacts.read\` and \`crm.objects.contacts.write\`; its token
   is the secret: \`wrangler secret put HUBSPOT_TOKEN\`. With \`companies\` and \`deals\` also \`crm.objects.companies.read\`,
   \`crm.objects.companies.write\`, \`crm.objects.deals.read\` and \`crm.objects.deals.write\`; with custom events
   \`analytics.behavioral_events.send\`. Without a scope that it needs the destination pauses (\`http_403\`).
2. The \`doorstep_*\` contact properties below, as single-line texts. Where one is missing, HubSpot refuses the contact
   (\`VALIDATION_ERROR\`, \`PROPERTY_DOESNT_EXIST:doorstep_…\` in the failure); replay it once the property exists. One that
   you do not want is left out by \`"properties": { "doorstep_score": false }\`.
3. With \`companies\`: a company property \`doorstep_account_id\`, single-line text with **unique values**. With \`deals\`: deal
   properties \`doorstep_order_id\` (unique values), \`doorstep_order_value\` and \`doorstep_refunds\`.
4. With \`custom_events\`: define each event and its properties in HubSpot (Data Management, Custom Events); it needs an
   Enterprise subscription.
5. Required properties: since version 2026-09 HubSpot refuses an API's write that breaks a rule which an administrator has
   set for records (a property that a new record, or one in a certain stage, must have). Set it by a mapping
   (\`properties.…\`, \`deal.properties.…\`), or relax the rule.`,
  definition: {
    type: "hubspot",
    queue: "crm",
    purposes: ["marketing"],
    events: ["form_submit", "generate_lead", "sign_up", "login", "identify", "group", "purchase", "refund"],
    changes: { segments: "all", stage: true, score: true, traits: ["phone"] },
    settings: {
      token: { $secret: "HUBSPOT_TOKEN" },
      companies: {},
      deals: { pipeline: "default", stage: "closedwon", refunded_stage: "closedlost" },
      custom_events: {
        search: {
          name: "pe1234567_site_search",
          properties: { search_term: "properties.search_term" },
        },
      },
    },
  },
  idempotency:
    "Contacts are upserted by e-mail address, companies and deals by a property with unique values, and an association that is there is not made twice. A custom event has the delivery's id as its `uuid`, of which HubSpot takes the first within a year. A refund is remembered by the deal itself, so that it counts once.",
  limits: [
    { limit: "100 records in a request", effect: "a batch has no more" },
    {
      limit: "an address, or a unique value, may come once in a batch",
      effect: "all items of one are folded into one record, in the order of their events",
    },
    {
      limit: "100 requests in 10 seconds (Free, Starter; 190 above) and 250,000 to 1,000,000 a day",
      effect:
        "at most 5 batches a second, of one or two requests each with contacts alone, and up to nine with companies, deals and custom events: lower `limits.requestsPerSecond` to 1 then",
    },
    {
      limit:
        "500 custom events in a request, 50 properties in one, values of 256 characters (1,024 in `hs_url` and `hs_referrer`)",
      effect: "properties beyond the 50th are left out, texts are cut at the end",
    },
    {
      limit: "500 definitions of custom events and 30 million occurrences a month",
      effect: "HubSpot refuses more",
    },
    {
      limit: "a batch that is refused as a whole",
      effect:
        "is halved until the record that poisons it stands alone, in at most 32 requests; what is left over is tried later",
    },
  ],
  consent: `HubSpot has one field of its own for consent, the contact property \`hs_legal_basis\` ("Legal basis for processing contact's
data"). With \`"legal_basis": true\` it becomes \`Freely given consent from contact\`, and only where that is true:

| the event | \`hs_legal_basis\` |
|---|---|
| marketing granted by the person (cookie, banner, TCF …), the person proved, the property empty | \`Freely given consent from contact\` |
| the contact has a basis already | stays as it is |
| marketing granted because silence is consent there (\`default\`) | not told: that is no consent |
| the person only claimed | not told: nobody consents for somebody else |

Subscriptions to e-mail are another matter, which HubSpot keeps per address with a basis and a wording of its own: Doorstep
does not touch them. A withdrawal stops the flow; it changes no contact.

Traits leave only where the destination serves \`marketing\` and it was granted; they travel sealed and are opened just before
the request. Receipts and failures keep HubSpot's category, property names and correlation id, never a value.`,
  events: [
    {
      event: "every event with the trait `email`",
      becomes:
        "a contact with what the traits say, and the `doorstep_*` properties; without an address it is skipped, `no_email`",
    },
    { event: "`form_submit`, `generate_lead`, `sign_up`", becomes: "also `lifecyclestage` = `lead`" },
    {
      event: "`purchase`",
      becomes:
        "also `lifecyclestage` = `customer`, `doorstep_last_order_id`, `doorstep_last_order_value`; with `deals`, of a proved person, a deal",
    },
    { event: "`refund`", becomes: "with `deals`, of a proved person: the deal's amount is lowered" },
    {
      event: "`group`",
      becomes:
        "with `companies`, of a proved person, a company (not of a household or a team), and the contact belongs to it",
    },
    { event: "events that show content", becomes: "also `doorstep_last_topic`" },
    {
      event: "`profile_change`",
      becomes:
        "what is new of `doorstep_segments` (all that the profile is in), `lifecyclestage`, `doorstep_score` and the chosen traits",
    },
    { event: "those named in `custom_events`", becomes: "also an occurrence on the contact's timeline" },
  ],
  answers: [
    { answer: "200 or 207 that names the record", becomes: "delivered" },
    {
      answer: "an error of 207 for a record",
      becomes:
        "failed with HubSpot's category, or retry where it is a passing one (`INTERNAL_ERROR`, `CONFLICT` …)",
    },
    { answer: "204 for custom events", becomes: "delivered" },
    { answer: "401, 403", becomes: "the destination is paused and its items are parked until it is resumed" },
    {
      answer: "429",
      becomes: "retry after `Retry-After`; else 10 s, or 4 h where `policyName` is `DAILY`",
    },
    { answer: "409, 408, 423, 477, 5xx, a broken connection, a timeout", becomes: "retry" },
    { answer: "2xx without a readable confirmation", becomes: "retry; the upsert can be repeated" },
    {
      answer: "other 4xx for a single record",
      becomes:
        "failed, with HubSpot's category; the detail begins with `companies`, `deals` or `custom event` where it was one",
    },
  ],
  deletion: `${hubspot.erasure}

An erasure answers *requested*, \`within_30_days\`, or *vendor offers none*, where there is no address and no contact has one of the
profiles (\`no_identifier_of_theirs\`). Doorstep sends:

1. for each address \`POST /crm/objects/2026-09/contacts/gdpr-delete\` with \`{"objectId": "ida@example.com", "idProperty": "email"}\`
   ([reference](${LATEST}/crm/objects/contacts/gdpr/gdpr-delete-contact); scope
   \`crm.objects.contacts.write\`). 204 is the answer for an address without a contact, too, so an erasure can be repeated; HubSpot
   puts it on its blocklist;
2. \`POST /crm/objects/2026-09/contacts/search\` for contacts whose \`doorstep_profile\` is one of the person's, and the same deletion by
   record id. That finds contacts under addresses that nobody knows any more. With \`doorstep_profile\` left out, there is only step 1.

| HubSpot says | becomes |
|---|---|
| 204; 404 for a record | requested |
| 401, 403 (\`MISSING_SCOPES\`) | asked again every hour, \`unauthorized\`: a person must mend the token |
| 429 | asked again, as above |
| 5xx, a broken connection, a timeout | asked again |
| other 4xx | failed, with HubSpot's category |

**Deals and companies stay.** HubSpot deletes a contact for good with its activities and its associations; for other records it
offers no such deletion. A deal of ours holds an order's id, its value and its refunds, and names nobody once its contact is gone; an order is
also a record that one may have to keep. What a mapping adds to deals (a name, an address) is yours to delete.

HubSpot lets a contact that was deleted for good
[come back by an API request](https://knowledge.hubspot.com/privacy-and-consent/how-do-i-perform-a-gdpr-delete-in-hubspot), a form or an
e-mail: what keeps the person out is Doorstep's suppression list, which holds for every delivery.`,
  notes: `**Properties of contacts.** All values are texts.

| property | from |
|---|---|
| \`email\` | the trait, in lower case |
| \`firstname\`, \`lastname\`, \`phone\`, \`company\` | the traits |
| \`lifecyclestage\` | the event, or the profile's own stage; never back. In HubSpot's words our stages are \`lead\`, \`marketingqualifiedlead\` (\`mql\`), \`salesqualifiedlead\` (\`sql\`) and \`customer\` |
| \`hs_legal_basis\` | with \`legal_basis\` only, see above |
| \`doorstep_profile\` | the profile's key |
| \`doorstep_segments\` | joined by \`;\`, as far as the destination's purposes allow |
| \`doorstep_score\` | the engagement score |
| \`doorstep_last_event\`, \`doorstep_last_event_at\` | name, and time in ISO 8601 |
| \`doorstep_last_order_id\`, \`doorstep_last_order_value\` | of a purchase |
| \`doorstep_last_topic\` | the topic of the content that was seen |

A mapping may set any other property of the portal, \`properties.<its internal name>\`; not another address, record id or profile
(\`field_reserved\`): by those a contact is found, and erased.

**A claim is not a proof.** Anybody can type anybody's address into a form. What a signed token or a secret-key source proves overwrites,
as far as its write mode lets it. What is only claimed is compared with the CRM first (one \`batch/read\`):

| the contact | what a claim may do |
|---|---|
| does not exist | create it |
| exists | fill properties that are empty, except \`doorstep_profile\`; nothing is overwritten |
| exists, and its \`doorstep_profile\` is this very profile, which created it | also renew the \`doorstep_*\` properties and move the stage forward |
| may exist: HubSpot's answer does not say | nothing |

An item that may change nothing is skipped, \`claim_not_proven\`. Companies and deals are made of proofs only, and a custom event gets
onto the timeline only of a contact that is the visitor's own. Between the read and the upsert another writer may create
the same contact; HubSpot has no conditional upsert, so that window, some hundred milliseconds, stays.

**Write modes** say what becomes of a value that is there, and of what a mapping's \`modes\` names by its path:

| mode | |
|---|---|
| \`overwrite\` | by default, for all others |
| \`if_empty\` | by default \`hs_legal_basis\`; a company's \`name\`; a deal's \`dealname\`, \`pipeline\` and \`dealstage\`, since sales move a deal on |
| \`never_backward\` | by default \`lifecyclestage\`, in HubSpot's order; else numbers and times |
| \`append\` | several values joined by \`;\`, each once |

**Deals.** A purchase makes a deal with \`dealname\` ("Order A-1001"), \`amount\`, \`deal_currency_code\` (a currency that the account has),
\`closedate\`, \`pipeline\` and \`dealstage\`, associated with its contact. A refund with a \`value\` lowers \`amount\` by it; one without is the
whole order: the amount is 0 and the stage \`refunded_stage\`. The deal keeps the order's value and each refund in \`doorstep_order_value\` and
\`doorstep_refunds\`, so that a repetition counts once, in whatever order they come.

**Companies.** HubSpot takes a domain for no unique value of a company: two may have the same. So a company is found by the account's
id, \`group_id\` of the event, in \`doorstep_account_id\`. It gets \`name\` (the trait \`company\`) and \`numberofemployees\`; \`industry\` is a closed
list of HubSpot's, which a mapping can set.`,
};
