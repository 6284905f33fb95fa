/** What docs/destinations/acme_tool.md says besides what can be read from the type itself. */
import type { DestinationAbout } from "#forward/destinations/contract";
import { acmeTool } from "./index.ts";

export const acmeToolAbout: DestinationAbout = {
  summary: "Events and changes of profiles become records of people, by their e-mail address.",
  apiVersion: "version 1 of the API",
  sources: [{ title: "Records", url: "https://api.acme-tool.example/docs/records" }],
  setup: "Make a token in the account's settings: `wrangler secret put ACME_TOOL_TOKEN`.",
  definition: {
    type: "acme_tool",
    queue: "crm",
    purposes: ["marketing"],
    events: ["purchase"],
    changes: { segments: "all" },
    settings: { token: { $secret: "ACME_TOOL_TOKEN" } },
  },
  idempotency: "Each record has the id of its delivery, the same however often it is sent.",
  limits: [
    { limit: "100 records in a request", effect: "a batch has no more" },
    { limit: "names of 100 characters", effect: "cut at the end" },
  ],
  consent: "The vendor has no field for consent: only what marketing was granted for is sent.",
  events: [
    { event: "every event", becomes: "a record of that name; without an address it is skipped, `no_email`" },
    { event: "`consent_update`", becomes: "nothing: skipped, `no_acme_tool_event`" },
    { event: "`profile_change`", becomes: "a record: what is new of segments, stage and score" },
  ],
  answers: [
    { answer: "200 with `taken` for a record", becomes: "delivered" },
    { answer: "200 with `refused` for a record", becomes: "failed, with the vendor's code" },
    { answer: "200 without a result for each", becomes: "tried again" },
    { answer: "401, 403", becomes: "the destination is paused" },
    { answer: "408, 429, 5xx, no answer", becomes: "tried again, after `Retry-After`" },
    { answer: "other 4xx", becomes: "halved until the record stands alone: failed" },
  ],
  deletion: acmeTool.erasure,
};
