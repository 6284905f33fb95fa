/** `GET /admin/api/consent/rates` and `/consent/counts`, with the real object and D1. */
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { beforeEach, describe, expect, it } from "vitest";
import type { CountGroup } from "#consent/counts/report";
import { addCounts } from "#consent/counts/store";
import { consentRoutes } from "#console/consent";
import type { Rate, Rates } from "#console/consent-rates";
import { Problem } from "#core/problem";
import { showLive } from "#lake/receipts";
import type { Tally } from "#lake/tally";
import { type Actor, SYSTEM } from "#privacy/actor";
import { keyring } from "#privacy/keys";
import { IDENTITY } from "../ingest/envelopes.ts";
import { publishRelease } from "../product.ts";

const NOW = Date.parse("2026-11-22T10:30:00Z");
const DAY = 86_400_000;
const db = env.IDENTITY_0;

const app = new Hono<{ Variables: { actor: Actor } }>()
  .use((c, next) => {
    c.set("actor", SYSTEM);
    return next();
  })
  .route(
    "/",
    consentRoutes({
      audit: async () => {},
      now: () => NOW,
      identity: IDENTITY,
      db,
      lake: env.LAKE,
      liveTail: env.LIVE_TAIL,
      kv: env.EDGE,
      keys: () => keyring("test-master-secret-0123456789abcdef"),
    }),
  )
  .onError((error) => {
    if (error instanceof Problem) return error.toResponse();
    throw error;
  });
async function ask<T>(path: string) {
  const response = await app.request(path);
  return { status: response.status, body: (await response.json()) as T & { code?: string } };
}

const tally = (differs: Partial<Tally>): Tally => ({
  day: "2026-11-22",
  source: "web",
  regime: "gdpr",
  country: "SK",
  granted: "a",
  events: 1,
  ...differs,
});
let envelopes = 0;
const count = (events: number, receivedAt: number, country = "SK") =>
  addCounts(
    db,
    [
      {
        id: `c${envelopes++}`,
        source: "web",
        receivedAt,
        counts: [{ name: "page_view", country, content: "", events }],
      },
    ],
    receivedAt,
  );

beforeEach(async () => {
  await db.prepare("DELETE FROM anonymous_counts").run();
});

describe("rates", () => {
  const keyed = (rates: readonly Rate[]) => rates.map(({ key, events, counted }) => [key, events, counted]);

  it("are of the days that are asked for, and know of what was counted anonymously on days that are over", async () => {
    await publishRelease();
    await showLive(
      env.LIVE_TAIL,
      [],
      [
        tally({ events: 30, granted: "amp" }),
        tally({ events: 10, granted: "", country: "US", regime: "us" }),
        tally({ events: 5, day: "2026-11-21" }),
        tally({ events: 1000, day: "2026-11-15" }),
      ],
    );
    await count(40, NOW - DAY);
    await count(19, NOW - DAY, "CZ"); // too few to be seen, here too
    await count(500, NOW); // the day is not over
    const { body } = await ask<Rates & { from: string; to: string }>("/consent/rates");
    expect(body).toMatchObject({ from: "2026-11-16", to: "2026-11-22" });
    expect(keyed([body.total])).toEqual([["all", 85, 40]]);
    expect(keyed(body.regimes)).toEqual([
      ["gdpr", 75, 40],
      ["us", 10, 0],
    ]);
    expect(keyed(body.countries)).toEqual([
      ["SK", 75, 40],
      ["US", 10, 0],
    ]);
    expect(body.total.granted).toEqual({ analytics: 35, marketing: 30, personalization: 30 });
    expect(body.regimes[0]?.shares.marketing).toBe(0.4);
    expect((await ask<Rates>("/consent/rates?days=1")).body.total.events).toBe(40);
    expect((await ask<Rates>("/consent/rates?days=8")).body.total.events).toBe(1085);
  });

  it.each(["0", "91", "-1", "1.5", "x", ""])("of %j days are refused", async (days) => {
    expect(await ask(`/consent/rates?days=${days}`)).toMatchObject({
      status: 400,
      body: { code: "invalid_days" },
    });
  });
});

describe("anonymous counts", () => {
  type Counts = { from: string; to: string; min_events: number; groups: CountGroup[]; events: number };

  it("are of a week that is over, and never of today, however it is asked for", async () => {
    await count(25, NOW - DAY);
    await count(100, NOW);
    const { body } = await ask<Counts>("/consent/counts");
    const group = { source: "web", name: "page_view", country: "SK", content: "" };
    expect(body).toEqual({
      from: "2026-11-15",
      to: "2026-11-21",
      min_events: 20,
      groups: [{ ...group, events: 25 }],
      events: 25,
    });
    for (const query of ["to=2026-11-22", "from=2026-11-21&to=2030-01-01", "from=2026-11-22&to=2026-11-22"]) {
      const { to, events } = (await ask<Counts>(`/consent/counts?${query}`)).body;
      expect(to).toBe("2026-11-21");
      expect(events).toBeLessThanOrEqual(25);
    }
  });

  it("look the same twice: what comes late to a day that was shown counts for another", async () => {
    await count(25, NOW - DAY);
    const before = (await ask<Counts>("/consent/counts")).body;
    await addCounts(
      db,
      [
        {
          id: "late",
          source: "web",
          receivedAt: NOW - DAY,
          counts: [{ name: "page_view", country: "SK", content: "", events: 1 }],
        },
      ],
      NOW,
    );
    expect((await ask<Counts>("/consent/counts")).body).toEqual(before);
  });

  it.each(["from=yesterday", "to=2026-13-01", "from=", "from=2026-10-01&to=2026-11-01"])(
    "refuses %s",
    async (query) => {
      expect(await ask(`/consent/counts?${query}`)).toMatchObject({
        status: 400,
        body: { code: "invalid_day" },
      });
    },
  );
});
