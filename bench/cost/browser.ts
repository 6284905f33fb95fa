/** A visitor's browser: its cookies, and the requests that its actions become. */
import type { Action, PlayedEvent, TimedAction, Visitor } from "./traffic.ts";

export const SITE = "https://shop.example.com";
export const BASE_PATH = "/ds";
export const WRITE_KEY = "wk_cost";

/** A browser waits this long for more events; see src/browser/limits.ts. */
const BATCH_DELAY_SECONDS = 1;

export type Sent = { after: number } & (
  | { kind: Exclude<Action["kind"], "event">; action: Exclude<Action, { kind: "event" }> }
  | { kind: "events"; events: { after: number; event: PlayedEvent }[] }
);

/** The requests of a visit, with so many events in each that carries some, in the order in which they leave. */
export function requestsOf(visit: readonly TimedAction[], eventsEach: number): Sent[] {
  const sent: Sent[] = [];
  let waiting: { after: number; event: PlayedEvent }[] = [];
  const flush = () => {
    const last = waiting.at(-1);
    if (last)
      sent.push({
        kind: "events",
        after: last.after + (eventsEach > 1 ? BATCH_DELAY_SECONDS : 0),
        events: waiting,
      });
    waiting = [];
  };
  for (const { after, action } of visit) {
    if (action.kind !== "event") {
      sent.push({ kind: action.kind, after, action });
      continue;
    }
    waiting.push({ after, event: action.event });
    if (waiting.length === eventsEach) flush();
  }
  flush();
  return sent.sort((a, b) => a.after - b.after);
}

export interface Browser {
  /** @param now epoch ms of the request */
  request(sent: Sent, now: number, newId: () => string): Request;
  /** Whether it still has the answer to such a request, as its `Cache-Control` allowed. */
  has(sent: Sent, now: number): boolean;
  /** Keep the answer's cookies, and the script for as long as it may be kept. */
  keep(sent: Sent, response: Response, now: number): void;
}

export function openBrowser({ userAgent, country }: Visitor): Browser {
  const cookies = new Map<string, string>();
  let scriptUntil = 0;
  const make = (path: string, method: string, headers: Record<string, string>, body?: string): Request => {
    const request = new Request(`${SITE}${path}`, {
      method,
      headers: {
        "user-agent": userAgent,
        "accept-language": "sk-SK,sk;q=0.9",
        "sec-fetch-site": "same-origin",
        ...(cookies.size > 0 && {
          cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
        }),
        ...(body !== undefined && { origin: SITE, "content-length": String(Buffer.byteLength(body)) }),
        ...headers,
      },
      ...(body !== undefined && { body }),
    });
    Object.defineProperty(request, "cf", { value: { country, colo: "VIE" } });
    return request;
  };
  return {
    request(sent, now, newId) {
      switch (sent.kind) {
        case "page":
          return make(sent.action.kind === "page" ? sent.action.path : "/", "GET", { accept: "text/html" });
        case "script":
          return make(`${BASE_PATH}/doorstep.js`, "GET", { accept: "*/*" });
        case "slot":
          return make(`${BASE_PATH}/slots/hero`, "GET", { accept: "application/json" });
        case "ask_consent":
          return make(`${BASE_PATH}/consent`, "GET", { accept: "application/json" });
        case "consent": {
          const purposes = sent.action.kind === "consent" ? words(sent.action.granted) : {};
          return make(
            `${BASE_PATH}/consent`,
            "PUT",
            { "content-type": "application/json" },
            JSON.stringify({ purposes }),
          );
        }
        case "events": {
          const events = sent.events.map(({ after, event }) =>
            wireEvent(event, now - (sent.after - after) * 1000, newId),
          );
          const body = JSON.stringify({ write_key: WRITE_KEY, sent_at: new Date(now).toISOString(), events });
          return make(`${BASE_PATH}/events`, "POST", { "content-type": "text/plain" }, body);
        }
      }
    },
    has: (sent, now) => sent.kind === "script" && now < scriptUntil,
    keep(sent, response, now) {
      const seconds = /max-age=(\d+)/.exec(response.headers.get("cache-control") ?? "")?.[1];
      if (sent.kind === "script") scriptUntil = now + Number(seconds ?? 0) * 1000;
      for (const line of response.headers.getSetCookie()) {
        const [pair = ""] = line.split(";", 1);
        const cut = pair.indexOf("=");
        if (/max-age=0/i.test(line)) cookies.delete(pair.slice(0, cut));
        else cookies.set(pair.slice(0, cut), pair.slice(cut + 1));
      }
    },
  };
}

const words = (granted: Record<string, boolean>): Record<string, string> =>
  Object.fromEntries(Object.entries(granted).map(([purpose, yes]) => [purpose, yes ? "granted" : "denied"]));

/** As the browser script makes it. */
function wireEvent({ name, properties, traits, page }: PlayedEvent, at: number, newId: () => string) {
  return {
    id: newId(),
    name,
    occurred_at: new Date(at).toISOString(),
    properties,
    ...(traits && { traits }),
    context: {
      page: { url: `${SITE}${page}`, title: "Fjell & Fjord: stories from outdoors", referrer: `${SITE}/` },
      locale: "sk-SK",
    },
  };
}
