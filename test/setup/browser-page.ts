/**
 * A site with the browser script in a real Chromium: a real HTTP server serves the pages and the script, plays the
 * door's part of the wire, records what it is sent and answers as the test says. Called by test/e2e/browser-script*.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from "vitest";
import { type Bundle, bundle, bundleMore } from "../../scripts/build-browser.ts";
import { checkEvent } from "../../src/collect/check.ts";
import { native } from "../../src/collect/protocols/native.ts";
import type { ProtocolRequest } from "../../src/collect/protocols/protocol.ts";
import { parseBody } from "../../src/door/consent/body.ts";
import { marksOf } from "../../src/door/consent/told.ts";
import { launchBrowser } from "./browser.ts";

export interface SentEvent {
  id: string;
  name: string;
  occurred_at: string;
  properties: Record<string, unknown>;
  context: { page: { url: string; title: string; referrer: string }; locale: string };
  user_id?: string;
  token?: string;
  traits?: Record<string, string>;
  consent?: Purposes;
}

export type Purposes = Record<"analytics" | "marketing" | "personalization", "granted" | "denied">;

export const GRANTED: Purposes = { analytics: "granted", marketing: "granted", personalization: "denied" };
export const DENIED: Purposes = { analytics: "denied", marketing: "denied", personalization: "denied" };

/** The page's side of the API, as the tests call it. */
export interface Api {
  doorstep: {
    track(name: string, properties?: Record<string, unknown>, extras?: Record<string, unknown>): void;
    page(properties?: Record<string, unknown>): void;
    identify(who: unknown, extras?: Record<string, unknown>): void;
    ecommerce(name: string, data: unknown): void;
    push(call: unknown[]): void;
    consent: {
      get(): { purposes: Purposes; explicit: boolean } | null;
      set(choices: Record<string, boolean>, more?: object): Promise<unknown>;
      onChange(callback: (state: { explicit: boolean }) => void): () => void;
    };
  };
}

/** What the server was sent, and how it answers. Reset before each test. */
export const door = {
  posts: [] as {
    path: string;
    status: number;
    writeKey: string;
    sentAt: string;
    type: string;
    events: SentEvent[];
  }[],
  consentCalls: [] as string[],
  /** What `PUT /consent` decided, and the whole bodies. */
  choices: [] as Purposes[],
  bodies: [] as Record<string, unknown>[],
  /** What the door reads in a consent string. */
  reads: DENIED,
  decision: null as Purposes | null,
  /** The regime's default, in force while there is no decision. */
  byDefault: DENIED,
  answerEvents: (): { status: number; retryAfter?: string } => ({ status: 202 }),
  answerConsent: (_method: string): number | Promise<number> => 200,
};

/** A page's HTML, or with it the headers of its answer. Paths that end in `.js` are scripts. */
export type SitePages = Record<string, string | { html: string; headers: Record<string, string> }>;

/** The two files of the script, as they are built. Set by `useSite`. */
export let core: Bundle;
export let more: Bundle;
export let origin = "";
export let context: BrowserContext;
export let page: Page;
/** What went wrong in the pages, and every URL that they asked for. */
export const pageErrors: string[] = [];
export const requested: string[] = [];
/** What of the script's requests the real door would not have taken. */
const refused: unknown[] = [];

export const TAG = `<script src="/doorstep.js" data-write-key="wk_demo" defer></script>`;
/** The same with more attributes. */
export const tagWith = (attributes: string): string => TAG.replace("defer", `defer ${attributes}`);
const CONTENT = `<meta name="doorstep:content" content='{"content_id":"first-winter","content_type":"article"}'>`;
export const html = (body: string, head = TAG): string =>
  `<!doctype html><html lang="en"><head><title>A page</title>${CONTENT}${head}</head><body>${body}</body></html>`;

const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
};

const decisionCookie = (purposes: Purposes, marks?: string): string => {
  const letters = { analytics: "a", marketing: "m", personalization: "p" } as const;
  const now = Math.floor(Date.now() / 1000);
  const granted = (Object.keys(letters) as (keyof Purposes)[]).filter(
    (purpose) => purposes[purpose] === "granted",
  );
  const payload = {
    p: granted.map((purpose) => letters[purpose]).join(""),
    r: "gdpr",
    t: now,
    x: now + 86_400,
    s: marks,
  };
  return `ds_consent=1.${Buffer.from(JSON.stringify(payload)).toString("base64url")}.c2lnbmF0dXJl; Path=/; SameSite=Lax`;
};

/** What the visitor chose, of a page that does not know what holds besides. */
const chosen = ({ choices = {} }: { choices?: Record<string, boolean> }): Partial<Purposes> =>
  Object.fromEntries(Object.entries(choices).map(([purpose, yes]) => [purpose, yes ? "granted" : "denied"]));

/** What the script records by itself; a test may track anything else under any name. */
const OWN_EVENTS = new Set(["page_view", "content_impression", "cta_click", "form_submit", "scroll"]);

/** What the door would not take of a batch: what it cannot read, and the script's own events against their contracts. */
function refusalsOf(body: unknown): unknown[] {
  const { events, unreadable, sentAt } = native.parse({ body } as ProtocolRequest); // it reads the body alone
  const ids = new Set<string>();
  const own = events.filter(({ name }) => OWN_EVENTS.has(name));
  const checked = own.map((event) => ({ event, check: checkEvent(event, sentAt, Date.now(), ids) }));
  return [...unreadable, ...checked.filter(({ check }) => !check.ok)];
}

