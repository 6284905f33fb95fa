/** Exact caps in the real Visitor object, misses in the real D1, and what a page gives back. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import type { RequestContext } from "#door/context";
import type { Session } from "#door/session";
import { bucketingUnit } from "#segments/unit";
import { type DecideDeps, decideSlots, report } from "#slots/decide/for-request";
import { countMisses, flushMisses, readMisses } from "#slots/misses";
import { type CapAsk, type Visitor, visitorObject } from "#slots/visitor-object";
import { IDENTITY } from "../ingest/envelopes.ts";
import { emptyStores } from "../setup.ts";

type Offers = NonNullable<ReleaseInput["offers"]>;
type Caps = NonNullable<Offers[string]["caps"]>;

const once = (per: Caps[number]["per"], count = 1): Caps => [{ per, count, exact: true }];
const releaseOf = (offers: Offers, slots: ReleaseInput["slots"] = { hero: { budgetMs: 1000 }, side: {} }) =>
  releaseSchema.parse({
    slots,
    offers,
    content: { a: { html: "a" } },
    policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
  });
const sole = releaseOf({ gift: { slot: "hero", content: "a", caps: once("lifetime") } });

let visitors = 0;
let later: Promise<unknown>[] = [];
beforeAll(emptyStores);
beforeEach(async () => {
  later = [];
  await env.IDENTITY_0.prepare("DELETE FROM slot_misses").run();
});

/** A visitor of their own, as the door sees their next request. */
function newVisitor(document = sole, session: Partial<Session> = {}) {
  const key = `visitor_id:1.capped${visitors++}`;
  const known: Session = {
    id: `session-${key}`,
    number: 1,
    startedAt: Date.now() - 1000,
    lastAt: Date.now(),
    recent: [],
    impressions: {},
    // Nothing of them lies in KV yet.
    first: true,
    ...session,
  };
  const context = (changes: Partial<RequestContext> = {}): RequestContext => ({
    settings: { TRACE_SLOTS: 0 } as RequestContext["settings"], // the one setting that this path reads
    keys: {} as RequestContext["keys"], // the cookies are opened before
    release: { version: 1, document },
    now: Date.now(),
    visitor: { id: "x", key, session: known },
    address: undefined,
    gpc: false,
    country: undefined,
    region: undefined,
    place: { country: undefined, region: undefined, address: undefined },
    choice: undefined,
    signals: [],
    hasSession: true,
    consent: {
      receipt: "r",
      regime: "gdpr",
      granted: ["personalization"],
      grounds: {},
      decidedAt: Date.now(),
    },
    device: { type: "desktop", bot: false },
    ...changes,
  });
  const unit = bucketingUnit(undefined, undefined, key, Date.now());
  return { key, context, unit, object: visitorObject(env.VISITOR, unit) };
}

const deps = (changes: Partial<DecideDeps> = {}): DecideDeps => ({
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
  random: () => 0.9,
  newId: () => crypto.randomUUID(),
  waitUntil: (work) => void later.push(work),
  ...changes,
});
const settled = async () => {
  for (let n = 0; n < later.length; n++) await later[n];
};
/** A place of its own for what isolates remember: another isolate's. */
const elsewhere = (): DurableObjectNamespace<Visitor> => {
  const { VISITOR } = env;
  return {
    get: (id: DurableObjectId) => VISITOR.get(id),
    idFromName: (name: string) => VISITOR.idFromName(name),
  } as DurableObjectNamespace<Visitor>; // all that is called
};
const decideHero = async (context: RequestContext, changes: Partial<DecideDeps> = {}) => {
  const decided = await decideSlots(context, ["hero"], deps(changes), { explain: true });
  return { ...decided, offer: decided.decisions[0]?.offer, losers: decided.decisions[0]?.losers };
};

