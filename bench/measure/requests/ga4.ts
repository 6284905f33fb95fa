/**
 * One event as Google's tag sends it, all of it in the query of a POST without a body, and one as a server sends it by
 * the Measurement Protocol. The tag's parameters are those that were seen of it; Google publishes no list.
 */
import { type BenchVisitor, SECRET_KEY, SITE, WRITE_KEY } from "../visitors.ts";
import { CF_HEADER } from "../workerd.ts";
import type { BenchRequest } from "./request.ts";
import { CF_OF_SLOVAKIA, GLOVES, PAGE, postHeaders } from "./sender.ts";

const EVENTS = ["add_to_cart"];

/** `POST /g/collect`. */
export function ga4Request(visitor: BenchVisitor, now: number): BenchRequest {
  const session = String(Math.floor(now / 1000) - 300);
  const query = new URLSearchParams({
    v: "2",
    tid: WRITE_KEY,
    gtm: "45je6b90v9100000000za200zd9100000000",
    _p: String(now - 30_000 - visitor.number),
    gcs: "G111",
    gcd: "13r3r3r3r5l1",
    npa: "0",
    dma: "1",
    dma_cps: "a",
    tag_exp: "101509157~103116026~103200004~103233427~104527906~104528500~104684208",
    cid: visitor.gaClientId,
    ul: "sk-sk",
    sr: "1280x720",
    uaa: "x86",
    uab: "64",
    uafvl: "Chromium;141.0.7390.55|Not?A_Brand;8.0.0.0|Google Chrome;141.0.7390.55",
    uamb: "0",
    uap: "Linux",
    frm: "0",
    pscdl: "noapi",
    _s: "3",
    cu: GLOVES.currency,
    sid: session,
    sct: "1",
    seg: "1",
    dl: PAGE.url,
    dr: PAGE.referrer,
    dt: PAGE.title,
    en: "add_to_cart",
    "epn.value": String(GLOVES.price),
    "ep.content_id": "first-winter-on-skis",
    "ep.content_type": "article",
    "ep.topic": "winter",
    pr1: `id${GLOVES.product_id}~nm${GLOVES.name}~ca${GLOVES.category}~pr${GLOVES.price}~qt${GLOVES.quantity}`,
    _et: "4120",
    tfd: "5120",
  });
  const headers = postHeaders(
    visitor,
    "text/plain",
    `_ga_BENCH=GS2.1.s${session}$o1$g1$t${session}$j60$l0$h0`,
  );
  const { "content-type": _, ...bodyless } = headers;
  return {
    method: "POST",
    path: `/g/collect?${query}`,
    headers: bodyless,
    body: "",
    answer: { status: 204, begins: "" },
    events: EVENTS,
  };
}

/** `POST /mp/collect` with a secret key and the consent that the server knows of. No cookie, no page. */
export function measurementRequest(visitor: BenchVisitor, now: number): BenchRequest {
  const session = String(Math.floor(now / 1000) - 300);
  return {
    method: "POST",
    path: `/mp/collect?measurement_id=G-BENCH00001&api_secret=${SECRET_KEY}`,
    headers: {
      host: SITE,
      "user-agent": "shop-backend/2.3",
      accept: "*/*",
      "content-type": "application/json",
      "cf-connecting-ip": "203.0.113.7",
      [CF_HEADER]: CF_OF_SLOVAKIA,
    },
    body: JSON.stringify({
      client_id: visitor.gaClientId,
      user_id: `customer-${visitor.number}`,
      timestamp_micros: (now - 1000) * 1000,
      user_agent: visitor.userAgent,
      consent: { ad_user_data: "GRANTED", ad_personalization: "GRANTED", analytics_storage: "GRANTED" },
      events: [
        {
          name: "add_to_cart",
          params: {
            currency: GLOVES.currency,
            value: GLOVES.price,
            items: [
              {
                item_id: GLOVES.product_id,
                item_name: GLOVES.name,
                item_category: GLOVES.category,
                item_brand: "Fjell",
                item_variant: "charcoal, M",
                price: GLOVES.price,
                quantity: GLOVES.quantity,
              },
            ],
            session_id: session,
            engagement_time_msec: 100,
            page_location: PAGE.url,
            page_title: PAGE.title,
            page_referrer: PAGE.referrer,
            language: "sk-sk",
          },
        },
      ],
    }),
    answer: { status: 204, begins: "" },
    events: EVENTS,
  };
}
