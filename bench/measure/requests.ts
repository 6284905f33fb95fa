/**
 * The measured requests, as bytes on the wire, each with ids and a visitor of its own: what a page of the site sends
 * through its browser. Written to a file that wrk.lua reads and takes in turns.
 */
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { type BenchVisitor, benchVisitor, SITE, WRITE_KEY } from "./visitors.ts";
import { CF_HEADER } from "./workerd.ts";

/** What Cloudflare tells of a request, cut to what a Worker usually sees. */
const CF = JSON.stringify({
  colo: "VIE",
  country: "SK",
  isEUCountry: "1",
  continent: "EU",
  region: "Bratislava Region",
  regionCode: "BL",
  city: "Bratislava",
  timezone: "Europe/Bratislava",
  asn: 6855,
  httpProtocol: "HTTP/2",
  tlsVersion: "TLSv1.3",
  clientTcpRtt: 12,
});

export const EVENT_BYTES = 1024;
/**
 * More visitors than an isolate remembers the cookies of, so that a visitor who comes round again is a stranger; each
 * sends some requests in a row, as on a visit, of which the first is a stranger's.
 */
const VISITORS = 1_500;
export const REQUESTS_PER_VISITOR = 4;

export interface BenchRequest {
  method: "GET" | "POST";
  path: string;
  headers: Record<string, string>;
  body: string;
}

/** `POST /events` with this many events of 1 kB each. */
export function eventRequests(eventsEach: number, now: number): Promise<BenchRequest[]> {
  return many(
    (visitor) => ({
      method: "POST",
      path: "/events",
      headers: {
        ...common(visitor),
        accept: "*/*",
        "content-type": "text/plain;charset=UTF-8",
        origin: `http://${SITE}`,
      },
      body: JSON.stringify({
        write_key: WRITE_KEY,
        sent_at: new Date(now).toISOString(),
        events: Array.from({ length: eventsEach }, (_, n) => event(n, now)),
      }),
    }),
    now,
  );
}

/** `GET /slots/hero` as the browser script asks. */
export function slotRequests(now: number): Promise<BenchRequest[]> {
  return many(
    (visitor) => ({
      method: "GET",
      path: "/slots/hero",
      headers: { ...common(visitor), accept: "application/json" },
      body: "",
    }),
    now,
  );
}

/** One request as HTTP/1.1. */
export function toWire({ method, path, headers, body }: BenchRequest): Buffer {
  const bytes = Buffer.from(body);
  const length = method === "POST" ? [`content-length: ${bytes.length}`] : [];
  const lines = [
    `${method} ${path} HTTP/1.1`,
    ...Object.entries(headers).map(([n, v]) => `${n}: ${v}`),
    ...length,
    "",
    "",
  ];
  return Buffer.concat([Buffer.from(lines.join("\r\n")), bytes]);
}

/** Write requests as wrk.lua reads them: each as its length in decimal, a line feed, and its bytes. */
export async function writeRequests(file: string, requests: readonly BenchRequest[]): Promise<void> {
  const parts = requests.flatMap((request) => {
    const wire = toWire(request);
    return [Buffer.from(`${wire.length}\n`), wire];
  });
  await writeFile(file, Buffer.concat(parts));
}

async function many(make: (visitor: BenchVisitor) => BenchRequest, now: number): Promise<BenchRequest[]> {
  const visitors = await Promise.all(Array.from({ length: VISITORS }, (_, n) => benchVisitor(n, now)));
  return visitors.flatMap((visitor) => Array.from({ length: REQUESTS_PER_VISITOR }, () => make(visitor)));
}

const common = ({ cookie, userAgent }: BenchVisitor): Record<string, string> => ({
  host: SITE,
  "user-agent": userAgent,
  "accept-language": "sk-SK,sk;q=0.9,en;q=0.8",
  "accept-encoding": "gzip, br",
  referer: `http://${SITE}/articles/first-winter-on-skis`,
  "sec-fetch-site": "same-origin",
  "sec-fetch-mode": "cors",
  "sec-fetch-dest": "empty",
  "cf-connecting-ip": "203.0.113.7",
  cookie,
  [CF_HEADER]: CF,
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
  {
    name: "add_to_cart",
    properties: {
      product_id: "wool-gloves",
      name: "Wool gloves",
      category: "winter",
      price: 39,
      quantity: 1,
      currency: "EUR",
      content: CONTENT,
    },
  },
];

/** One event, its page's title as long as it takes to make 1,024 bytes. */
function event(n: number, now: number): Record<string, unknown> {
  const { name, properties } = KINDS[n % KINDS.length] ?? { name: "page_view", properties: {} };
  const page = {
    url: `http://${SITE}/articles/first-winter-on-skis?utm_source=newsletter&utm_medium=email&utm_campaign=sunday-letter`,
    title: "First winter on skis",
    referrer: "https://www.google.com/",
  };
  const whole = {
    id: randomUUID(),
    name,
    occurred_at: new Date(now - 1000).toISOString(),
    properties,
    context: { page, locale: "sk-SK", library: { name: "doorstep.js", version: "1.0.0" } },
  };
  page.title = page.title.padEnd(
    page.title.length + EVENT_BYTES - JSON.stringify(whole).length,
    " and what to wear",
  );
  return whole;
}
