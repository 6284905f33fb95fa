/** Settings of a queue of the customer's own. */
import * as z from "zod";
import { vendorConsent } from "../webhook/settings.ts";

export const queueSettings = z.strictObject({
  binding: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]{0,62}$/, "must be the name of a binding: A-Z, 0-9 and _")
    .meta({
      title: "Binding",
      description:
        "Name under which the queue is bound to the Worker (`[[queues.producers]]` of wrangler.toml). Doorstep's own queues cannot be named.",
    }),
  vendor_consent: vendorConsent,
});

export type QueueSettings = z.infer<typeof queueSettings>;
