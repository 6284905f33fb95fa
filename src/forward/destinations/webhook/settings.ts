/** Settings of a signed webhook. */
import * as z from "zod";

export const webhookSettings = z.strictObject({
  /** https, under a public name (../target.ts); in local development anything http(s). */
  url: z.url({ protocol: /^https?$/ }),
  /** `whsec_` and base64 of 24 to 64 bytes; give it as `{"$secret": "WEBHOOK_SECRET"}`. */
  secret: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, "must be whsec_ and the base64 of 24 to 64 bytes"),
});

export type WebhookSettings = z.infer<typeof webhookSettings>;
