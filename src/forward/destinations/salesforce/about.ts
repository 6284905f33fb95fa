/** What docs/destinations/salesforce.md says besides what can be read from the type itself. */
import type { DestinationAbout } from "../contract.ts";

const GUIDE = "https://developer.salesforce.com/docs/platform/api-rest/guide";
const HELP = "https://help.salesforce.com/s/articleView?id=";

export const salesforceAbout: DestinationAbout = {
  summary:
    "Events and changes of profiles become fields of Salesforce leads or contacts, upserted by an external id, and records of custom objects where you want one for each event.",
  apiVersion: "67.0 (Summer ’26); `api_version` takes any from 52.0",
  sources: [
    { title: "Upsert of collections", url: `${GUIDE}/resources-composite-sobjects-collections-upsert.html` },
    { title: "Composite", url: `${GUIDE}/resources-composite-composite-post.html` },
    { title: "Query", url: `${GUIDE}/resources-query.html` },
    {
      title: "Deletion of collections",
      url: `${GUIDE}/resources-composite-sobjects-collections-delete.html`,
    },
    { title: "Limits", url: `${GUIDE}/resources-limits.html` },
    { title: "Duplicate rule header", url: `${GUIDE}/headers-duplicaterules.html` },
    { title: "Errors", url: `${GUIDE}/errorcodes.html` },
    {
      title: "Request allocations",
      url: "https://developer.salesforce.com/docs/platform/salesforce-app-limits-cheatsheet/guide/salesforce-app-limits-platform-api.html",
    },
    {
      title: "Fields of a lead",
      url: "https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_lead.htm",
    },
    {
      title: "OAuth client credentials",
      url: `${HELP}xcloud.remoteaccess_oauth_client_credentials_flow.htm`,
    },
    { title: "OAuth JWT bearer", url: `${HELP}xcloud.remoteaccess_oauth_jwt_flow.htm` },
    { title: "OAuth errors", url: `${HELP}xcloud.remoteaccess_oauth_flow_errors.htm` },
  ],
  setup: `1. An **integration user** who may read, create and edit leads (or contacts) and the objects of events, and delete them if
   erasures are to reach them. \`View Setup and Configuration\` lets the health check say how many requests are left.
2. An **external client app** with the scope \`api\`. Either *client credentials*, run as the integration user, with the
   login URL of your My Domain: \`wrangler secret put SALESFORCE_SECRET\`. Or *JWT bearer*: upload a certificate,
   approve the integration user, and keep the private key as PKCS #8 (\`openssl pkcs8 -topk8 -nodes\`):
   \`wrangler secret put SALESFORCE_KEY\`, with \`grant\`, \`username\` and, for a sandbox, \`audience\`.
3. On the lead (or contact), as far as \`fields\` does not leave them out:

   | field | type |
   |---|---|
   | \`Doorstep_Id__c\` | text 255, external id, unique, case-insensitive |
   | \`Doorstep_Profile__c\` | text 255, indexed (external id) so that erasures find it |
   | \`Doorstep_Score__c\`, \`Doorstep_Last_Order_Value__c\` | number |
   | \`Doorstep_Segments__c\` | long text, or a multi-select picklist of your segments |
   | \`Doorstep_Last_Event_At__c\` | date/time |
   | \`Doorstep_Stage__c\`, \`Doorstep_Last_Event__c\`, \`Doorstep_Last_Order_Id__c\`, \`Doorstep_Last_Topic__c\` | text 255 |
   | \`Doorstep_Last_Order_Currency__c\` | text 3 |

4. On each object of \`events\`: \`Doorstep_Event_Id__c\` (text 255, external id, unique, case-sensitive), a lookup to the
   person whose relationship is \`person\`, and the \`Doorstep_…__c\` fields that its events fill (examples below):
   \`Event\`, \`Profile\`, \`Order_Id\`, \`Coupon\`, \`Content_Id\`, \`Content_Type\`, \`Content_Topic\`, \`Form_Id\`, \`Lead_Source\`,
   \`Campaign\`, \`Page_Url\` are texts of 255, \`Currency\` of 3; \`Occurred_At\` is a date/time; \`Value\`, \`Tax\`,
   \`Shipping\`, \`Item_Count\` are numbers; \`Items\` is a long text of 32,768.
5. People who are in the org already: fill \`Doorstep_Id__c\` with their address in lower case once, or set
   \`external_id\` to \`Email\`. Otherwise they get a second record, unless a duplicate rule forbids it.`,
  definition: {
    type: "salesforce",
    queue: "crm",
    purposes: ["marketing"],
    events: ["form_submit", "generate_lead", "sign_up", "login", "identify", "purchase"],
    changes: { segments: "all", stage: true, score: true },
    settings: {
      login_url: "https://acme.my.salesforce.com",
      client_id: "3MVG9…",
      client_secret: { $secret: "SALESFORCE_SECRET" },
      events: { purchase: { object: "Doorstep_Order__c", person: "Lead__r" } },
    },
  },
  idempotency:
    "A person's record is upserted by its external id, an event's by the id of its delivery, which is the same however often it is sent.",
  limits: [
    {
      limit: "200 records in a collection",
      effect: "a batch has no more people than that, nor events of one object",
    },
    {
      limit: "an external id once in a request, in whatever case",
      effect:
        "all items of a person become one record, in the order of their events; those of a key in another case wait for the next batch",
    },
    {
      limit: "100,000 requests in 24 hours, and more by licence",
      effect:
        "a batch makes two requests (what is known is read first), and one for each object of its events. `REQUEST_LIMIT_EXCEEDED` waits an hour",
    },
    { limit: "25 requests at once that take over 20 seconds", effect: "two batches at most are under way" },
    { limit: "`FirstName` 40, `LastName` 80, `Company` 255 characters; custom texts 255", effect: "cut" },
    {
      limit: "`Email` 80 characters",
      effect: "the item fails, `email_too_long`: half an address is somebody else's",
    },
    {
      limit: "a multi-select picklist 4,096 characters",
      effect: "segments that have no room are left out, whole",
    },
    {
      limit: "a long text 32,768 characters",
      effect: "items of an order that have no room are left out, whole; `Doorstep_Item_Count__c` counts all",
    },
    {
      limit: "a field of the org that is shorter",
      effect: "Salesforce refuses the record: `STRING_TOO_LONG` with the field's name",
    },
    {
      limit: "`LastName` and a lead's `Company` are required",
      effect: "a new record gets the `placeholder` where they are not known; it counts as empty later",
    },
  ],
  consent:
    "Nothing arrives without consent for marketing. `opt_outs` names checkboxes (of yours, or standard ones such as `HasOptedOutOfEmail`) and the purpose whose denial sets them: only where a proved person decided themself, not where a region's default denies; and never unset, since somebody in the org may have set them. Marketing that is withdrawn ends the deliveries, and is therefore not told here. `Individual` records and contact point consents are left to the org.",
  events: [
    {
      event: "every event",
      becomes:
        "`Email`, `FirstName`, `LastName`, `Phone`, `Company` (leads) of the traits; profile, segments, last event and its moment; `Doorstep_Last_Topic__c` of its content",
    },
    {
      event: "`form_submit`, `generate_lead`, `sign_up`",
      becomes: "stage `lead`; `LeadSource` of `lead_source`, where it is empty",
    },
    { event: "`purchase`", becomes: "stage `customer`, and the last order's id, value and currency" },
    {
      event: "`profile_change`",
      becomes: "stage, score, segments, and the traits that are told",
    },
    {
      event: "any event in `events`",
      becomes:
        "a record of that object: moment, profile, order, amounts, items (JSON), content, form, campaign and page",
    },
  ],
  answers: [
    { answer: "200 with `success` for a record", becomes: "delivered, with the record's id" },
    {
      answer: "200 with `errors` for a record",
      becomes: "failed with Salesforce's `statusCode` and the fields, for that record's items alone",
    },
    {
      answer:
        "`UNABLE_TO_LOCK_ROW`, `SERVER_UNAVAILABLE`, `UNKNOWN_EXCEPTION`, `DUPLICATE_VALUE` of the external id",
      becomes: "tried again",
    },
    { answer: "`STORAGE_LIMIT_EXCEEDED`, maintenance", becomes: "tried again in four hours" },
    {
      answer: "401 `INVALID_SESSION_ID`",
      becomes: "a new token, once in a batch; only what is left is sent again",
    },
    { answer: "a refused login, 403", becomes: "the destination is paused" },
    {
      answer: "`CANNOT_UPDATE_CONVERTED_LEAD`",
      becomes: "skipped, `lead_converted`: have a second destination keep contacts, with `create` off",
    },
    {
      answer: "400 for the whole request (`INVALID_FIELD` …)",
      becomes: "halved until the item that it is refused for stands alone",
    },
    { answer: "two records of one address", becomes: "failed, `several_records`: merge them" },
    { answer: "another count of results, HTML, nothing", becomes: "tried again: nothing of it is confirmed" },
  ],
  deletion:
    "The person's leads or contacts are found by their addresses and profiles and deleted, and before them the records of their events. Deleted records lie in the org's recycle bin for 15 days. The integration user needs the right to delete. A lead that was converted lives on as a contact: a destination that keeps contacts deletes it, too.",
  notes: `**A claim is not a proof.** What a signed token or a secret-key source proves is written as each field's mode says. What
is only claimed makes a record that does not exist, and fills what is empty in one that does, never \`Doorstep_Id__c\`
or \`Doorstep_Profile__c\`; the profile that made a record may also renew its \`Doorstep_…__c\` fields. What may change nothing is skipped,
\`claim_not_proven\`; its event, where it gets a record, stands alone and is not linked to the person.

**Modes.** \`LeadSource\` is written where it is empty, the stage and the last event's moment move forward only, all else
overwrites; a mapping says otherwise with \`"modes": {"fields.Phone": "if_empty"}\`. To use a lead's own status:
\`"fields": {"stage": "Status"}, "stages": {"lead": "Open - Not Contacted", "mql": "Working - Contacted"}\`. A status in
words that \`stages\` does not know was chosen by sales, and stays.

**Further fields** are set by a mapping: \`"set": {"fields.Rating": {"value": "Hot"}}\`, of events
\`event.fields.…\`. \`Id\`, the external id, another profile and an opt-out's end cannot be set (\`field_reserved\`), nor a field under two
spellings (\`field_twice\`).`,
};