const respond = async (
  pages: SitePages,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const path = new URL(request.url ?? "/", origin).pathname;
  const send = (type: string, text: string, headers: Record<string, string> = {}) =>
    response.writeHead(200, { "content-type": type, ...headers }).end(text);
  const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  const own = pages[path];
  if (own !== undefined) {
    const { html: text, headers } = typeof own === "string" ? { html: own, headers: {} } : own;
    send(path.endsWith(".js") ? "text/javascript" : "text/html", text, headers);
  } else if (/\/(doorstep|core)\.js$/.test(path)) {
    send("text/javascript", core.code);
  } else if (/\/(doorstep-)?more\.js$/.test(path)) {
    send("text/javascript", more.code);
  } else if (/\/(events|e)$/.test(path) && request.method === "POST") {
    const body = JSON.parse(await readBody(request));
    refused.push(...refusalsOf(body));
    const { status, retryAfter } = door.answerEvents();
    door.posts.push({
      path,
      status,
      writeKey: body.write_key,
      sentAt: body.sent_at,
      type: request.headers["content-type"] ?? "",
      events: body.events,
    });
    json(
      status,
      { accepted: body.events.length, rejected: [], dropped: [] },
      retryAfter ? { "retry-after": retryAfter } : {},
    );
  } else if (/\/(consent|c)$/.test(path)) {
    const method = request.method ?? "";
    const body = await readBody(request);
    door.consentCalls.push(method);
    const status = await door.answerConsent(method);
    if (status !== 200) return void json(status, {});
    if (method === "PUT") {
      const told = JSON.parse(body);
      try {
        parseBody(told);
      } catch (error) {
        refused.push(error);
        return void json(400, {});
      }
      door.bodies.push(told);
      const read = (told.tcf ?? told.gpp) ? door.reads : undefined;
      const decided = { ...(read ?? door.decision ?? door.byDefault), ...(told.purposes ?? chosen(told)) };
      door.decision = decided;
      door.choices.push(decided);
    }
    const { decision } = door;
    const state = {
      purposes: decision ?? door.byDefault,
      regime: "gdpr",
      explicit: !!decision,
      expires_at: null,
    };
    const marks = marksOf(door.bodies.at(-1) ?? {}, undefined);
    json(200, state, decision && method === "PUT" ? { "set-cookie": decisionCookie(decision, marks) } : {});
  } else {
    response.writeHead(200, { "content-type": "text/html" }).end();
  }
};

/** Every event in a batch that the server answered with 202, each id once, as the door would count them. */
export const accepted = (name?: string): SentEvent[] => {
  const byId = new Map(
    door.posts
      .filter((post) => post.status === 202)
      .flatMap((post) => post.events)
      .map((e) => [e.id, e]),
  );
  return [...byId.values()].filter((event) => !name || event.name === name);
};

export const eventually = (check: () => void | Promise<void>, timeout = 6_000) =>
  vi.waitFor(check, { timeout, interval: 50 });
export const settle = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
export const arrives = async (name: string, count = 1, timeout = 6_000): Promise<SentEvent[]> => {
  await eventually(() => expect(accepted(name).length).toBeGreaterThanOrEqual(count), timeout);
  expect(accepted(name)).toHaveLength(count);
  return accepted(name);
};

export const stored = (on = page) =>
  on.evaluate(() => JSON.parse(localStorage.getItem("ds_q") ?? "[]") as { id: string }[]);
export const track = (name: string, properties: Record<string, unknown> = {}, on = page) =>
  on.evaluate(([n, p]) => (window as never as Api).doorstep.track(n, p), [name, properties] as const);
export const choose = (choices: Record<string, boolean>) =>
  page.evaluate((c) => (window as never as Api).doorstep.consent.set(c), choices);

/** Opens a page whose visitor has decided on an earlier one. */
export const openDecided = async (path: string, purposes: Purposes): Promise<void> => {
  door.decision = purposes;
  const [pair = ""] = decisionCookie(purposes).split(";");
  const [name = "", value = ""] = pair.split("=");
  await context.addCookies([{ name, value, url: origin }]);
  await page.goto(origin + path);
};
export const openGranted = (path: string): Promise<void> => openDecided(path, GRANTED);

/** Opens the site for all tests of a file, and a fresh visitor for each. No test may ask another origin for anything. */
export function useSite(pages: SitePages, launch = launchBrowser): void {
  let server: Server;
  let browser: Browser;
  beforeAll(async () => {
    [core, more] = await Promise.all([bundle(), bundleMore()]);
    server = createServer(
      (request, response) => void respond(pages, request, response).catch(() => response.destroy()),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await launch();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });
  beforeEach(async () => {
    Object.assign(door, {
      posts: [],
      consentCalls: [],
      choices: [],
      bodies: [],
      reads: DENIED,
      decision: null,
      byDefault: DENIED,
      answerEvents: () => ({ status: 202 }),
      answerConsent: () => 200,
    });
    pageErrors.length = 0;
    requested.length = 0;
    refused.length = 0;
    context = await browser.newContext({ viewport: { width: 1000, height: 800 }, locale: "nb-NO" });
    context.on("page", (opened) => {
      opened.on("pageerror", (error) => pageErrors.push(error.message));
      opened.on("request", (request) => requested.push(request.url()));
    });
    page = await context.newPage();
  });
  afterEach(async () => {
    await context.close();
    expect(requested.filter((url) => new URL(url).origin !== origin)).toEqual([]);
    expect(refused).toEqual([]);
  });
}
