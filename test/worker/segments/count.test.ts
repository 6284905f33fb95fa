import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { releaseSchema } from "#contracts/definitions/release";
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import { bindConsent } from "#identity/consent-store";
import { estimate } from "#ingest/count/estimate";
import { type CountDeps, countPeople } from "#ingest/count/walk";
import { tendDue } from "#ingest/due";
import { ingest } from "#ingest/ingest";
import { keyring } from "#privacy/keys";
import { activeRelease, emptyRelease, holdRelease } from "#release/active";
import { attributesNow } from "#segments/attributes";
import { cutsOf } from "#segments/cuts";
import type { Cuts } from "#segments/rfm";
import { readAtEdge } from "#segments/store";
import { accepted, deps, envelope, IDENTITY, proven, visitor } from "../ingest/envelopes.ts";
import { publishRelease, request } from "../product.ts";
import { emptyStores } from "../setup.ts";

const DAY = 86_400_000;
const DOCUMENT = {
  features: {
    bought: { event: "purchase", agg: "count" },
    spent: { event: "purchase", agg: "sum", field: "value" },
    since: { event: "purchase", agg: "recency" },
    views: { event: "page_view", agg: "count" },
    rfm: { rfm: { recency: "since", frequency: "bought", monetary: "spent" } },
  },
  segments: {
    buyers: { when: { bought: { $gte: 1 } } },
    readers: { when: { views: { $gte: 1 } } },
    best: { when: { "rfm.monetary": 5 } },
  },
  policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
};
const document = releaseSchema.parse(DOCUMENT);
const release = { version: 1, document };
const keys = await keyring("test-master-secret-0123456789abcdef");

let now = 0;
let n = 0;
const clock = () => now;
const countDeps = async (more: Partial<CountDeps> = {}): Promise<CountDeps> => ({
  identity: IDENTITY,
  db: env.IDENTITY_0,
  kv: env.EDGE,
  lake: env.LAKE,
  keys,
  release,
  cuts: await cutsOf(env.EDGE, document, now),
  clock,
  ...more,
});
const count = async (rowsPerPage?: number) => countPeople(await countDeps(), rowsPerPage);
const buyer = (name: string, value: number) =>
  accepted(
    `e${++n}`,
    "purchase",
    [visitor(name)],
    { order_id: `o${n}`, value, currency: "EUR" },
    { occurredAt: now },
  );
const reader = (name: string) => accepted(`e${++n}`, "page_view", [visitor(name)], {}, { occurredAt: now });
const send = async (...events: ReturnType<typeof accepted>[]) =>
  ingest([{ ...envelope(`x${++n}`, events), receivedAt: now }], await deps({ release, clock }));
const admin = async (path: string, body?: unknown): Promise<Record<string, never>> => {
  const response = await request(`/admin/api${path}`, {
    headers: { authorization: "Bearer admin_test" },
    ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
  });
  return (await response.json()) as Record<string, never>;
};

beforeEach(async () => {
  await emptyStores();
  now = Date.now();
});

/** As a page of the visitor finds them by the snapshot. */
const shownSegments = async (name: string, by = document, cuts?: Cuts) => {
  const { snapshot } = await readAtEdge(env.EDGE, visitor(name).key);
  const given = { document: by, granted: ["personalization" as const], now, snapshot, cuts };
  return attributesNow({ ...given, request: { device: "mobile" } }).segments as string[];
};

