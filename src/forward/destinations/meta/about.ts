/** What docs/destinations/meta.md says besides what can be read from the type itself. */
import type { DestinationAbout } from "../contract.ts";
import { meta } from "./index.ts";

const DOCS = "https://developers.facebook.com/documentation/ads-commerce/conversions-api";

export const metaAbout: DestinationAbout = {
  summary:
    "Tells Meta of what visitors did who agreed to marketing, so that ads are measured and shown by it. People are named by hashes alone.",
  apiVersion: "v26.0 of the Graph API",
  sources: [
    { title: "Using the API", url: `${DOCS}/using-the-api` },
    { title: "Server event parameters", url: `${DOCS}/parameters/server-event` },
    { title: "Customer information parameters", url: `${DOCS}/parameters/customer-information-parameters` },
    { title: "Click ids", url: `${DOCS}/parameters/fbp-and-fbc` },
    { title: "Custom data", url: `${DOCS}/parameters/custom-data` },
    { title: "Deduplication", url: `${DOCS}/deduplicate-pixel-and-server-events` },
    { title: "Standard events", url: "https://developers.facebook.com/documentation/meta-pixel/reference" },
    {
      title: "Data processing options",
      url: "https://developers.facebook.com/docs/marketing-apis/data-processing-options",
    },
    { title: "Errors", url: "https://developers.facebook.com/docs/graph-api/guides/error-handling" },
    { title: "Rate limits", url: "https://developers.facebook.com/docs/graph-api/overview/rate-limiting" },
    { title: "Versions", url: "https://developers.facebook.com/docs/graph-api/changelog" },
  ],
  setup: `1. In Meta's Events Manager, open the dataset (or pixel) under Data sources, and note its number.
2. Under Settings, Conversions API, choose "Set up manually" and generate an access token: \`wrangler secret put META_TOKEN\`.
3. While you try it out, set \`test_event_code\` to the code that the tab "Test events" shows.
4. If the Pixel runs on the same pages: have it send our event's id as its \`eventID\`, and set \`event_id\` to \`event\`.
   Without that, Meta counts what both have told twice.
5. For sources that are no website (a till, a call centre), say in \`action_sources\` what they are.`,
  definition: {
    type: "meta",
    queue: "analytics",
    purposes: ["marketing"],
    events: [
      "page_view",
      "view_item",
      "add_to_cart",
      "begin_checkout",
      "purchase",
      "generate_lead",
      "sign_up",
    ],
    settings: { dataset_id: "1234567890123456", access_token: { $secret: "META_TOKEN" } },
  },
  idempotency:
    "Meta keeps the first of two events of one name and `event_id` that come within 48 hours. The id is that of the delivery, the same however often it is sent, or the sender's own (`event_id`). A replay after two days counts again.",
  limits: [
    { limit: "1,000 events in a request", effect: "a batch has no more" },
    {
      limit: "an event is at most 7 days old (62 in a shop), or all of its request fails",
      effect: "it is kept out beforehand: skipped, `too_old_for_vendor`",
    },
    {
      limit: "nothing of the future",
      effect: "the time is that at which the event came, if its own is later",
    },
    {
      limit: "one wrong event fails its whole request",
      effect: "the request is halved until the wrong one stands alone: failed, with Meta's code and subcode",
    },
    {
      limit: "a website's event needs the page's address and the browser",
      effect: "without them it is skipped: `no_page_url`, `no_user_agent`",
    },
    {
      limit: "an event that could be anybody's is refused",
      effect:
        "each has at least the hash of its profile; a mapping that takes it away skips the event: `no_customer_information`",
    },
    {
      limit: "a purchase needs a value and a currency",
      effect: "without them it fails: `purchase_without_value`",
    },
    { limit: "50 characters in a name", effect: "a longer one is cut at the end" },
    {
      limit: "calls count towards the Marketing API's limits, which Meta puts in no number",
      effect: `at most ${meta.limits.requestsPerSecond} requests a second; a limit that is reached waits as long as Meta says, else five minutes`,
    },
  ],
  consent:
    "Only events that marketing was granted for are sent: `data_processing_options` is empty, which says that nothing is limited, and `opt_out` is false. Without it Meta is told nothing at all, which is more than Limited Data Use would be.",
  events: [
    { event: "`page_view`", becomes: "`PageView`" },
    { event: "`view_item`", becomes: "`ViewContent`" },
    { event: "`search`", becomes: "`Search` with `search_string`" },
    { event: "`add_to_wishlist`, `add_to_cart`", becomes: "`AddToWishlist`, `AddToCart`" },
    { event: "`begin_checkout`", becomes: "`InitiateCheckout` with `num_items`" },
    { event: "`add_payment_info`", becomes: "`AddPaymentInfo`" },
    { event: "`purchase`", becomes: "`Purchase`" },
    { event: "`form_submit`, `generate_lead`", becomes: "`Lead`" },
    { event: "`sign_up`", becomes: "`CompleteRegistration`" },
    {
      event: "`custom`",
      becomes:
        "the sender's name, so that `Subscribe` or `Schedule` are Meta's own; its fields as custom properties",
    },
    {
      event: "`screen_view`",
      becomes: "nothing: an app's events need what only Meta's SDK knows (`app_event`)",
    },
    { event: "`identify`, `group`, `consent_update`", becomes: "nothing (`no_meta_event`)" },
    { event: "all others", becomes: "a custom event of our own name, with its properties" },
    {
      event: "products",
      becomes: "`contents` (`id`, `quantity`, `item_price`), `content_ids` and `content_type: product`",
    },
    {
      event: "content",
      becomes:
        "`content_id`, `content_kind`, `content_category` (the topic), `content_taxonomy`, `content_author`, `content_publish_date`",
    },
  ],
  answers: [
    { answer: "200 with as many `events_received` as were sent", becomes: "delivered" },
    {
      answer: "200 with another count",
      becomes:
        "each half is sent again, which Meta deduplicates; one alone that is not counted is tried again",
    },
    {
      answer: "codes 190, 102, 104, 10, 3, 200–299, 2500, 2635, and 100 with subcode 33",
      becomes: "the destination pauses",
    },
    {
      answer: "codes 4, 17, 32, 341, 613, 80000 and above",
      becomes: "retry, after the time of `X-Business-Use-Case-Usage`",
    },
    { answer: "codes 1, 2, 368, or `is_transient`", becomes: "retry" },
    { answer: "any other code, such as 100", becomes: "halved; alone: failed, `meta_<code>`" },
    { answer: "no JSON, nothing, something else", becomes: "retry" },
  ],
  deletion: meta.erasure,
  notes: `**What Meta gets of a person**: SHA-256 of the normalised e-mail address, phone number (only with its country's code),
first and last name, customer id, profile id, country and, in the United States, state. The click id of an ad
(\`fbclid\`) goes as \`fbc\`. Never: the network address, which Doorstep does not keep whole.

**The browser** goes as what Doorstep keeps of it, \`Chrome/154 (Windows)\`. It satisfies Meta, and matches less well than a
whole user agent would.

**Matching** rises with \`fbp\`, the Pixel's own cookie. Doorstep does not read it; a mapping may set \`user_data.fbp\`.`,
};
