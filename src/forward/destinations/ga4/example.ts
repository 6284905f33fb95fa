/** What GA4's examples share: the settings, and all of a request but what is an event's own. */
import type { MapResult } from "../contract.ts";
import { EXAMPLE_AT } from "../example-event.ts";
import type { Params } from "./limits.ts";
import type { Ga4Body } from "./map.ts";

export const settings = { measurement_id: "G-DEMO", api_secret: "ga4-demo" };

export const client = { client_id: "2885342794.1313914180" };
export const granted = { ad_user_data: "GRANTED", ad_personalization: "GRANTED" } as const;
export const session = {
  session_id: String((EXAMPLE_AT - 60_000) / 1000),
  session_number: 2,
  engagement_time_msec: 1,
};
export const page = {
  page_location: "https://shop.example/winter",
  page_title: "Winter",
  page_referrer: "https://search.example/",
};
export const timestamp_micros = EXAMPLE_AT * 1000;

/** An event of the example's visitor, who granted everything, on the example's page. */
export const sentAs = (name: string, params: Params): MapResult<Ga4Body> => ({
  status: "mapped",
  body: {
    ...client,
    consent: granted,
    event: { name, timestamp_micros, params: { ...session, ...page, ...params } },
  },
});
