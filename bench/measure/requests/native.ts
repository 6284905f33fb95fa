/** Requests of our own script: events, and a slot. */
import { randomUUID } from "node:crypto";
import { PAGE_SLOTS } from "../../fixtures/large-release.ts";
import { type BenchVisitor, OTHER_ORIGIN, WRITE_KEY } from "../visitors.ts";
import { CF_HEADER } from "../workerd.ts";
import type { BenchRequest } from "./request.ts";
import { browserHeaders, CF_OF_THE_US, GLOVES, PAGE, postHeaders } from "./sender.ts";

export const EVENT_BYTES = 1024;

/** `POST /events` with this many events of 1 kB each. */
export function eventRequest(visitor: BenchVisitor, eventsEach: number, now: number): BenchRequest {
  return {
    method: "POST",
    path: "/events",
    headers: postHeaders(visitor, "text/plain;charset=UTF-8"),
    body: JSON.stringify({
      write_key: WRITE_KEY,
      sent_at: new Date(now).toISOString(),
      events: Array.from({ length: eventsEach }, (_, n) => event(n, now)),
    }),
    answer: { status: 202, begins: `{"accepted":${eventsEach}` },
    events: Array.from({ length: eventsEach }, (_, n) => KINDS[n % KINDS.length]?.name ?? ""),
  };
}

/** The first request of a visit: no cookie yet, from a country where silence is consent; the answer brings ours. */
export function firstRequest(visitor: BenchVisitor, now: number): BenchRequest {
  const request = eventRequest(visitor, 1, now);
  const { cookie: _, ...headers } = request.headers;
  return { ...request, headers: { ...headers, [CF_HEADER]: CF_OF_THE_US } };
}

/** The same from a page of another site, where no cookie of ours would stick: there is none, and none is set. */
export function cookielessRequest(visitor: BenchVisitor, now: number): BenchRequest {
  const request = firstRequest(visitor, now);
  const elsewhere = { origin: OTHER_ORIGIN, referer: `${OTHER_ORIGIN}/`, "sec-fetch-site": "cross-site" };
  return { ...request, headers: { ...request.headers, ...elsewhere } };
}

/** `GET /slots/hero` as the browser script asks. */
export const slotRequest = (visitor: BenchVisitor): BenchRequest => ({
  method: "GET",
  path: "/slots/hero",
  headers: { ...browserHeaders(visitor), accept: "application/json" },
  body: "",
  answer: { status: 200, begins: '{"slot":"hero"', has: '"outcome":"offer"' },
  events: [],
});

/** `POST /slots` for all slots of a page at once. */
export const slotsRequest = (visitor: BenchVisitor): BenchRequest => ({
  method: "POST",
  path: "/slots",
  headers: { ...postHeaders(visitor, "application/json"), accept: "application/json" },
  body: JSON.stringify({ slots: PAGE_SLOTS }),
  answer: { status: 200, begins: "{", has: '"outcome":"offer"' },
  events: [],
});

/** A page of the site, as the browser asks for it when somebody goes there. */
export const pageRequest = (visitor: BenchVisitor): BenchRequest => ({
  method: "GET",
  path: PAGE.path,
  headers: {
    ...browserHeaders(visitor),
    accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
  },
  body: "",
  answer: { status: 200, begins: "<!doctype html>" },
  events: [],
});

const CONTENT = {
  content_id: "first-winter-on-skis",
  content_type: "article",
  topic: "winter",
  taxonomy: ["winter", "beginners", "equipment"],
  author: "Ida Berg",
  publish_date: "2026-10-02",
};

/** What a visitor does on one page, in this order. */
const KINDS: readonly { name: string; properties: Record<string, unknown> }[] = [
  { name: "page_view", properties: { content: CONTENT } },
  { name: "content_impression", properties: { slot: "hero", offer: "winter-hero", content: CONTENT } },
  { name: "scroll", properties: { percent: 50, content: CONTENT } },
  {
    name: "cta_click",
    properties: {
      cta_id: "hero-cta",
      label: "See the winter collection",
      href: "/topics/winter",
      content: CONTENT,
    },
  },
  { name: "add_to_cart", properties: { ...GLOVES, content: CONTENT } },
];

/** One event, its page's title as long as it takes to make 1,024 bytes. */
function event(n: number, now: number): Record<string, unknown> {
  const { name, properties } = KINDS[n % KINDS.length] ?? { name: "page_view", properties: {} };
  const page = { url: PAGE.url, title: "First winter on skis", referrer: PAGE.referrer };
  const whole = {
    id: randomUUID(),
    name,
    occurred_at: new Date(now - 1000).toISOString(),
    properties,
    context: { page, locale: PAGE.locale, library: { name: "doorstep.js", version: "1.0.0" } },
  };
  page.title = page.title.padEnd(
    page.title.length + EVENT_BYTES - JSON.stringify(whole).length,
    " and what to wear",
  );
  return whole;
}
