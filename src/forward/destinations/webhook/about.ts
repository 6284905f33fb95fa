/** What docs/destinations/webhook.md says besides what can be read from the type itself. */
import type { DestinationAbout } from "../contract.ts";
import { webhook } from "./index.ts";

const SPEC = "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md";

/** Of a consent that a receiver of one's own gets; the queue's docs say the same. */
export const CONSENT_FIELDS = `The event has only the fields that the destination's purposes allow. \`traits\` are there only where the destination serves
\`marketing\` and it was granted; \`traits_verified\` says whether they are proved to be this person's or only claimed.
**Needs no purpose of its own**: \`purposes\` of the definition say what the receiver does, and one at least must be named.

\`consent\` is the whole decision that the event travels on: treat it as the limit of what you may do with it.

| field | |
|---|---|
| \`receipt\` | names the decision, for the ledger |
| \`regime\`, \`place\` | what held, and the country or region (\`DE\`, \`US-CA\`) that decided it; \`place\` is absent where it is not known |
| \`granted\` | purposes |
| \`grounds\` | what said so, for each purpose: \`cookie\`, \`default\`, \`gpc\`, \`event\`, \`expired\`, \`tcf\`, \`gpp:usca\`, \`banner:onetrust\` … |
| \`decided_at\`, \`expires_at\` | ISO 8601; absent where it is not known, or does not expire |
| \`gpc\` | \`true\`: the browser sent Global Privacy Control, and nothing overrides it |

A receiver that hands events on to a vendor can have the vendor's own fields, too, as \`data.vendor_consent\`. Name the vendors in the
settings: \`"vendor_consent": ["google", "meta"]\`.

| vendor | marketing granted | marketing denied |
|---|---|---|
| \`google\` | \`{ "ad_user_data": "GRANTED", "ad_personalization": "GRANTED" }\` | both \`DENIED\` |
| \`meta\` ([Limited Data Use](https://developers.facebook.com/docs/marketing-apis/data-processing-options)) | \`{ "data_processing_options": [], "opt_out": false }\` | \`{ "data_processing_options": ["LDU"], "data_processing_options_country": 1, "data_processing_options_state": 1000, "opt_out": true }\` in California; other states by Meta's numbers; elsewhere, or where the place is not known, \`0\` and \`0\`: Meta finds out |`;

export const webhookAbout: DestinationAbout = {
  summary: `Each event is one POST to an address of yours, signed by [Standard Webhooks](${SPEC}), for which there are verifying
libraries in most languages.`,
  apiVersion: "Standard Webhooks 1.0",
  sources: [{ title: "Standard Webhooks", url: SPEC }],
  setup:
    'Make a secret, `echo "whsec_$(openssl rand -base64 32)"`, keep it at the receiver, and `wrangler secret put WEBHOOK_SECRET`.',
  definition: {
    type: "webhook",
    queue: "crm",
    purposes: ["marketing"],
    events: ["purchase"],
    changes: { segments: "all" },
    settings: { url: "https://erp.example.com/doorstep", secret: { $secret: "WEBHOOK_SECRET" } },
  },
  idempotency:
    "`webhook-id` is the same for every attempt at one event: use it to recognise a repetition. It is another one at another destination.",
  limits: [
    {
      limit: "the address must be https under a public name",
      effect:
        "no IP address in any spelling, no name that only a private network knows (`localhost`, `….internal`, `….local` …), no port under 1024 but 443, no user name or password in it: `unsafe_url`. Redirects are not followed. (In local development anything goes.)",
    },
    { limit: "one event in a request, two requests at a time", effect: "others wait" },
    {
      limit: "all requests of one batch share ten seconds",
      effect: "answer fast and work later: what was not answered is tried again",
    },
    { limit: "100 requests a second", effect: "less where `limits` of the definition says so" },
  ],
  consent: CONSENT_FIELDS,
  events: [
    { event: "every event", becomes: "`type` is its name, `data` what the purposes allow of it" },
    {
      event: "`profile_change`",
      becomes:
        "the same: `data.properties` says what is new of segments (`entered`, `left`, `all` that are watched), stage (`from`, `to`) and score, and names the traits; their values are `data.traits`. `version` rises with each change: of each part, what the highest has said holds",
    },
  ],
  answers: [
    { answer: "2xx", becomes: "delivered; the body is not read" },
    { answer: "401, 403", becomes: "the destination is paused and its items are parked until it is resumed" },
    {
      answer: "408, 425, 429, 5xx, no answer in time",
      becomes: "tried again, up to 12 times, with growing pauses or after `Retry-After`",
    },
    { answer: "410", becomes: "failed, `gone`" },
    { answer: "3xx", becomes: "failed, `redirected`" },
    { answer: "other 4xx", becomes: "failed, `http_…`. What failed can be replayed in the console" },
  ],
  deletion: `${webhook.erasure}

\`\`\`http
POST /doorstep
webhook-id: 4be1…            the same for every attempt at this erasure
webhook-timestamp: 1795168900
webhook-signature: v1,mq0F…  as below

{
  "type": "erasure",
  "id": "4be1…",
  "timestamp": "2026-11-20T10:01:40.000Z",
  "subjects": ["visitor_id:1.…", "user_id:1.…"],
  "emails": ["ida@example.com"]
}
\`\`\`

Delete what you keep under any of \`subjects\` (one of them is the \`profile\` of every event of this person) and any of \`emails\`, hand it
on to whom you have passed it, and do not keep the message.

| you answer | the erasure is |
|---|---|
| 200 with \`{"status": "confirmed"}\` | confirmed: it is done |
| any other 2xx | requested: you do it in your own time |
| 410 | *vendor offers none*, \`gone\`: you keep nobody |
| 408, 425, 429, 5xx, no answer in ten seconds | asked again, after \`Retry-After\` |
| 3xx, other 4xx | asked again every hour, with the code of the answer: somebody must mend the receiver |

More than 100 identifiers come in several messages, each with an id of its own.`,
  notes: `**What arrives:**

\`\`\`http
POST /doorstep
content-type: application/json
webhook-id: 9f0c…            the same for every attempt at this event: use it to recognise a repetition
webhook-timestamp: 1795168801
webhook-signature: v1,K5oZ…  base64 of HMAC-SHA-256 over \`id.timestamp.body\`

{
  "type": "form_submit",
  "timestamp": "2026-11-20T10:00:00.000Z",
  "data": {
    "event_id": "evt-1", "source": "web", "received_at": "2026-11-20T10:00:00.800Z",
    "profile": "visitor_id:1.…", "identity_state": "anonymous", "segments": ["reader"], "features": { "page_views": 7 },
    "properties": { "form_id": "newsletter" }, "context": { "page": { "url": "https://shop.example/" } },
    "consent": { "receipt": "…", "regime": "gdpr", "place": "SK", "granted": ["analytics", "marketing"],
                 "grounds": { "analytics": "cookie", "marketing": "cookie", "personalization": "cookie" },
                 "decided_at": "2026-11-20T09:58:00.000Z", "expires_at": "2027-11-20T09:58:00.000Z" },
    "traits": { "email": "ida@example.com" }, "traits_verified": false
  }
}
\`\`\`

Verify the signature over the raw body, and refuse timestamps more than five minutes off.`,
};
