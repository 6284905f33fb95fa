/** The slots path, top to bottom, with real KV and the real live tail. */
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import { Problem } from "#core/problem";
import type { RequestContext } from "#door/context";
import type { Session } from "#door/session";
import { compileFeatures } from "#segments/compile";
import type { EdgeSnapshot } from "#segments/snapshot";
import { deleteSnapshot, readAtEdge, withdrawSnapshot, writeSnapshot } from "#segments/store";
import { slotsRoutes } from "#slots/routes";
import { type PageDeps, servePage, serveSlot } from "#slots/serve";
import type { Settings } from "../../../src/env.ts";
import { remembering } from "../../setup/remembering.ts";
import { IDENTITY } from "../ingest/envelopes.ts";
import { emptyStores } from "../setup.ts";

const NOW = Date.UTC(2026, 10, 20, 12);
const VISITOR = "visitor_id:1.AbC-_d";

const input: ReleaseInput = {
  features: { purchases: { event: "purchase", agg: "count" } },
  segments: { loyal: { when: { purchases: { $gte: 2 } } } },
  slots: { hero: { fallback: "default" }, side: {}, teaser: { kind: "json" } },
  offers: {
    thanks: { slot: "hero", audience: { segments: { $in: ["loyal"] } }, priority: 9, content: "thanks" },
    news: { slot: "teaser", content: "news" },
  },
  content: {
    default: { html: "<p>Hello</p>" },
    thanks: { html: "<p>Thanks</p>" },
    news: { data: { title: "N" } },
  },
  policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
};
const document = releaseSchema.parse(input);
const [purchases] = compileFeatures(document);

const snapshot = (version: number, count: number): EdgeSnapshot => ({
  v: 1,
  version,
  asOf: NOW - 60_000,
  release: 1,
  state: "anonymous",
  segments: [],
  features: { [purchases?.hash ?? ""]: count },
  granted: "personalization",
});
const session: Session = {
  id: "s",
  number: 1,
  startedAt: NOW - 1_000,
  lastAt: NOW,
  recent: [],
  impressions: {},
  first: false,
};

/** A request's context as the door makes it. */
function contextOf(
  changes: { session?: Session; granted?: RequestContext["consent"]["granted"]; key?: string } = {},
): RequestContext {
  const { granted = ["personalization"], key = VISITOR } = changes;
  return {
    settings: { TRACE_SLOTS: 0.5 } as RequestContext["settings"], // the one setting that this path reads
    keys: {} as RequestContext["keys"], // the cookies are opened before
    release: { version: 3, document },
    now: NOW,
    visitor: { id: "x", key, ...(changes.session && { session: changes.session }) },
    address: undefined,
    gpc: false,
    country: undefined,
    region: undefined,
    place: { country: undefined, region: undefined, address: undefined },
    choice: undefined,
    signals: [],
    hasSession: false,
    consent: { receipt: "r", regime: "gdpr", granted, grounds: {}, decidedAt: NOW },
    device: { type: "desktop", bot: false },
  };
}

let reads: string[];
let later: Promise<unknown>[];
beforeAll(emptyStores);
beforeEach(() => {
  reads = [];
  later = [];
});

/** KV that notes what is read, and answers after a while or not at all. */
const kvThat = (get: (key: string) => Promise<string | null>) =>
  ({
    get: (key: string) => {
      reads.push(key);
      return get(key);
    },
  }) as unknown as KVNamespace; // only `get` is called on this path

const deps = (changes: Partial<PageDeps> = {}): PageDeps => ({
  kv: kvThat((key) => env.EDGE.get(key)),
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
  random: () => 0.9,
  newId: () => crypto.randomUUID(),
  waitUntil: (work) => void later.push(work),
  withdrawn: async () => [],
  origin: "https://cms.internal",
  fetch: () => Promise.reject(new Error("not expected")),
  ...changes,
});
const hero = (context: RequestContext, changes: Partial<PageDeps> = {}, accept = "application/json") =>
  serveSlot(
    context,
    { slot: "hero", accept, explain: true, wanted: () => ({}), isPrefetch: () => false },
    deps(changes),
  );
const outcome = async (response: Response | Promise<Response>) => {
  const body = await (await response).json<{ offer: string | null; losers: { reason: string }[] }>();
  return body.offer ?? body.losers[0]?.reason;
};