describe("the nightly count", () => {
  it("counts people and what two segments have in common, page by page, and once a day", async () => {
    await publishRelease(DOCUMENT);
    await send(buyer("a", 1), buyer("b", 2), reader("b"), reader("c"));
    await send(accepted("s1", "page_view", [visitor("c"), proven("user_id:1.c")], {}, { occurredAt: now }));
    // Twice: for the quantiles first.
    expect(await count(2)).toBe(6);
    expect(await count()).toBe(0);
    const { counted, segments } = await admin("/segments");
    expect(counted).toMatchObject({ people: 3 });
    expect(segments).toMatchObject([
      { name: "best", people: 0, speed: { label: "within_120s" } },
      { name: "buyers", people: 2, speed: { label: "next_request" }, history: [{ people: 2 }] },
      { name: "readers", people: 2, uses: { offers: [], segments: [], destinations: [] } },
    ]);
    expect(await admin("/segments/readers/overlap")).toMatchObject({
      people: 2,
      overlap: [{ segment: "buyers", people: 1 }],
    });
    expect(await countPeople(await countDeps({ isAnew: true }))).toBe(6);
    now += DAY;
    expect(await count()).toBe(6);
  });

  it("draws quantiles from all who bought, and those who drift over them are told without an event", async () => {
    const names = Array.from({ length: 10 }, (_, place) => `v${place}`);
    await send(...names.map((name, place) => buyer(name, 10 * (place + 1))), reader("none"));
    const best = async (cuts?: Cuts) => {
      const found: string[] = [];
      for (const name of names)
        if ((await shownSegments(name, document, cuts)).includes("best")) found.push(name);
      return found;
    };
    expect(await best()).toEqual([]);
    await count();
    now += 181_000;
    const cuts = await cutsOf(env.EDGE, document, now);
    expect(cuts.rfm?.monetary).toEqual([20, 40, 60, 80]);
    await tendDue(await countDeps());
    expect(await best(cuts)).toEqual(["v8", "v9"]);
    // Others buy more: who was best is not any more, and has done nothing.
    await send(...names.slice(0, 5).map((name) => buyer(name, 1_000)));
    now += DAY;
    await count();
    now += 181_000;
    await tendDue(await countDeps());
    expect(await best(await cutsOf(env.EDGE, document, now))).toEqual(["v3", "v4"]);
  });

  it("finds whoever is long due and not in the calendar, as a version before it has left them", async () => {
    await send(reader("a"), reader("b"), reader("c"));
    const isDueAt = (name: string, at: number) =>
      env.IDENTITY_0.prepare("UPDATE identifiers SET due_at = ?2 WHERE key = ?1")
        .bind(visitor(name).key, at)
        .run();
    await isDueAt("a", now - 2 * 3_600_000);
    await isDueAt("b", -(now - 2 * 3_600_000));
    expect(await tendDue(await countDeps())).toBe(0);
    await count();
    now += 181_000;
    expect(await tendDue(await countDeps())).toBe(2);
    expect(await tendDue(await countDeps())).toBe(0);
  });

  it("begins anew under another release, and a crash in between loses no page", async () => {
    await send(...Array.from({ length: 6 }, (_, place) => reader(`v${place}`)));
    let calls = 0;
    const dying = new Proxy(env.IDENTITY_0, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (name === "prepare" && ++calls > 6) throw new Error("crashed");
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    await expect(countPeople(await countDeps({ db: dying }), 2)).rejects.toThrow("crashed");
    expect(await countPeople(await countDeps({ release: { ...release, version: 2 } }), 2)).toBe(12);
    const { results } = await env.IDENTITY_0.prepare(
      "SELECT people FROM segment_sizes WHERE segment = 'readers' AND other = ''",
    ).all();
    expect(results).toEqual([{ people: 6 }]);
  });

  it("finds who was in a segment that a new release has brought", async () => {
    await send(reader("a"));
    const more = releaseSchema.parse({
      ...DOCUMENT,
      segments: { ...DOCUMENT.segments, once: { when: { views: 1 } } },
    });
    const next = { version: 2, document: more };
    await countPeople(await countDeps({ release: next }));
    now += 181_000;
    await tendDue(await countDeps({ release: next }));
    expect(await shownSegments("a", more)).toEqual(["once", "readers"]);
  });
});

describe("an estimate", () => {
  it("is exact where people are few, shows some of them, and says which features start empty", async () => {
    await publishRelease(DOCUMENT);
    await send(buyer("a", 1), buyer("b", 2), reader("b"), reader("c"));
    const asked = {
      when: { bought: { $gte: 1 }, $or: [{ views: { $gte: 1 } }, { segments: { $in: ["buyers"] } }] },
      features: { carts: { event: "add_to_cart", agg: "count" } },
    };
    const found = await admin("/segments/estimate", asked);
    expect(found).toMatchObject({
      people: 2,
      of: 3,
      exact: true,
      margin: 0,
      start_empty: ["carts"],
      overlap: { buyers: 2, readers: 1 },
    });
    expect(found.sample).toMatchObject([
      { person: "visitor_id:1.a", segments: ["buyers"], features: { bought: 1, views: 0 } },
      { person: "visitor_id:1.b" },
    ]);
  });

  it("is of a segment that has another name than those there are, and shows of a person what they grant", async () => {
    const segments = {
      ...DOCUMENT.segments,
      estimate: { when: { views: { $gte: 1 } } },
      told: { when: { views: { $gte: 1 } }, purpose: "marketing" },
    };
    // The isolate has another version 1 in memory, of the tests before.
    holdRelease(env.EDGE, await emptyRelease(), now);
    await publishRelease({ ...DOCUMENT, segments });
    const consent = (granted: Purpose[]) =>
      ({ receipt: "r", regime: "gdpr", granted, grounds: {}, decidedAt: 1 }) as const;
    const given = await deps({ release: await activeRelease(env.EDGE, now), clock });
    const seen = (id: string, granted: Purpose[]) =>
      accepted(id, "page_view", [visitor("a")], {}, { occurredAt: now, consent: consent(granted) });
    await ingest([envelope("m1", [seen("m1", [...PURPOSES])])], given);
    const choice = { receipt: "r2", granted: ["personalization" as const], regime: "gdpr", givenAt: now };
    await bindConsent(IDENTITY, visitor("a").key, { ...choice, expiresAt: now + DAY, despiteGpc: false });
    expect(await admin("/segments/estimate", { when: { views: { $gte: 1 } } })).toMatchObject({
      people: 1,
      overlap: { estimate: 1, readers: 1 },
      sample: [{ segments: ["estimate", "readers"] }],
    });
  });

  it("refuses what would not be published, by its place", async () => {
    await publishRelease(DOCUMENT);
    expect(await admin("/segments/estimate", { when: { nothing: 1 } })).toMatchObject({
      code: "invalid_segment",
    });
    expect(await admin("/segments/estimate", { when: {}, purpose: "fun" })).toMatchObject({
      code: "invalid_body",
    });
    expect(await admin("/segments/nope/overlap")).toMatchObject({ code: "unknown_segment" });
  });

  it("shows nobody to whoever may not see personal data", async () => {
    await publishRelease(DOCUMENT);
    await send(reader("a"));
    const made = await request("/admin/api/access/tokens", {
      method: "POST",
      headers: { authorization: "Bearer admin_test", "content-type": "application/json" },
      body: JSON.stringify({ name: "Mara", role: "marketer", personal: false, expires_in_days: 1 }),
    });
    const { token } = (await made.json()) as { token: string };
    const response = await request("/admin/api/segments/estimate", {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ when: { views: 1 } }),
    });
    expect(await response.json()).toMatchObject({ people: 1, sample: null });
  });

  it("of very many is made from a sample, near the truth and with its margin", async () => {
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const people = 12_000;
    const hash = document.features.views && Object.keys((await stored("probe")).facts)[0];
    const rows = Array.from({ length: people }, (_, place) => {
      const mixed = Math.imul(place + 1, 0x9e3779b1) >>> 0;
      const name = [0, 6, 12, 18, 24].map((shift) => letters[(mixed >>> shift) % 64]).join("") + place;
      return { key: `visitor_id:1.${name}`, facts: place % 4 === 0 ? { [hash ?? ""]: { n: { 0: 1 } } } : {} };
    });
    for (let at = 0; at < people; at += 3_000)
      await env.IDENTITY_0.prepare(
        `INSERT INTO identifiers (key, facts, version, seen_at)
         SELECT value->>'key', value->>'facts', 1, 1 FROM json_each(?1)`,
      )
        .bind(JSON.stringify(rows.slice(at, at + 3_000)))
        .run();
    let seed = 7;
    const random = () => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return seed / 0x80000000;
    };
    const found = await estimate(
      document,
      "readers",
      { cuts: undefined, known: undefined },
      {
        identity: IDENTITY,
        clock,
        random,
      },
    );
    expect(found.exact).toBe(false);
    expect(found.looked).toBeGreaterThan(1_500);
    expect(found.looked).toBeLessThan(6_000);
    expect(Math.abs(found.people - people / 4)).toBeLessThan(people * 0.06);
    expect(found.margin).toBeGreaterThan(0);
  });
});

/** What one page view leaves in a row. */
async function stored(name: string): Promise<{ facts: Record<string, unknown> }> {
  await send(reader(name));
  const row = await env.IDENTITY_0.prepare("SELECT facts FROM identifiers WHERE key = ?1")
    .bind(visitor(name).key)
    .first<{ facts: string }>();
  return { facts: JSON.parse(row?.facts ?? "{}") as Record<string, unknown> };
}
