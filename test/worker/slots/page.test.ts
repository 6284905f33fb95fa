/**
 * Pages of the CMS behind us, streamed through: what is filled, and all that has to come through as it
 * is. Encodings on the wire, which only a real connection has, are in test/e2e/slots-page.test.ts.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import type { RequestContext } from "#door/context";
import { type PageDeps, servePage } from "#slots/serve";
import { IDENTITY } from "../ingest/envelopes.ts";
import { emptyStores } from "../setup.ts";

const NOW = Date.UTC(2026, 10, 20, 12);
const input: ReleaseInput = {
  slots: { hero: {}, side: {}, promo: { kind: "message" }, capped: {} },
  offers: {
    news: { slot: "hero", content: "news" },
    autumn: { slot: "side", content: "autumn", audience: { utm_campaign: "autumn" } },
    pop: { slot: "promo", content: "news" },
    thrice: { slot: "capped", content: "capped", caps: [{ count: 1, per: "lifetime", exact: true }] },
  },
  content: {
    news: { html: "<p>Nové čo</p>" },
    autumn: { html: "<p>{{utm_campaign}}, {{device}}</p>", template: true },
    capped: { html: "<p>once</p>" },
  },
  policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
};
const document = releaseSchema.parse(input);
beforeAll(emptyStores);

let visitors = 0;
const contextOf = (): RequestContext => ({
  settings: { TRACE_SLOTS: 0 } as RequestContext["settings"], // the one setting that this path reads
  keys: {} as RequestContext["keys"], // the cookies are opened before
  release: { version: 3, document },
  now: NOW,
  visitor: { id: "x", key: `visitor_id:1.page-${++visitors}` },
  address: undefined,
  gpc: false,
  country: undefined,
  region: undefined,
  place: { country: undefined, region: undefined, address: undefined },
  choice: undefined,
  signals: [],
  hasSession: false,
  consent: { receipt: "r", regime: "gdpr", granted: ["personalization"], grounds: {}, decidedAt: NOW },
  device: { type: "mobile", bot: false },
});

const later: Promise<unknown>[] = [];
const deps = (fetch: (request: Request) => Promise<Response>): PageDeps => ({
  kv: env.EDGE,
  identity: IDENTITY,
  lake: env.LAKE,
  live: env.LIVE_TAIL,
  visitors: env.VISITOR,
  db: env.IDENTITY_0,
  clock: () => Date.now(),
  startTimer: (ms, fire) => {
    const timer = setTimeout(fire, ms);
    return () => clearTimeout(timer);
  },
  random: () => 1,
  newId: () => crypto.randomUUID(),
  waitUntil: (work) => void later.push(work),
  withdrawn: async () => [],
  origin: "https://cms.internal",
  fetch,
});

const ask = (init: RequestInit = {}, path = "/") =>
  new Request(`https://shop.example${path}`, {
    ...init,
    headers: { accept: "text/html,*/*;q=0.8", ...(init.headers as Record<string, string>) },
  });
/** The answer to a request whose origin answers so, and what the origin was asked. */
async function serve(answer: Response | (() => Response), request = ask(), context = contextOf()) {
  const seen: Request[] = [];
  const response = await servePage(
    request,
    async () => context,
    deps(async (asked) => {
      seen.push(asked);
      return typeof answer === "function" ? answer() : answer;
    }),
  );
  return { response, seen: seen[0] as Request };
}
const HTML = { "content-type": "text/html; charset=utf-8" };
const html = (body: BodyInit, headers: Record<string, string> = {}, status = 200) =>
  new Response(body, { status, headers: { ...HTML, ...headers } });
const SLOT = '<div data-doorstep-slot="hero">old</div>';
const FILLED = '<div data-doorstep-slot="hero" data-doorstep-offer="news"><p>Nové čo</p></div>';
const bytes = (latin1: string) => Uint8Array.from(latin1, (character) => character.charCodeAt(0));
const latin1 = async (response: Response) =>
  new Uint8Array(await response.arrayBuffer()).reduce((text, byte) => text + String.fromCharCode(byte), "");