describe("a slot", () => {
  it("shows what the snapshot and the session say together, after one KV read in ten seconds", async () => {
    await writeSnapshot(env.EDGE, VISITOR, snapshot(1, 1));
    const { kv } = deps();
    expect(await outcome(hero(contextOf(), { kv }))).toBe("audience");
    const bought = remembering(session, [{ at: NOW - 500, name: "purchase", fields: {} }]);
    expect(await outcome(hero(contextOf({ session: bought }), { kv }))).toBe("thanks");
    await hero({ ...contextOf({ session: bought }), now: NOW + 9_999 }, { kv });
    expect(reads).toEqual(["edge:AbC-_d"]);
    // Nothing is held from the future, either.
    for (const now of [NOW + 10_000, NOW]) {
      reads = [];
      await hero({ ...contextOf(), now }, { kv });
      expect(reads).toEqual(["edge:AbC-_d"]);
    }
  });

  it("holds nothing that has changed, was withdrawn or erased", async () => {
    const key = "visitor_id:1.changing";
    const shown = () => outcome(hero(contextOf({ key }), { kv: env.EDGE }));
    await writeSnapshot(env.EDGE, key, snapshot(1, 1));
    expect(await shown()).toBe("audience");
    await writeSnapshot(env.EDGE, key, snapshot(1, 2));
    expect(await shown()).toBe("thanks");
    await withdrawSnapshot(env.EDGE, key, NOW + 1);
    expect(await shown()).toBe("no_consent");
    await writeSnapshot(env.EDGE, key, snapshot(1, 3));
    expect(await shown()).toBe("thanks");
    await deleteSnapshot(env.EDGE, key);
    expect(await shown()).toBe("audience");
  });

  it("is JSON or a fragment, and never for a shared cache", async () => {
    await writeSnapshot(env.EDGE, VISITOR, snapshot(1, 2));
    const json = await hero(contextOf());
    expect(await json.json()).toEqual({
      slot: "hero",
      kind: "html",
      outcome: "offer",
      offer: "thanks",
      content: { html: "<p>Thanks</p>" },
      losers: [],
      holdout: false,
      segments: ["loyal"],
    });
    const fragment = await hero(contextOf(), {}, "text/html");
    expect(await fragment.text()).toBe("<p>Thanks</p>");
    expect(fragment.headers.get("content-type")).toBe("text/html; charset=utf-8");
    for (const { headers } of [json, fragment]) {
      expect(headers.get("cache-control")).toBe("private, no-store");
      expect(headers.get("vary")).toBe("cookie");
    }
  });

  it("reads nothing without consent to personalization, or before a snapshot can exist", async () => {
    await writeSnapshot(env.EDGE, VISITOR, snapshot(1, 2));
    expect(await outcome(hero(contextOf({ granted: ["analytics", "marketing"] })))).toBe("no_consent");
    expect(await outcome(hero(contextOf({ session: { ...session, first: true } })))).toBe("audience");
    expect(reads).toEqual([]);
    // Ten minutes into it it does: a server may have told something meanwhile.
    const long = { ...session, first: true, startedAt: NOW - 601_000 };
    expect(await outcome(hero(contextOf({ session: long })))).toBe("thanks");
  });

  it("falls back when the read takes longer than its budget, or fails", async () => {
    const never = kvThat(() => new Promise(() => {}));
    expect(await outcome(hero(contextOf(), { kv: never }))).toBe("budget");
    const broken = kvThat(() => Promise.reject(new Error("KV is down")));
    const response = await hero(contextOf(), { kv: broken });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ outcome: "fallback", content: { html: "<p>Hello</p>" } });
  });

  it("takes a malformed snapshot for none", async () => {
    for (const text of ["{", "[]", '{"v":1}']) {
      await env.EDGE.put("edge:broken", text);
      expect((await readAtEdge(env.EDGE, "visitor_id:1.broken")).snapshot).toBeUndefined();
      expect(await outcome(hero(contextOf({ key: "visitor_id:1.broken" })))).toBe("audience");
    }
  });

  it("shows a share of its decisions to the operator", async () => {
    const { traceOf } = {
      traceOf: (id: string) => env.LIVE_TAIL.get(env.LIVE_TAIL.idFromName("tail")).traceOf(id),
    };
    await hero(contextOf(), { random: () => 0.5 });
    expect(later).toEqual([]);
    await hero(contextOf({ granted: [] }), { random: () => 0.4, newId: () => "decision-1" });
    await Promise.all(later);
    expect((await traceOf("decision-1"))?.receipts).toEqual([
      {
        stage: "slot",
        eventId: "decision-1",
        at: NOW,
        slot: "hero",
        release: 3,
        outcome: "fallback",
        segments: [],
        losers: [{ offer: "thanks", reason: "no_consent" }],
      },
    ]);
  });
});

