/** Settings of a GA4 web stream. Both ids are in GA4 under Admin, Data streams, your stream. */
import * as z from "zod";

export const ga4Settings = z.strictObject({
  measurement_id: z.string().regex(/^G-[A-Z0-9]{2,20}$/, "must be a measurement id such as G-ABC123"),
  /** From "Measurement Protocol API secrets"; give it as `{"$secret": "GA4_API_SECRET"}`. */
  api_secret: z.string().min(1).max(200),
  /** `https://region1.google-analytics.com` collects in the EU. */
  endpoint: z.url({ protocol: /^https?$/ }).default("https://www.google-analytics.com"),
});

export type Ga4Settings = z.infer<typeof ga4Settings>;