describe("an exact cap", () => {
  it("of one lets one of fifty requests at once have it", async () => {
    const { context } = newVisitor();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => decideHero(context(), { visitors: elsewhere() })),
    );
    expect(answers.filter(({ offer }) => offer === "gift")).toHaveLength(1);
    const lost = answers.flatMap(({ losers }) => losers ?? []);
    expect(lost).toHaveLength(49);
    for (const loser of lost)
      expect(loser).toEqual({
        offer: "gift",
        reason: "cap_exact:lifetime",
        detail: { per: "lifetime", used: 1, of: 1, exact: true },
      });
  });

  it("holds whatever the cookies say: a replayed session, none, or one of long ago", async () => {
    const { key, context } = newVisitor(
      releaseOf({ gift: { slot: "hero", content: "a", caps: once("day") } }),
    );
    const before = structuredClone(context().visitor.session);
    expect((await decideHero(context())).offer).toBe("gift");
    const replays: RequestContext["visitor"][] = [
      { id: "x", key, session: before },
      { id: "x", key },
      { id: "x", key, session: { ...(before as Session), id: "other", startedAt: 0, lastAt: 0 } },
    ];
    for (const visitor of replays)
      expect((await decideHero(context({ visitor }), { visitors: elsewhere() })).offer).toBeUndefined();
  });

  it("of a session begins anew with the first page of the next one, and not with a copy of either", async () => {
    const document = releaseOf({ gift: { slot: "hero", content: "a", caps: once("session", 2) } });
    const { context } = newVisitor(document);
    const as = (changes: Partial<Session>) => {
      const one = context();
      const session = { ...(one.visitor.session as Session), ...changes };
      return { ...one, visitor: { ...one.visitor, session } };
    };
    // No event has begun the next session yet; a replay of this cookie begins it again and again.
    const over = () => as({ lastAt: Date.now() - 36 * 60_000 });
    const inNext = () => as({ number: 2, id: `begun-${visitors++}` });
    const got = [];
    for (const one of [context(), over(), context(), context(), inNext(), inNext(), over()])
      got.push((await decideHero(one, { visitors: elsewhere() })).offer);
    expect(got).toEqual(["gift", "gift", "gift", undefined, "gift", undefined, undefined]);
  });

  it("is asked only where the offer would win, and once a while of whoever has reached it", async () => {
    const document = releaseOf({
      gift: { slot: "hero", content: "a", caps: once("week"), priority: 1 },
      better: { slot: "hero", content: "a", caps: [{ per: "session", count: 1 }], priority: 2 },
      other: { slot: "hero", content: "a", caps: once("week"), audience: { country: "SK" }, priority: 9 },
    });
    const calls: string[][] = [];
    const visitors = {
      idFromName: (name: string) => env.VISITOR.idFromName(name),
      get: (id: DurableObjectId) => {
        const object = env.VISITOR.get(id);
        return {
          reserve: (asks: CapAsk[], session: string) => {
            calls.push(asks.map(({ offer }) => offer));
            return object.reserve(asks, session);
          },
        };
      },
    } as unknown as DurableObjectNamespace<Visitor>; // what is called on this path
    const { context } = newVisitor(document);
    expect((await decideHero(context(), { visitors })).offer).toBe("better");
    expect(calls).toEqual([]);
    const capped = context();
    const seen = { better: { session: 1, day: 0, today: 0 } };
    capped.visitor.session = { ...(capped.visitor.session as Session), impressions: seen };
    expect((await decideHero(capped, { visitors })).offer).toBe("gift");
    expect((await decideHero(capped, { visitors })).offer).toBeUndefined();
    expect((await decideHero(capped, { visitors })).offer).toBeUndefined();
    expect(calls).toEqual([["gift"]]);
  });

  it("that refuses lets the next best in, and what the group of the first kept out", async () => {
    const document = releaseOf({
      first: { slot: "hero", content: "a", priority: 9, caps: once("lifetime"), exclusionGroup: "sale" },
      second: { slot: "hero", content: "a", priority: 8, caps: once("lifetime") },
      third: { slot: "hero", content: "a", priority: 7 },
      aside: { slot: "side", content: "a", exclusionGroup: "sale" },
    });
    const { context } = newVisitor(document);
    const page = async () => {
      const { decisions } = await decideSlots(context(), ["side", "hero"], deps({ visitors: elsewhere() }));
      return decisions.map(({ offer }) => offer);
    };
    expect(await page()).toEqual([undefined, "first"]);
    expect(await page()).toEqual(["aside", "second"]);
    expect(await page()).toEqual(["aside", "third"]);
    expect(await page()).toEqual(["aside", "third"]);
  });

  it("gives back what a third that was let in takes over", async () => {
    const document = releaseOf({
      first: { slot: "hero", content: "a", priority: 9, caps: once("lifetime"), exclusionGroup: "sale" },
      // Comes in once `first` is refused, and outranks `low`, which was taken in the same round.
      mid: { slot: "side", content: "a", priority: 5, exclusionGroup: "sale" },
      low: { slot: "side", content: "a", priority: 1, caps: once("lifetime") },
    });
    const { context, object } = newVisitor(document);
    const ask = [{ offer: "first", caps: [{ per: "lifetime" as const, count: 1 }] }];
    await object.reserve(ask, "");
    const { decisions } = await decideSlots(context(), ["hero", "side"], deps());
    expect(decisions.map(({ offer }) => offer)).toEqual([undefined, "mid"]);
    await settled();
    const { given } = await object.reserve([], "");
    expect(given.low?.lifetime).toBe(0);
  });

  it("with fifty offers in one group shows one, and each visitor each of them once", async () => {
    const offers = Object.fromEntries(
      Array.from({ length: 50 }, (_, n) => [
        `o${String(n).padStart(2, "0")}`,
        { slot: n % 2 ? "hero" : "side", content: "a", caps: once("lifetime"), exclusionGroup: "all" },
      ]),
    );
    const { context } = newVisitor(releaseOf(offers));
    const shown: (string | undefined)[] = [];
    for (let n = 0; n < 51; n++) {
      const { decisions } = await decideSlots(context(), ["hero", "side"], deps({ visitors: elsewhere() }));
      shown.push(...decisions.flatMap(({ offer }) => offer ?? []));
    }
    expect(shown).toEqual(Object.keys(offers).sort());
  });

  it("loses where the object is down or late, which costs the page no more than its budget", async () => {
    const document = releaseOf(
      {
        gift: { slot: "hero", content: "a", priority: 9, caps: once("day") },
        plain: { slot: "hero", content: "a" },
      },
      { hero: { budgetMs: 40 } },
    );
    const { context, object } = newVisitor(document);
    const through = (reserve: Visitor["reserve"]) =>
      ({
        idFromName: (name: string) => env.VISITOR.idFromName(name),
        get: () => ({
          reserve,
          release: (...given: Parameters<Visitor["release"]>) => object.release(...given),
        }),
      }) as unknown as DurableObjectNamespace<Visitor>; // what is called on this path
    const down = through(() => {
      throw new Error("the object is down");
    });
    const refused = { offer: "gift", reason: "cap_unknown" };
    expect(await decideHero(context(), { visitors: down })).toMatchObject({
      offer: "plain",
      losers: [refused],
    });

    let answer = () => {};
    const late = through((async (...given: Parameters<Visitor["reserve"]>) => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return object.reserve(...given);
    }) as unknown as Visitor["reserve"]);
    // It answers only after the page has been decided.
    expect(await decideHero(context(), { visitors: late })).toMatchObject({
      offer: "plain",
      losers: [refused],
    });
    answer();
    // What it takes when nobody waits any more is given back.
    await settled();
    expect((await decideHero(context(), { visitors: elsewhere() })).offer).toBe("gift");
  });

  it("cannot be kept of whom nothing tells apart: the offer loses", async () => {
    const { context } = newVisitor();
    expect((await decideHero(context({ visitor: {} }))).losers?.[0]?.reason).toBe("cap_unknown");
    const denied = { ...context().consent, granted: [] };
    expect((await decideHero(context({ consent: denied }))).losers?.[0]?.reason).toBe("no_consent");
  });
});