describe("the routes", () => {
  // A visitor whose purchases are not enough for the offer.
  beforeAll(() => writeSnapshot(env.EDGE, VISITOR, snapshot(1, 0)));

  const app = (explainAllowed = false) => {
    const routes = new Hono();
    const slots = slotsRoutes({
      settings: { SOURCES: [] as Settings["SOURCES"] } as Settings, // what the routes read of them
      clock: () => NOW,
      context: async () => contextOf(),
      deps: () => deps(),
      explainAllowed: () => explainAllowed,
    });
    routes.get("/slots/:slot", slots.one);
    routes.post("/slots", slots.several);
    routes.onError((error) =>
      error instanceof Problem ? error.toResponse() : new Response("?", { status: 500 }),
    );
    return routes;
  };
  const post = (body: unknown, routes = app()) =>
    routes.request("/slots", {
      method: "POST",
      body: typeof body === "string" ? body : JSON.stringify(body),
    });

  it("answer one slot", async () => {
    expect(await (await app().request("/slots/hero")).json()).toEqual({
      slot: "hero",
      kind: "html",
      outcome: "fallback",
      offer: null,
      content: { html: "<p>Hello</p>" },
    });
    expect((await app().request("/slots/side", { headers: { accept: "text/html" } })).status).toBe(204);
    expect(await (await app().request("/slots/side")).json()).toMatchObject({
      outcome: "fallback",
      content: null,
    });
    expect(await (await app().request("/slots/teaser")).json()).toMatchObject({
      offer: "news",
      content: { data: { title: "N" } },
    });
  });

  it.each(["nope", "constructor", "__proto__", "%00"])("know no slot %s", async (slot) => {
    const response = await app().request(`/slots/${slot}`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: "unknown_slot" });
    expect(reads).toEqual([]);
  });

  it("explain only where that is allowed", async () => {
    expect(await (await app().request("/slots/hero?explain=1")).json()).not.toHaveProperty("losers");
    expect(await (await app(true).request("/slots/hero?explain=1")).json()).toMatchObject({
      losers: [{ offer: "thanks" }],
    });
    expect(await (await app(true).request("/slots/hero")).json()).not.toHaveProperty("losers");
  });

  it("answer several slots at once; an unknown one harms only itself", async () => {
    const response = await post({ slots: ["hero", "nope", "side", "hero"], explain: true });
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    expect(await response.json()).toEqual({
      personal: true,
      slots: [
        { slot: "hero", kind: "html", outcome: "fallback", offer: null, content: { html: "<p>Hello</p>" } },
        { slot: "nope", code: "unknown_slot" },
        { slot: "side", kind: "html", outcome: "fallback", offer: null, content: null },
      ],
    });
    expect(reads).toEqual(["edge:AbC-_d"]);
  });

  it.each([
    ["{", "invalid_json"],
    ["", "empty_body"],
    ["null", "invalid_slots"],
    ["[]", "invalid_slots"],
    [{ slots: [] }, "invalid_slots"],
    [{ slots: [1] }, "invalid_slots"],
    [{ slots: Array(51).fill("hero") }, "invalid_slots"],
  ])("refuse %j with %s", async (body, code) => {
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code });
  });
});

describe("a page of the CMS", () => {
  const PAGE =
    '<html><div data-doorstep-slot="hero">base</div><div data-doorstep-slot="side">base</div></html>';
  const html = { "content-type": "text/html", etag: '"1"', "cache-control": "public, max-age=60" };
  const page = (response: () => Response = () => new Response(PAGE, { headers: html })) => ({
    fetch: async () => response(),
  });
  const get = (accept = "text/html", init: RequestInit = {}) =>
    new Request("https://shop.example/", { headers: { accept }, ...init });

  it("is personal in its very HTML", async () => {
    await writeSnapshot(env.EDGE, VISITOR, snapshot(1, 2));
    const response = await servePage(get(), async () => contextOf(), deps(page()));
    expect(await response.text()).toBe(
      '<html><div data-doorstep-slot="hero" data-doorstep-offer="thanks"><p>Thanks</p></div><div data-doorstep-slot="side">base</div></html>',
    );
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    expect(response.headers.get("etag")).toBeNull();
  });

  it("keeps its baseline when the context cannot be made", async () => {
    const response = await servePage(get(), () => Promise.reject(new Error("no release")), deps(page()));
    expect(await response.text()).toBe(PAGE);
  });

  it.each([
    ["a file", "image/png", () => new Response("png", { headers: { "content-type": "image/png" } })],
    ["an error page", "text/html", () => new Response("oops", { status: 500, headers: html })],
    ["a part of a page", "text/html", () => new Response("part", { status: 206, headers: html })],
  ])("%s passes untouched", async (_title, accept, response) => {
    const answer = response();
    const served = await servePage(get(accept), async () => contextOf(), deps({ fetch: async () => answer }));
    expect(served).toBe(answer);
  });

  it("costs nothing but itself where it is a file, or the answer to a form", async () => {
    const context = () => Promise.reject(new Error("not expected"));
    await servePage(get("*/*"), context, deps({ fetch: async () => new Response("x") }));
    await servePage(get("text/html", { method: "POST", body: "a=1" }), context, deps(page()));
    expect(reads).toEqual([]);
  });

  it("is a 502 only where the origin cannot be reached", async () => {
    expect((await servePage(get(), async () => contextOf(), deps())).status).toBe(502);
    await expect(servePage(get("*/*"), async () => contextOf(), deps())).rejects.toMatchObject({
      status: 502,
    });
  });
});
