/** Whoever may see some sources sees nothing of the others: live, traces, quarantine, consent. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { dayOf } from "#consent/counts/days";
import { addCounts } from "#consent/counts/store";
import { maySeeSource } from "#console/access/session";
import type { Receipt } from "#contracts/messages/receipt";
import { DAY_MS } from "#core/clock";
import { insertFailures } from "#forward/failures/store";
import { land, showLive } from "#lake/receipts";
import type { Tally } from "#lake/tally";
import { SYSTEM } from "#privacy/actor";
import { publishRelease, request } from "../product.ts";
import { bearer, consoleOf, ROOT, tokenFor } from "./access-app.ts";
import { NOW } from "./access-team.ts";

const { ask } = consoleOf();
type Body = Record<string, unknown>;
const bodyOf = async (answer: Response) => (await answer.json()) as Body; // every answer is an object

const door = (eventId: string, source: string): Receipt => ({
  stage: "door",
  eventId,
  at: NOW,
  name: "page_view",
  source,
  outcome: "accepted",
});
const ingested = (eventId: string): Receipt => ({ stage: "ingest", eventId, at: NOW + 1, outcome: "folded" });

describe("whoever may see some sources", () => {
  it("sees their events alone, as many as were asked for", async () => {
    const others = Array.from({ length: 30 }, (_, n) => door(`app-${n}`, "app"));
    await showLive(env.LIVE_TAIL, [door("web-1", "web"), ingested("web-1"), door("web-2", "web"), ...others]);
    await showLive(env.LIVE_TAIL, [ingested("nobody-knows"), door("both", "web"), door("both", "app")]);
    const headers = bearer(await tokenFor("viewer", { sources: ["web"] }));
    const { events } = (await bodyOf(await ask("/live?limit=5", headers))) as {
      events: { event_id: string }[];
    };
    expect(events.map(({ event_id }) => event_id).sort()).toEqual(["web-1", "web-2"]);
    const all = (await bodyOf(await ask("/live?limit=500", ROOT))) as { events: unknown[] };
    expect(all.events).toHaveLength(34);
  });

  it("finds their traces alone, in the live ring and in R2", async () => {
    await showLive(env.LIVE_TAIL, [
      door("seen", "web"),
      ingested("seen"),
      door("hidden", "app"),
      ingested("hidden"),
    ]);
    await land(env.LAKE, "events", "b1", NOW, [door("landed", "web"), door("landed-hidden", "app")]);
    const headers = bearer(await tokenFor("viewer", { sources: ["web"] }));
    const status = async (path: string, by: Record<string, string> = headers) => (await ask(path, by)).status;
    const at = "?at=2026-11-22T10:30:00Z";
    expect(await status("/trace/seen")).toBe(200);
    expect(await status("/trace/hidden")).toBe(404);
    expect(await status("/trace/hidden", ROOT)).toBe(200);
    expect(await status(`/trace/landed${at}`)).toBe(200);
    expect(await status(`/trace/landed-hidden${at}`)).toBe(404);
    expect(await status(`/trace/landed-hidden${at}`, ROOT)).toBe(200);
  });
});

describe("of the quarantine, whoever may see some sources", async () => {
  const now = Date.now();
  const day = dayOf(now);
  const headers = bearer(await tokenFor("engineer", { sources: ["web"], expiresAt: now + DAY_MS }));
  const insert = (source: string, id: string) =>
    env.IDENTITY_0.prepare(
      `INSERT INTO quarantine_index (day, source, name, cause, id, received_at, status)
       VALUES (?1, ?2, 'purchase', 'unknown_event', ?3, ?4, 'kept')`,
    )
      .bind(day, source, id, now)
      .run();
  const post = async (path: string, cause: Body, by: Record<string, string> = headers) => {
    const answer = await request(`/admin/api/quarantine/${path}`, {
      method: "POST",
      headers: by,
      body: JSON.stringify({ cause }),
    });
    return [answer.status, await bodyOf(answer)] as const;
  };

  it("sees their groups alone", async () => {
    await insert("web", "q1");
    await insert("app", "q2");
    const groups = async (by: Record<string, string>) => {
      const answer = await request("/admin/api/quarantine", { headers: by });
      return ((await bodyOf(answer)).groups as { source: string }[]).map(({ source }) => source).sort();
    };
    expect(await groups(headers)).toEqual(["web"]);
    expect(await groups(ROOT)).toEqual(["app", "web"]);
  });

  it.each(["dry-run", "replay", "discard"])("names one of them, to do anything: %s", async (path) => {
    await publishRelease();
    for (const cause of [{}, { source: "app" }, { source: "" }, { cause: "unknown_event" }])
      expect(await post(path, cause)).toMatchObject([403, { code: "forbidden" }]);
  });

  it("discards theirs alone", async () => {
    expect(await post("discard", { source: "web" })).toEqual([200, { discarded: 1 }]);
    expect(await post("discard", {}, ROOT)).toEqual([200, { discarded: 1 }]);
  });
});

describe("of deliveries, whoever may see some sources", () => {
  it("sees and replays no failure: it names an event, and not its source", async () => {
    const now = Date.now();
    const itemId = "0123456789abcdef0123456789abcdef";
    await insertFailures(env.IDENTITY_0, [
      {
        itemId,
        destination: "hook",
        eventId: "evt",
        name: null,
        code: "http_400",
        detail: null,
        attempt: 3,
        at: now,
      },
    ]);
    const limited = bearer(await tokenFor("engineer", { sources: ["web"], expiresAt: now + DAY_MS }));
    const ask = async (path: string, method: string, headers: Record<string, string>) =>
      (await request(`/admin/api${path}`, { method, headers })).status;
    expect(await ask("/failures", "GET", limited)).toBe(403);
    expect(await ask(`/failures/${itemId}/replay`, "POST", limited)).toBe(403);
    expect(await ask("/failures", "GET", ROOT)).toBe(200);
  });
});

describe("of consent, whoever may see some sources", async () => {
  const now = Date.now();
  const headers = bearer(await tokenFor("viewer", { sources: ["web"], expiresAt: now + DAY_MS }));
  const get = async (path: string, by: Record<string, string>) =>
    bodyOf(await request(`/admin/api${path}`, { headers: by }));

  it("sees their rates and counts alone", async () => {
    await publishRelease();
    const tally = { day: dayOf(now), regime: "gdpr", country: "SK", granted: "a" } satisfies Partial<Tally>;
    await showLive(
      env.LIVE_TAIL,
      [],
      [
        { ...tally, source: "web", events: 5 },
        { ...tally, source: "app", events: 7 },
      ],
    );
    const past = dayOf(now - 3 * DAY_MS);
    const counted = { name: "page_view", country: "SK", content: "" };
    await addCounts(
      env.IDENTITY_0,
      [
        { id: "e1", source: "web", receivedAt: Date.parse(past), counts: [{ ...counted, events: 30 }] },
        { id: "e2", source: "app", receivedAt: Date.parse(past), counts: [{ ...counted, events: 40 }] },
      ],
      Date.parse(past),
    );
    const rates = (await get("/consent/rates", headers)) as { total: Body; sources: { key: string }[] };
    expect(rates.sources.map(({ key }) => key)).toEqual(["web"]);
    expect(rates.total).toMatchObject({ events: 35, counted: 30 });
    expect((await get("/consent/rates", ROOT)).total).toMatchObject({ events: 82 });
    expect(await get(`/consent/counts?from=${past}&to=${past}`, headers)).toMatchObject({ events: 30 });
    expect(await get(`/consent/counts?from=${past}&to=${past}`, ROOT)).toMatchObject({ events: 70 });
  });

  it("asks for no person: their decisions belong to no single source", async () => {
    const limited = bearer(await tokenFor("admin", { personal: true, sources: ["web"] }));
    const answer = await ask("/consent/ledger", limited, { visitor: "visitor_id:1.x" });
    expect([answer.status, (await bodyOf(answer)).code]).toEqual([403, "forbidden"]);
  });
});

describe("an actor without a limit", () => {
  it("sees every source, one with a limit none that is not named", () => {
    expect(maySeeSource(SYSTEM, "anything")).toBe(true);
    expect(maySeeSource({ ...SYSTEM, sources: ["web"] }, "web")).toBe(true);
    expect(maySeeSource({ ...SYSTEM, sources: ["web"] }, "web2")).toBe(false);
    expect(maySeeSource({ ...SYSTEM, sources: [] }, "web")).toBe(false);
  });
});
