/** Requests of Snowplow's trackers, as tests and docs have them. */
import type { Example } from "./protocol.ts";
import { COLLECTOR, PIXEL } from "./snowplow-routes.ts";

const PAYLOAD_DATA = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4";
const ECOMMERCE = "iglu:com.snowplowanalytics.snowplow.ecommerce";

/** What the browser tracker sends with every event. */
const SHARED = {
  tv: "js-4.10.1",
  p: "web",
  aid: "wk_demo",
  dtm: "1795341600000",
  stm: "1795341601000",
  duid: "7c6a3f0e-8f3b-4f6a-9d0e-2b1a7c9e5d11",
  url: "https://shop.example/gloves",
};

const selfDescribing = (schema: string, data: object) =>
  JSON.stringify({
    schema: "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0",
    data: { schema, data },
  });

const entities = (...list: object[]) =>
  JSON.stringify({
    schema: "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1",
    data: list,
  });

const post = (...data: object[]) => ({
  route: COLLECTOR,
  params: { vendor: "com.snowplowanalytics.snowplow", version: "tp2" },
  body: { schema: PAYLOAD_DATA, data },
});

export const SNOWPLOW_EXAMPLES: readonly Example[] = [
  {
    title: "GET: a page view",
    route: PIXEL,
    query: new URLSearchParams({
      ...SHARED,
      e: "pv",
      eid: "1f0ab5a6-8a5e-4b44-9a52-6f5d3c4f2a10",
      page: "Gloves",
      refr: "https://search.example/",
    }).toString(),
    accepted: 1,
    names: ["page_view"],
  },
  {
    title: "POST: a link, a search and a form",
    ...post(
      {
        ...SHARED,
        e: "ue",
        eid: "sp-link",
        ue_pr: selfDescribing("iglu:com.snowplowanalytics.snowplow/link_click/jsonschema/1-0-1", {
          targetUrl: "https://weather.example/oslo",
          elementId: "weather",
        }),
      },
      {
        ...SHARED,
        e: "ue",
        eid: "sp-search",
        ue_pr: selfDescribing("iglu:com.snowplowanalytics.snowplow/site_search/jsonschema/1-0-0", {
          terms: ["wool", "gloves"],
          totalResults: 12,
        }),
      },
      {
        ...SHARED,
        e: "ue",
        eid: "sp-form",
        ue_pr: selfDescribing("iglu:com.snowplowanalytics.snowplow/submit_form/jsonschema/1-0-0", {
          formId: "newsletter",
          formClasses: [],
          elements: [{ name: "email", value: "ida@example.com", nodeName: "INPUT", type: "email" }],
        }),
      },
    ),
    accepted: 3,
    names: ["link_click", "search", "form_submit"],
  },
  {
    title: "POST: a page ping and a structured event",
    ...post(
      { ...SHARED, e: "pp", eid: "sp-ping", pp_may: "1500", vp: "1280x720", ds: "1280x4440" },
      { ...SHARED, e: "se", eid: "sp-login", se_ca: "account", se_ac: "login", se_la: "password" },
    ),
    accepted: 2,
    names: ["page_ping", "login"],
  },
  {
    title: "POST: an e-commerce transaction, encoded",
    ...post({
      ...SHARED,
      e: "ue",
      eid: "sp-order",
      ue_px: toBase64Url(
        selfDescribing(`${ECOMMERCE}/snowplow_ecommerce_action/jsonschema/1-0-2`, { type: "transaction" }),
      ),
      cx: toBase64Url(
        entities(
          {
            schema: `${ECOMMERCE}/transaction/jsonschema/1-0-0`,
            data: {
              transaction_id: "A-1003",
              revenue: 78,
              currency: "EUR",
              payment_method: "card",
              total_quantity: 2,
            },
          },
          {
            schema: `${ECOMMERCE}/product/jsonschema/1-0-0`,
            data: { id: "wool-gloves", category: "winter/gloves", price: 39, currency: "EUR", quantity: 2 },
          },
        ),
      ),
    }),
    accepted: 1,
    names: ["purchase"],
  },
  {
    title: "POST: a transaction with its item, as older trackers send them",
    ...post(
      { ...SHARED, e: "tr", eid: "sp-tr", tr_id: "A-1004", tr_tt: "78", tr_cu: "EUR", tr_sh: "4.90" },
      {
        ...SHARED,
        e: "ti",
        eid: "sp-ti",
        ti_id: "A-1004",
        ti_sk: "wool-gloves",
        ti_pr: "39",
        ti_qu: "2",
        ti_cu: "EUR",
      },
    ),
    accepted: 1,
    names: ["purchase"],
  },
];

/** As the trackers encode: these texts are ASCII. */
function toBase64Url(text: string): string {
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