describe("a page", () => {
  it("in UTF-8 is filled as it is written", async () => {
    for (const type of [
      "text/html; charset=utf-8",
      'text/html;CHARSET="UTF-8"',
      " Text/HTML ;x=y; charset=utf8",
    ])
      expect(await (await serve(html(SLOT, { "content-type": type }))).response.text()).toBe(FILLED);
  });

  it.each([
    "text/html",
    "text/html; charset=windows-1250",
    "text/html; charset=iso-8859-2",
    "text/html; charset=Shift_JIS",
    "text/html; charset=gbk",
    "text/html; charset=",
  ])("of type %s keeps every byte, and what is put in reads the same in it", async (type) => {
    const raw = `<meta charset="windows-1250"><p title="\xe8\xf0">\xe8\x80\xff</p><div class="\xe8" data-doorstep-slot=hero>\xe8</div>\xfe`;
    const { response } = await serve(html(bytes(raw), { "content-type": type }));
    expect(await latin1(response)).toBe(
      raw.replace(
        "data-doorstep-slot=hero>\xe8",
        'data-doorstep-slot=hero data-doorstep-offer="news"><p>Nov&#233; &#269;o</p>',
      ),
    );
    expect(response.headers.get("content-type")).toBe(type);
  });

  it.each(["utf-16", "utf-16le", "iso-2022-jp", "klingon", "replacement"])(
    "in %s, which has no ASCII in its place, passes byte by byte",
    async (charset) => {
      const raw = `\xfe\xff\0<\0d\0i\0v${SLOT}`;
      const { response } = await serve(html(bytes(raw), { "content-type": `text/html; charset=${charset}` }));
      expect(await latin1(response)).toBe(raw);
    },
  );

  it("keeps what the origin says besides: cookies, policies, status text, language", async () => {
    const headers = new Headers({
      ...HTML,
      "content-security-policy": "default-src 'self'",
      link: "</a.css>; rel=preload",
      vary: "accept-language",
    });
    headers.append("set-cookie", "a=1; Path=/");
    headers.append("set-cookie", "b=2; HttpOnly; Expires=Wed, 21 Oct 2026 07:28:00 GMT");
    const { response } = await serve(new Response(SLOT, { headers }));
    expect(response.headers.getSetCookie()).toEqual(headers.getSetCookie());
    for (const name of ["content-security-policy", "link", "vary"])
      expect(response.headers.get(name)).toBe(headers.get(name));
    expect(response.headers.get("cache-control")).toBe("private, no-store");
  });

  it("of a campaign is that campaign's from the first request on, by a template", async () => {
    const slot = '<div data-doorstep-slot="side">old</div>';
    const { response } = await serve(html(slot), ask({}, "/?utm_campaign=autumn&x=1"));
    expect(await response.text()).toContain("<p>autumn, mobile</p>");
    expect(await (await serve(html(slot), ask({}, "/?utm_campaign=spring"))).response.text()).toBe(slot);
  });

  it.each([
    [
      "no end tags",
      `<html><body><p>a<p>b<ul><li>c<li>d</ul>${SLOT}<p>e`,
      `<html><body><p>a<p>b<ul><li>c<li>d</ul>${FILLED}<p>e`,
    ],
    [
      "a slot of an element whose end may be left out",
      `<ul><li data-doorstep-slot=hero>a<li>b</ul>${SLOT}`,
      `<ul><li data-doorstep-slot=hero>a<li>b</ul>${SLOT}`,
    ],
    [
      "a slot in a title and a textarea",
      `<title>${SLOT}</title><textarea>${SLOT}</textarea>${SLOT}`,
      `<title>${SLOT}</title><textarea>${SLOT}</textarea>${FILLED}`,
    ],
    [
      "a slot in an image",
      `<svg><g data-doorstep-slot="hero"></g></svg><svg/>${SLOT}`,
      `<svg><g data-doorstep-slot="hero"></g></svg><svg/>${FILLED}`,
    ],
    [
      "a slot in a formula",
      `<math><mi data-doorstep-slot="hero"></mi></math>${SLOT}`,
      `<math><mi data-doorstep-slot="hero"></mi></math>${FILLED}`,
    ],
    [
      "a slot that its script fills",
      `<div data-doorstep-slot="hero" data-doorstep-client>old</div>${SLOT}`,
      `<div data-doorstep-slot="hero" data-doorstep-client>old</div>${FILLED}`,
    ],
    [
      "a message's slot",
      '<div data-doorstep-slot="promo">old</div>',
      '<div data-doorstep-slot="promo">old</div>',
    ],
  ])("with %s is what it was otherwise", async (_title, page, expected) =>
    expect(await (await serve(html(page))).response.text()).toBe(expected),
  );

  it("of 10 MB goes through in pieces, the first before the last is made", async () => {
    const piece = new TextEncoder().encode(`<p class="x">${"a".repeat(1_000)}</p>`.repeat(64));
    let made = 0;
    let most = 0;
    let read = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (made === 160) controller.close();
          else controller.enqueue(made++ === 80 ? new TextEncoder().encode(SLOT) : piece);
        },
      },
      { highWaterMark: 0 },
    );
    const { response } = await serve(html(body));
    let size = 0;
    for await (const part of response.body ?? []) {
      read++;
      size += part.length;
      most = Math.max(most, made * piece.length - size);
    }
    expect(size).toBe(159 * piece.length + new TextEncoder().encode(FILLED).length);
    expect(read).toBeGreaterThan(100);
    // What lies between the origin and the visitor at any time.
    expect(most).toBeLessThan(8 * piece.length);
  });

  it("that comes slowly begins at once", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const { response } = await serve(html(readable));
    const reader = response.body?.getReader();
    const written = writer.write(new TextEncoder().encode("<p>first</p>"));
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("<p>first</p>");
    await written;
    await writer.abort(new Error("the origin is gone"));
    // It ends as it would have without us: broken, not whole.
    await expect(reader?.read()).rejects.toThrow();
  });
});

