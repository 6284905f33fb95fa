/** How offers perform: counted by ingest exactly once, from what the door stamped, and shown by the API. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import {
  type AcceptedEvent,
  type EventEnvelope,
  eventEnvelopeSchema,
} from "#contracts/messages/event_envelope";
import { ingest } from "#ingest/ingest";
import { readOfferCounts } from "#slots/offer-counts";
import { ratesNow } from "#slots/performance-rates";
import { tendRates } from "#slots/performance-tend";
import { accepted, deps, envelope, failing, visitor } from "../ingest/envelopes.ts";
import { ALL, Browser, event, publishRelease, RELEASE, request } from "../product.ts";

const release: ReleaseInput = {
  ...RELEASE,
  slots: { hero: { rankBy: "clicks" }, side: {} },
  offers: {
    a: { slot: "hero", content: "x" },
    b: { slot: "hero", content: "x" },
    c: { slot: "side", content: "x" },
  },
  content: { x: { html: "x" } },
};
const document = releaseSchema.parse(release);
const active = { version: 1, document };
const DAY = new Date().toISOString().slice(0, 10);
const stored = async () => (await readOfferCounts(env.IDENTITY_0, DAY, DAY)).map(({ day: _, ...row }) => row);
const zero = { impressions: 0, clicks: 0, conversions: 0, value: 0 };

let n = 0;
const of = (name: string, properties: Record<string, unknown>, more: Partial<AcceptedEvent> = {}) =>
  accepted(`perf-${n++}`, name, [visitor(`perf${n}`)], properties, more);
const seen = (offer: string, more: Partial<AcceptedEvent> = {}) =>
  of("content_impression", { slot: "hero", offer }, more);
const bought = (value: number, offers: string[], more: Partial<AcceptedEvent> = {}) =>
  of("purchase", { order_id: `o${n}`, value, currency: "EUR" }, { seen: offers, ...more });

beforeEach(async () => {
  await env.IDENTITY_0.batch(
    ["offer_counts", "counted_envelopes", "slot_misses"].map((table) =>
      env.IDENTITY_0.prepare(`DELETE FROM ${table}`),
    ),
  );
});

describe("ingest", () => {
  it("adds impressions, clicks and conversions of the release's offers, a row for each offer, slot and day", async () => {
    const batch = [
      envelope("p1", [
        seen("a"),
        seen("a"),
        seen("b"),
        seen("nobody's"),
        of("content_impression", { slot: "hero" }),
      ]),
      // The release says whose slot it is.
      envelope("p2", [
        of("cta_click", { cta_id: "x", offer: "a", slot: "made-up" }),
        of("page_view", { offer: "a" }),
      ]),
      envelope("p3", [bought(40, ["a", "c", "a", "gone"]), bought(2.5, ["a"])]),
    ];
    await ingest(batch, await deps({ release: active }));
    await ingest([envelope("p4", [seen("a")])], await deps({ release: active }));
    expect(await stored()).toEqual([
      { ...zero, offer: "a", slot: "", conversions: 2, value: 42.5 },
      { ...zero, offer: "a", slot: "hero", impressions: 3, clicks: 1 },
      { ...zero, offer: "b", slot: "hero", impressions: 1 },
      { ...zero, offer: "c", slot: "", conversions: 1, value: 40 },
    ]);
  });

  it("counts each event once, whatever is delivered again and wherever it crashes", async () => {
    for (const when of ["before", "after"] as const) {
      for (const [binding, method] of [
        ["db", "batch"],
        ["lake", "put"],
      ] as const) {
        await env.IDENTITY_0.prepare("DELETE FROM offer_counts").run();
        const id = `crash-${when}-${binding}`;
        const one = envelope(id, [seen("a"), bought(7, ["b"])]);
        const again = { ...envelope(`${id}-again`, structuredClone(one.events)), receivedAt: one.receivedAt };
        const broken =
          binding === "db"
            ? { db: failing(env.IDENTITY_0, [method], 1, when) }
            : { lake: failing(env.LAKE, [method], 1, when) };
        await expect(
          ingest([structuredClone(one)], await deps({ release: active, ...broken })),
        ).rejects.toThrow("crashed");
        await ingest([structuredClone(one)], await deps({ release: active }));
        // Delivered again with others, and its events sent again in another envelope.
        await ingest(
          [structuredClone(one), again, envelope(`${id}-more`, [seen("a")])],
          await deps({ release: active }),
        );
        expect([id, await stored()]).toEqual([
          id,
          [
            { ...zero, offer: "a", slot: "hero", impressions: 2 },
            { ...zero, offer: "b", slot: "", conversions: 1, value: 7 },
          ],
        ]);
      }
    }
  });

  it("counts nothing of bots, and nothing that consent does not cover", async () => {
    const granted = (...purposes: AcceptedEvent["consent"]["granted"]) => ({
      consent: { ...accepted("x", "x", []).consent, granted: purposes },
    });
    const batch = envelope("p5", [
      seen("a", { context: { bot: true } }),
      seen("a", granted("marketing")),
      bought(1, ["a"], granted("analytics")),
      seen("b", granted("analytics")),
    ]);
    await ingest([batch], await deps({ release: active }));
    expect(await stored()).toEqual([{ ...zero, offer: "b", slot: "hero", impressions: 1 }]);
  });
});

describe("the door", () => {
  it("stamps a conversion with the offers of the session, and only with those; a claim of the client counts for nothing", async () => {
    await publishRelease(release);
    const browser = new Browser("SK");
    await browser.consent(ALL);
    await browser.send([event("content_impression", { slot: "hero", offer: "a" })]);
    await browser.send([
      event("content_impression", { slot: "side", offer: "c" }),
      event("purchase", { order_id: "d1", value: 10, currency: "EUR" }, { seen: ["b"] }),
    ]);
    await expect
      .poll(async () => (await stored()).filter(({ conversions }) => conversions > 0), { timeout: 15_000 })
      .toEqual([
        { ...zero, offer: "a", slot: "", conversions: 1, value: 10 },
        { ...zero, offer: "c", slot: "", conversions: 1, value: 10 },
      ]);
  });
});

describe("what an envelope says of seen offers", () => {
  it("goes no further than the counts: neither the lake nor a destination has it", async () => {
    const one: EventEnvelope = envelope("p6", [bought(5, ["a"])]);
    expect(eventEnvelopeSchema.parse(one).events[0]?.seen).toEqual(["a"]);
    await ingest([one], await deps({ release: active }));
    const listed = await env.LAKE.list();
    const texts = await Promise.all(listed.objects.map(async ({ key }) => (await env.LAKE.get(key))?.text()));
    expect(texts.join("\n")).toContain(one.events[0]?.id);
    expect(texts.join("\n")).not.toContain('"seen"');
  });
});

describe("the API", () => {
  const ask = async (query = "") =>
    request(`/admin/api/performance${query}`, { headers: { authorization: "Bearer admin_test" } });

  it("shows each offer's numbers by day and together, what is not known as such, and what slots missed", async () => {
    await publishRelease({ ...release, slots: { hero: { rankBy: "clicks", holdout: 0.1 }, side: {} } });
    await env.IDENTITY_0.batch([
      env.IDENTITY_0.prepare(
        `INSERT INTO offer_counts VALUES (?1, 'a', 'hero', 300, 30, 0, 0), (?1, 'a', '', 0, 0, 6, 120.5),
         (?2, 'a', 'hero', 100, 10, 0, 0), (?1, 'old', 'hero', 4, 0, 0, 0), ('2020-01-01', 'a', 'hero', 9, 9, 9, 9)`,
      ).bind(DAY, new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)),
      env.IDENTITY_0.prepare("INSERT INTO slot_misses VALUES (?1, 'hero', 'budget', 3)").bind(DAY),
    ]);
    const body = await (await ask("?days=2")).json<{ offers: { offer: string }[]; slots: unknown[] }>();
    expect(body).toMatchObject({ to: DAY, goal: "purchase" });
    expect(body.offers.map(({ offer }) => offer)).toEqual(["a", "old", "b", "c"]);
    expect(body.offers[0]).toMatchObject({
      slot: "hero",
      impressions: 400,
      clicks: 40,
      ctr: 0.1,
      conversions: 6,
      rate: 0.015,
      value: 120.5,
      lift: null,
      lift_reason: "holdout_not_counted",
      days: [
        { impressions: 100, clicks: 10, conversions: 0 },
        { day: DAY, impressions: 300, clicks: 30, conversions: 6 },
      ],
    });
    expect(body.offers[1]).toMatchObject({ in_release: false, slot: "hero", ctr: 0 });
    expect(body.offers[3]).toMatchObject({
      ctr: null,
      rate: null,
      ranked_by: null,
      lift_reason: "no_holdout",
    });
    expect(body.slots[0]).toMatchObject({ slot: "hero", misses: { budget: 3, error: 0, content: 0 } });
    expect((await ask("?days=0")).status).toBe(400);
  });
});

describe("rates", () => {
  it("are written each ten minutes where they have changed, and read by isolates after an answer", async () => {
    const puts: string[] = [];
    const kv = new Proxy(env.EDGE, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (name === "put") puts.push("put");
        return value.bind(target) as unknown;
      },
    });
    await env.EDGE.delete("offers:rates");
    await env.IDENTITY_0.prepare(
      "INSERT INTO offer_counts VALUES (?1, 'a', 'hero', 900, 9, 0, 0), (?1, 'b', 'hero', 100, 11, 0, 0)",
    )
      .bind(DAY)
      .run();
    const hour = Date.parse(`${DAY}T10:00:00Z`);
    await tendRates({ db: env.IDENTITY_0, kv, document }, hour + 5 * 60_000);
    expect(puts).toEqual([]);
    await tendRates({ db: env.IDENTITY_0, kv, document }, hour);
    await tendRates({ db: env.IDENTITY_0, kv, document }, hour + 10 * 60_000);
    expect(puts).toEqual(["put"]);
    const later: Promise<unknown>[] = [];
    const given = { kv, waitUntil: (work: Promise<unknown>) => void later.push(work) };
    expect(ratesNow(document, hour, given)).toBeUndefined();
    await Promise.all(later);
    // 2 % of all, with the weight of 100: (9 + 2) / 1000 and (11 + 2) / 200. Only of the slot that ranks.
    expect(ratesNow(document, hour + 1, given)).toEqual({ a: 0.011, b: 0.065 });
    expect(later).toHaveLength(1);
    ratesNow(document, hour + 31_000, given);
    expect(later).toHaveLength(2);
    await Promise.all(later);
  });
});