describe("what a page did not show", () => {
  it("is given back, and what it did show is not", async () => {
    const document = releaseOf({
      gift: { slot: "hero", content: "a", caps: once("lifetime") },
      aside: { slot: "side", content: "a", caps: once("lifetime") },
    });
    const { context } = newVisitor(document);
    const page = async (had: string[], unfilled: string[] = []) => {
      const given = deps();
      const decided = await decideSlots(context(), ["hero", "side"], given);
      report(context(), decided, given, { found: new Set(had), unfilled: new Set(unfilled) });
      await settled();
      return decided.decisions.map(({ offer }) => offer);
    };
    expect(await page([])).toEqual(["gift", "aside"]);
    expect(await page(["side"])).toEqual(["gift", "aside"]);
    expect(await page(["hero", "side"], ["hero"])).toEqual(["gift", undefined]);
    expect(await page(["hero"])).toEqual(["gift", undefined]);
    expect(await page(["hero", "side"])).toEqual([undefined, undefined]);
  });
});

describe("the object", () => {
  it("keeps what it counted when it is started again, and forgets the visitor when it is told to", async () => {
    const { context, object } = newVisitor();
    await decideHero(context());
    await runInDurableObject(object, (_, state) => {
      expect(state.storage.kv.get("given")).toMatchObject({ offers: { gift: { lifetime: 1 } } });
    });
    await object.forget();
    await runInDurableObject(object, async (_, state) => {
      expect([...state.storage.kv.list()]).toEqual([]);
      expect(await state.storage.getAlarm()).toBeNull();
    });
    expect((await decideHero(context(), { visitors: elsewhere() })).offer).toBe("gift");
  });

  it("sets itself one alarm, by which it forgets what has passed", async () => {
    const document = releaseOf({
      gift: { slot: "hero", content: "a", caps: [...once("session", 9), ...once("day", 9)] },
    });
    const { context, object, unit } = newVisitor(document);
    await decideHero(context());
    await decideHero(context(), { visitors: elsewhere() });
    const DAY = 86_400_000;
    await runInDurableObject(object, async (_, state) => {
      const at = (await state.storage.getAlarm()) ?? 0;
      expect(at - Date.now()).toBeGreaterThan(DAY);
      expect(at - Date.now()).toBeLessThanOrEqual(2 * DAY);
      // As if it had been counted three days ago.
      const stored = JSON.parse(
        JSON.stringify(state.storage.kv.get("given")).replaceAll(/"at":\d+/g, `"at":${Date.now() - 3 * DAY}`),
      ) as { offers: { gift: { day: { period: number } } } };
      stored.offers.gift.day.period -= 3;
      state.storage.kv.put("given", stored);
      await state.storage.sync();
    });
    await runInDurableObject(object, (_, state) => state.abort("started again")).catch(() => {});
    expect(await runDurableObjectAlarm(visitorObject(env.VISITOR, unit))).toBe(true);
    await runInDurableObject(visitorObject(env.VISITOR, unit), (_, state) => {
      expect([...state.storage.kv.list()]).toEqual([]);
    });
  });
});

