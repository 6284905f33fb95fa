/** Meta's examples: run as tests, and shown in docs/destinations/meta.md. */
import type { DestinationExample, MapResult } from "../contract.ts";
import { EXAMPLE_AT, exampleEvent, MARKETING_DENIED } from "../example-event.ts";
import { browser, PROFILE_HASH, sentAs, settings, skipped, viewed } from "./example.ts";
import { metaEventExamples } from "./examples-events.ts";
import type { MetaBody } from "./map.ts";

export const metaExamples: readonly DestinationExample<MetaBody>[] = [
  {
    title: "A lead's form: who it is, as hashes",
    settings,
    event: viewed("form_submit", { form_id: "newsletter", form_name: "Newsletter", fields: ["email"] }),
    traits: {
      email: " Ida@Example.com ",
      phone: "+421 905 123 456",
      customer_id: "C-77",
      first_name: "Ida",
      last_name: "O'Berg",
    },
    expect: sentAs(
      "Lead",
      { content_name: "Newsletter", form_id: "newsletter" },
      {
        em: ["2183cce8ca8f05aa3322c18bd1b547d42c11757e838b84a0d4d3e4b31bf4e1e1"],
        ph: ["a09ad5b831af4db1384cdb2dd5498e8ddf62d80776bfee55ae7fa7adcb1493a0"],
        fn: ["bb6b24bf13999272b27006f7711965f77861a326a30b43b9b1852a500ad68ac7"],
        ln: ["87c21cf29e75290fce447a98bc31b0e8fdd805882b55905fbccf7f54a840b8ef"],
        external_id: [PROFILE_HASH, "40fd5c25602295b01ebb05c30374cba70069fb8cdeb77457589c7d0a17eaedae"],
      },
    ),
  },
  {
    title: "A new account after a click on an ad, in California",
    settings,
    event: exampleEvent(
      "sign_up",
      { method: "email" },
      {
        context: {
          ...browser,
          geo: { country: "US", region: "CA" },
          click_ids: { fbclid: "IwAR2F4-dbP0l7Mn1" },
        },
      },
    ),
    traits: { phone: "0905 123 456" },
    expect: sentAs(
      "CompleteRegistration",
      { status: "true", method: "email" },
      {
        st: ["6959097001d10501ac7d54c0bdb8db61420f658f2922cc26e46d536119a31126"],
        country: ["79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"],
        fbc: `fb.1.${EXAMPLE_AT}.IwAR2F4-dbP0l7Mn1`,
      },
    ),
  },
  ...metaEventExamples,
  {
    title: "A sale in a shop, by the till's own source",
    settings: { ...settings, action_sources: { till: "physical_store" } },
    event: exampleEvent(
      "purchase",
      { order_id: "T-1", value: 39, currency: "EUR" },
      { source: "till", context: {} },
    ),
    traits: { email: "ida@example.com" },
    expect: {
      status: "mapped",
      body: {
        event_name: "Purchase",
        event_time: EXAMPLE_AT / 1000,
        action_source: "physical_store",
        data_processing_options: [],
        opt_out: false,
        user_data: {
          em: ["2183cce8ca8f05aa3322c18bd1b547d42c11757e838b84a0d4d3e4b31bf4e1e1"],
          external_id: [PROFILE_HASH],
        },
        custom_data: { order_id: "T-1", value: 39, currency: "EUR" },
      },
    },
  },
  {
    title: "With the sender's own id, for pages on which the Pixel runs, too",
    settings: { ...settings, event_id: "event" },
    event: viewed("page_view", {}),
    expect: withId(sentAs("PageView", {}), "evt-1"),
  },
  {
    title: "Meta refuses a website's event without a browser, and all that is sent beside it",
    settings,
    event: exampleEvent("page_view", {}),
    expect: skipped("no_user_agent"),
  },
  {
    title: "Marketing was denied: Meta is told nothing",
    settings,
    event: exampleEvent("page_view", {}, { context: browser, consent: MARKETING_DENIED }),
    expect: skipped("marketing_not_granted"),
  },
];

function withId(result: MapResult<MetaBody>, event_id: string): MapResult<MetaBody> {
  return result.status === "mapped" ? { ...result, body: { ...result.body, event_id } } : result;
}
