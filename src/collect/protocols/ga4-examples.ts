/** Requests of Google's tag and of the Measurement Protocol, as tests and docs have them. */
import { HIT, HIT_GET, MEASUREMENT, VALIDATION } from "./ga4-routes.ts";
import type { Example } from "./protocol.ts";

/** What gtag.js puts into the query of every hit. */
const PAGE = {
  v: "2",
  tid: "wk_demo",
  gtm: "45je6b90v9100000000za200",
  _p: "1795341590000",
  gcs: "G111",
  gcd: "13r3r3r3r5l1",
  npa: "0",
  dma: "0",
  cid: "1220643501.1708014725",
  ul: "en-gb",
  sr: "1920x1080",
  sid: "1795341590",
  sct: "1",
  seg: "1",
  dl: "https://shop.example/gloves?utm_source=newsletter",
  dr: "https://search.example/",
  dt: "Gloves",
};

const hit = (parameters: Record<string, string>) =>
  new URLSearchParams({ ...PAGE, ...parameters }).toString();

const lines = (...events: Record<string, string>[]) =>
  events.map((event) => new URLSearchParams(event).toString()).join("\r\n");

export const GA4_EXAMPLES: readonly Example[] = [
  {
    title: "Tag, GET: a page view",
    route: HIT_GET,
    query: hit({ _s: "1", en: "page_view", _fv: "1", _ss: "1", _nsi: "1", tfd: "712" }),
    accepted: 1,
    names: ["page_view"],
  },
  {
    title: "Tag, POST: several events, a line for each",
    route: HIT,
    query: hit({ _s: "2" }),
    body: lines(
      { en: "scroll", "epn.percent_scrolled": "90", _et: "4120" },
      { en: "click", "ep.link_url": "https://weather.example/oslo", "ep.outbound": "true" },
      {
        en: "add_to_cart",
        cu: "EUR",
        "epn.value": "78",
        pr1: "idwool-gloves~nmWool gloves~brFjell~cawinter~pr39~qt2~k0colour~v0red",
      },
      { en: "user_engagement", _et: "15213" },
    ),
    accepted: 4,
    names: ["scroll", "link_click", "add_to_cart", "page_ping"],
  },
  {
    title: "Measurement Protocol: an order and a refund",
    route: MEASUREMENT,
    query: "measurement_id=G-DOORSTEP&api_secret=wk_demo",
    body: {
      client_id: "1220643501.1708014725",
      user_id: "u-7",
      timestamp_micros: 1795341600000000,
      consent: { ad_user_data: "GRANTED", ad_personalization: "GRANTED" },
      events: [
        {
          name: "purchase",
          params: {
            transaction_id: "A-1005",
            value: 78,
            currency: "EUR",
            tax: 13,
            shipping: 4.9,
            items: [{ item_id: "wool-gloves", item_name: "Wool gloves", price: 39, quantity: 2 }],
            session_id: "1795341590",
            engagement_time_msec: 100,
          },
        },
        { name: "refund", params: { transaction_id: "A-1004", value: 39, currency: "EUR" } },
      ],
    },
    accepted: 2,
    names: ["purchase", "refund"],
  },
  {
    title: "Measurement Protocol, validation: a name that begins with _",
    route: VALIDATION,
    query: "measurement_id=G-DOORSTEP&api_secret=wk_demo",
    body: { client_id: "1220643501.1708014725", events: [{ name: "_badEventName" }] },
    accepted: 0,
    names: [],
  },
];
