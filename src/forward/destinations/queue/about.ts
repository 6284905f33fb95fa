/** What docs/destinations/queue.md says besides what can be read from the type itself. */
import type { DestinationAbout } from "../contract.ts";
import { CONSENT_FIELDS } from "../webhook/about.ts";
import { queue } from "./index.ts";

const DOCS = "https://developers.cloudflare.com/queues";

export const queueAbout: DestinationAbout = {
  summary:
    "Events, changes of profiles and erasures go into a Cloudflare queue of your own, which a Worker of yours reads, or whatever pulls from it. Nothing leaves the account, and no address, signature or retry is yours to write.",
  apiVersion: "Cloudflare Queues; message `customer_message` 1.0.0",
  sources: [
    { title: "Configure Queues", url: `${DOCS}/configuration/configure-queues/` },
    { title: "JavaScript APIs", url: `${DOCS}/configuration/javascript-apis/` },
    { title: "Limits", url: `${DOCS}/platform/limits/` },
    { title: "Delivery guarantees", url: `${DOCS}/reference/delivery-guarantees/` },
  ],
  setup: `1. \`wrangler queues create my-queue\`, and bind it to Doorstep's Worker in its \`wrangler.toml\`:

   \`\`\`toml
   [[queues.producers]]
   binding = "MY_QUEUE"
   queue = "my-queue"
   \`\`\`

2. Deploy. A release that names a queue which is not bound is refused; if the binding goes later, the destination pauses and what is
   for it waits. Doorstep's own queues (\`EVENTS\`, \`ANALYTICS\`, \`CRM\` …) cannot be named.
3. Read it in a Worker of yours, with a dead-letter queue:

   \`\`\`js
   export default {
     async queue(batch, env) {
       for (const { body } of batch.messages) {
         if (body.kind === "erasure") await forget(body.subjects, body.emails ?? []);
         else await keep(body.id, body);
       }
     },
   };
   \`\`\``,
  definition: {
    type: "queue",
    queue: "crm",
    purposes: ["marketing"],
    events: ["purchase", "refund"],
    changes: { segments: "all", stage: true },
    settings: { binding: "MY_QUEUE" },
  },
  idempotency:
    "A queue delivers at least once, and a batch whose answer was lost is put in again. `id` is the same for every copy of a message: keep what you have seen, or upsert by it.",
  limits: [
    { limit: "128 kB a message", effect: "a larger one fails with its size, `too_large`" },
    { limit: "100 messages and 256 kB in a batch", effect: "more go in several batches" },
    { limit: "5,000 messages a second for a queue", effect: "at most 4,000 go in" },
    {
      limit: "a message is kept for four days by default, a day on the free plan, and 14 at most",
      effect: "lost if nobody has read it: give the queue a consumer with a dead-letter queue",
    },
  ],
  consent: CONSENT_FIELDS,
  events: [
    { event: "every event", becomes: "a message of the kind `event`: `type` is its name" },
    {
      event: "`profile_change`",
      becomes:
        "a message of the kind `profile_change`: `data.properties` says what is new of segments, stage and score, and names the traits; their values are `data.traits`. `version` rises with each change: of each part, what the highest has said holds",
    },
    { event: "an erasure", becomes: "a message of the kind `erasure`" },
  ],
  answers: [
    { answer: "the queue takes the batch", becomes: "delivered: it is in the queue" },
    { answer: "the queue refuses it, or breaks off", becomes: "retry, `queue_refused`" },
    {
      answer: "there is no such binding",
      becomes:
        "the destination is paused and its items are parked until it is resumed, `queue_missing:MY_QUEUE`",
    },
  ],
  deletion: `${queue.erasure}

\`\`\`json
{
  "v": 1, "kind": "erasure", "id": "4be1…", "timestamp": "2026-11-20T10:01:40.000Z",
  "subjects": ["visitor_id:1.…", "user_id:1.…"], "emails": ["ida@example.com"]
}
\`\`\`

The erasure is *requested* once the message is in the queue. It comes after all that was put in before it, but a queue keeps no order: an
event that your consumer reads later than the erasure may be older. Keep the \`subjects\` of erasures for as long as the queue keeps messages,
and drop what names them. While the binding is missing it is asked again every hour, \`queue_missing\`. More than 100 identifiers come in
several messages, each with an id of its own.`,
  notes:
    "The JSON Schema of the messages is published: `contracts/published/customer_message.1.0.0.json`. Fields may be added to it, and kinds: take what you do not know, and leave it.",
};