describe("what is no page", () => {
  const untouched = async (answer: Response, request = ask()) => {
    const { response } = await serve(answer, request);
    expect(response).toBe(answer);
  };
  it.each([
    ["an error page", html(SLOT, {}, 500)],
    ["a page that is not found", html(SLOT, {}, 404)],
    ["a part of a page", html(SLOT, { "content-range": "bytes 0-9/99" }, 206)],
    ["no content", new Response(null, { status: 204, headers: HTML })],
    ["no change", new Response(null, { status: 304, headers: { ...HTML, etag: '"1"' } })],
    ["a page that nobody may change", html(SLOT, { "cache-control": "public, No-Transform" })],
    ["a page that is a download", html(SLOT, { "content-disposition": "attachment; filename=a.html" })],
    ["a page in a packing that we cannot read", html(SLOT, { "content-encoding": "zstd" })],
    ["an answer without a type", new Response(bytes(SLOT))],
    ["another type that begins alike", html(SLOT, { "content-type": "text/html-sandboxed" })],
    ["XHTML", html(SLOT, { "content-type": "application/xhtml+xml" })],
    ["a stream of events", html("data: 1\n\n", { "content-type": "text/event-stream" })],
    ["JSON", html("{}", { "content-type": "application/json" })],
  ])("%s comes through as it is", (_title, answer) => untouched(answer));

  it.each([
    ["a part", ask({ headers: { range: "bytes=0-9" } })],
    ["a form", ask({ method: "POST", body: "a=1" })],
    ["a deletion", ask({ method: "DELETE" })],
  ])("the answer to whoever asks for %s comes through as it is", (_title, request) =>
    untouched(html(SLOT), request),
  );

  it("a form's body reaches the origin byte by byte, as it streams", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const body = bytes("a=\xe8\0&b=%C4%8D");
    const request = ask({
      method: "PATCH",
      body: readable,
      headers: { "content-type": "application/x-www-form-urlencoded", expect: "100-continue" },
    });
    void writer.write(body).then(() => writer.close());
    const { seen } = await serve(
      new Response(null, { status: 303, headers: { location: "https://cms.internal/done" } }),
      request,
    );
    expect(seen.method).toBe("PATCH");
    expect(new Uint8Array(await seen.arrayBuffer())).toEqual(body);
    expect(seen.headers.get("content-type")).toBe("application/x-www-form-urlencoded");
  });

  it("a web socket is the origin's own", async () => {
    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    server.addEventListener("message", ({ data }) => server.send(`heard ${data}`));
    const { response, seen } = await serve(
      new Response(null, { status: 101, webSocket: client }),
      ask({ headers: { upgrade: "websocket", accept: "*/*" } }),
    );
    expect(seen.headers.get("upgrade")).toBe("websocket");
    const socket = response.webSocket;
    socket?.accept();
    const heard = new Promise((resolve) => socket?.addEventListener("message", ({ data }) => resolve(data)));
    socket?.send("hello");
    expect(await heard).toBe("heard hello");
    socket?.close();
  });

  it("the head of a page is nothing that a cache could take for news of its own", async () => {
    const head = html("", { etag: '"1"', "cache-control": "public", "content-length": "9" });
    const { response } = await serve(head, ask({ method: "HEAD" }));
    expect(response.headers.get("etag")).toBeNull();
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    const image = new Response(null, { headers: { "content-type": "image/png", etag: '"1"' } });
    expect((await serve(image, ask({ method: "HEAD" }))).response).toBe(image);
  });
});

