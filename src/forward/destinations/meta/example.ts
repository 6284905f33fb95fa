/** What Meta's examples share: the settings, the visitor's browser, and all of an event but what is its own. */
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import type { MapResult } from "../contract.ts";
import { EXAMPLE_AT, exampleEvent } from "../example-event.ts";
import type { MetaBody } from "./map.ts";

export const settings = { dataset_id: "1234567890123456", access_token: "EAAsandbox" };

/** SHA-256 of the example's profile, `visitor_id:1.example`. */
export const PROFILE_HASH = "120b8420ef226c5ff4b351e08caaa0069cf4ee8f4fa28cfe637776e761fb0404";

const { context } = exampleEvent("", {});
/** On a page of the example, in a browser of which Doorstep keeps this much. */
export const browser: DeliveryEvent["context"] = {
  ...context,
  device: { type: "desktop", os: "Windows", browser: "Chrome 154" },
};

export const viewed = (name: string, properties: Record<string, unknown>): DeliveryEvent =>
  exampleEvent(name, properties, { context: browser });

/** An event of the example's visitor. */
export const sentAs = (
  event_name: string,
  custom_data: MetaBody["custom_data"],
  user_data: MetaBody["user_data"] = {},
): MapResult<MetaBody> => ({
  status: "mapped",
  body: {
    event_name,
    event_time: EXAMPLE_AT / 1000,
    action_source: "website",
    event_source_url: "https://shop.example/winter",
    data_processing_options: [],
    opt_out: false,
    user_data: { external_id: [PROFILE_HASH], client_user_agent: "Chrome/154 (Windows)", ...user_data },
    custom_data,
  },
});

export const skipped = (reason: string): MapResult<MetaBody> => ({ status: "skipped", reason });