describe("a slot that could not be decided", () => {
  const day = new Date().toISOString().slice(0, 10);
  const stored = () => readMisses(env.IDENTITY_0, day, day);

  it("is counted by slot and reason, after the answer, and at most every ten seconds", async () => {
    const { context } = newVisitor(sole, { first: false });
    const slow = { kv: { get: () => new Promise(() => {}) } as unknown as KVNamespace };
    const broken = { kv: { get: () => Promise.reject(new Error("KV is down")) } as unknown as KVNamespace };
    const given = { visitors: elsewhere() };
    const now = Date.now();
    const at = (ms: number) => context({ now: now + ms });
    await decideSlots(at(20_000), ["side"], deps({ ...given, ...slow }));
    await settled();
    expect(await stored()).toEqual([{ day, slot: "side", reason: "budget", misses: 1 }]);
    await decideSlots(at(21_000), ["side"], deps({ ...given, ...broken }));
    await decideSlots(at(22_000), ["side", "hero"], deps({ ...given, ...slow }));
    await settled();
    expect(await stored()).toHaveLength(1);
    // The next decision of any kind brings them along.
    await decideSlots(at(31_000), ["hero"], deps(given));
    await settled();
    expect((await stored()).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))).toEqual([
      { day, slot: "hero", reason: "budget", misses: 1 },
      { day, slot: "side", reason: "budget", misses: 2 },
      { day, slot: "side", reason: "error", misses: 1 },
    ]);
  });

  it("is counted with the next where the database fails", async () => {
    let fails = true;
    const db = new Proxy(env.IDENTITY_0, {
      get(target, name) {
        if (name === "prepare" && fails) throw new Error("D1 is down");
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    const given = { db, waitUntil: (work: Promise<unknown>) => void later.push(work) };
    countMisses(["hero"], "error", 100_000, given);
    await settled();
    fails = false;
    flushMisses(105_000, given);
    flushMisses(110_000, given);
    await settled();
    expect(await readMisses(env.IDENTITY_0, "1970-01-01", "1970-01-01")).toEqual([
      { day: "1970-01-01", slot: "hero", reason: "error", misses: 1 },
    ]);
  });
});