describe("the origin", () => {
  it("is asked only for packings that we can read, and that the browser knows", async () => {
    const asked = async (accepted: string, accept = "text/html") =>
      (await serve(html(SLOT), ask({ headers: { accept, "accept-encoding": accepted } }))).seen.headers.get(
        "accept-encoding",
      );
    expect(await asked("gzip, deflate, br, zstd")).toBe("gzip, br");
    expect(await asked("zstd, br;q=0.5")).toBe("br;q=0.5");
    expect(await asked("zstd")).toBe("identity");
    expect(await asked("zstd", "image/*")).toBe("zstd");
  });

  it("that cannot be reached is a page that says so, to whoever asked for one", async () => {
    const gone = deps(() => Promise.reject(new Error("refused")));
    const response = await servePage(ask(), async () => contextOf(), gone);
    expect(response.status).toBe(502);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.text()).toMatch(/<h1>The site cannot be reached<\/h1>.*origin_unreachable/s);
    const file = servePage(ask({ headers: { accept: "image/*" } }), async () => contextOf(), gone);
    await expect(file).rejects.toMatchObject({ status: 502, code: "origin_unreachable" });
  });
});

describe("a page that is asked for ahead", () => {
  const page = html.bind(undefined, '<div data-doorstep-slot="capped">old</div>');
  const seenBy = async (context: RequestContext, headers: Record<string, string> = {}) =>
    (await (await serve(() => page(), ask({ headers }), context)).response.text()).includes("once");

  it.each([{ "sec-purpose": "prefetch;prerender" }, { purpose: "prefetch" }, { "x-moz": "prefetch" }])(
    "with %j takes nothing of what is counted",
    async (headers) => {
      const context = contextOf();
      expect(await seenBy(context, headers as Record<string, string>)).toBe(false);
      expect(await seenBy(context)).toBe(true);
      await Promise.all(later);
      expect(await seenBy({ ...context, now: NOW + 60_000 })).toBe(false);
    },
  );

  it("and is not there gives back what was taken for it", async () => {
    const context = contextOf();
    await serve(html("gone", {}, 404), ask(), context);
    await Promise.all(later);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await seenBy(context)).toBe(true);
  });
});
