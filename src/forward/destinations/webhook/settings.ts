/** Settings of a signed webhook. */
import * as z from "zod";
import { VENDOR_CONSENT } from "../consent-fields.ts";

// The keys are the list's names.
const vendors = Object.keys(VENDOR_CONSENT) as (keyof typeof VENDOR_CONSENT)[];

export const webhookSettings = z.strictObject({
  /** https, under a public name (src/core/safe-url.ts); in local development anything http(s). */
  url: z.url({ protocol: /^https?$/ }),
  /** `whsec_` and base64 of 24 to 64 bytes; give it as `{"$secret": "WEBHOOK_SECRET"}`. */
  secret: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, "must be whsec_ and the base64 of 24 to 64 bytes"),
  /** Vendors that the receiver hands events on to: their own consent fields are added. */
  vendor_consent: z.array(z.enum(vendors)).default([]),
});

export type WebhookSettings = z.infer<typeof webhookSettings>;
