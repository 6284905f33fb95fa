/** Settings of a signed webhook. */
import * as z from "zod";
import { VENDOR_CONSENT } from "../consent-fields.ts";

// The keys are the list's names.
const vendors = Object.keys(VENDOR_CONSENT) as (keyof typeof VENDOR_CONSENT)[];

/** Shared with the queue. */
export const vendorConsent = z.array(z.enum(vendors)).default([]).meta({
  title: "Vendors' consent fields",
  description: "Vendors that the receiver hands events on to: their own consent fields are added.",
});

export const webhookSettings = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).meta({
    title: "Address",
    description: "Of the receiver: https, under a public name (in local development anything http or https).",
  }),
  secret: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, "must be whsec_ and the base64 of 24 to 64 bytes")
    .meta({ title: "Signing secret", description: "`whsec_` and the base64 of 24 to 64 bytes." }),
  vendor_consent: vendorConsent,
});

export type WebhookSettings = z.infer<typeof webhookSettings>;
