/**
 * The little of a browser that a played visitor needs: a cookie jar, pages with their content's metadata,
 * form posts that follow the redirect, and events queued per page and sent as the browser script sends them.
 */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { createCookieJar } from "./cookie-jar.ts";
import type { Persona } from "./persona.ts";

const REQUEST_TIMEOUT_MS = 10_000;
const WRITE_KEY = "wk_demo";

const receipt = z.object({
  accepted: z.number().default(0),
  dropped: z.union([z.number(), z.array(z.unknown())]).default(0),
  rejected: z.array(z.object({ code: z.string().optional() })).default([]),
});

/** What the run counts. `problems` are lines for the summary, with how often each came. */
export type Tally = {
  visitors: number;
  pages: number;
  events: number;
  accepted: number;
  dropped: number;
  rejected: number;
  problems: Map<string, number>;
};

/** A page that was opened. `content` is what its metadata says; `html` is its source. */
export type OpenedPage = {
  url: string;
  title: string;
  content: Record<string, unknown> | undefined;
  html: string;
};

/** What an event may have besides its properties. */
type EventExtras = { traits?: Record<string, string>; user_id?: string; token?: string };

/** One visitor's browser; see `openBrowser`. */
export type VisitorBrowser = {
  readonly page: OpenedPage;
  open(path: string): Promise<OpenedPage>;
  submit(path: string, fields: Record<string, string>): Promise<OpenedPage>;
  setConsent(granted: { analytics: boolean; marketing: boolean; personalization: boolean }): Promise<void>;
  /** @param more traits, and for a member who they are with the token that proves it */
  event(name: string, properties: Record<string, unknown>, more?: EventExtras): void;
  flush(): Promise<void>;
};

/** Opens a browser on the Worker at `origin`. `signal` ends everything it does. */
export function openBrowser(
  origin: string,
  persona: Persona,
  tally: Tally,
  signal: AbortSignal,
): VisitorBrowser {
  const jar = createCookieJar();
  if (persona.country !== null) jar.set("ds_dev_country", persona.country);
  let page: OpenedPage = { url: `${origin}/`, title: "", content: undefined, html: "" };
  let referrer = persona.referrer;
  let queue: Record<string, unknown>[] = [];

  async function request(
    path: string,
    init: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ): Promise<Response> {
    const response = await fetch(new URL(path, origin), {
      ...init,
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
      headers: {
        "user-agent": persona.userAgent,
        "accept-language": persona.language,
        cookie: jar.header(),
        ...(persona.globalPrivacyControl ? { "sec-gpc": "1" } : {}),
        ...init.headers,
      },
    });
    jar.store(response.headers.getSetCookie());
    return response;
  }

  async function show(path: string, response: Response): Promise<OpenedPage> {
    const html = await response.text();
    tally.pages += 1;
    if (!response.ok) note(tally, `GET ${path.split("?")[0]} answered ${response.status}`);
    referrer = page.html === "" ? persona.referrer : page.url;
    page = { url: new URL(path, origin).href, title: titleOf(html), content: contentOf(html), html };
    return page;
  }

  const open = async (path: string) =>
    show(path, await request(path, { headers: { accept: "text/html", referer: referrer } }));

  return {
    open,
    get page() {
      return page;
    },
    async submit(path, fields) {
      const response = await request(path, {
        method: "POST",
        headers: { origin, accept: "text/html", "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams(fields).toString(),
      });
      const location = response.headers.get("location");
      if (location === null) return show(path, response);
      await response.body?.cancel();
      const next = new URL(location, origin);
      return open(next.pathname + next.search);
    },
    async setConsent(granted) {
      const purposes = Object.fromEntries(
        Object.entries(granted).map(([purpose, yes]) => [purpose, yes ? "granted" : "denied"]),
      );
      const response = await request("/consent", {
        method: "PUT",
        headers: { origin, "content-type": "application/json" },
        body: JSON.stringify({ purposes }),
      });
      await response.body?.cancel();
      if (!response.ok) note(tally, `PUT /consent answered ${response.status}`);
    },
    event(name, properties, more = {}) {
      queue.push({
        id: randomUUID(),
        name,
        occurred_at: new Date().toISOString(),
        properties,
        context: { page: { url: page.url, title: page.title, referrer }, locale: persona.language },
        ...more,
      });
    },
    async flush() {
      const events = queue;
      queue = [];
      if (events.length === 0) return;
      tally.events += events.length;
      const response = await request("/events", {
        method: "POST",
        headers: { origin, referer: page.url, "content-type": "application/json" },
        body: JSON.stringify({ write_key: WRITE_KEY, sent_at: new Date().toISOString(), events }),
      });
      const answer = receipt.safeParse(await response.json().catch(() => undefined));
      if (!response.ok || !answer.success) return note(tally, `POST /events answered ${response.status}`);
      const { accepted, dropped, rejected } = answer.data;
      tally.accepted += accepted;
      tally.dropped += typeof dropped === "number" ? dropped : dropped.length;
      tally.rejected += rejected.length;
      for (const { code = "no code" } of rejected) note(tally, `an event was rejected: ${code}`);
    },
  };
}

/** Counts one problem for the summary. */
export function note(tally: Tally, problem: string): void {
  tally.problems.set(problem, (tally.problems.get(problem) ?? 0) + 1);
}

function titleOf(html: string): string {
  return unescapeHtml(/<title>([^<]*)<\/title>/.exec(html)?.[1] ?? "");
}

function contentOf(html: string): Record<string, unknown> | undefined {
  const found = /<meta name="doorstep:content" content='([^']*)'/.exec(html)?.[1];
  if (found === undefined) return undefined;
  const parsed = z.record(z.string(), z.unknown()).safeParse(JSON.parse(unescapeHtml(found)));
  return parsed.success ? parsed.data : undefined;
}

function unescapeHtml(text: string): string {
  return text
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replace(/&amp;|&#38;/g, "&");
}
