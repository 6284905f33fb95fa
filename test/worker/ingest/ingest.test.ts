import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { identitySchema } from "#contracts/definitions/identity";
import type { Purpose } from "#contracts/taxonomy";
import { bindConsent } from "#identity/consent-store";
import { identityShards } from "#identity/shards";
import { ingest } from "#ingest/ingest";
import { openIngress, sealIngress } from "#privacy/ingress";
import { featureValues } from "#segments/features";
import { featuresFor } from "#segments/purposes";
import { eventsSince } from "#segments/since";
import { parseSnapshot } from "#segments/snapshot-text";
import { readAtEdge } from "#segments/store";
import { bucketingUnit } from "#segments/unit";
import { emptyStores } from "../setup.ts";
import {
  accepted,
  claim,
  deps,
  envelope,
  failing,
  IDENTITY,
  landedIds,
  proven,
  RELEASE_1,
  rows,
  sent,
  visitor,
} from "./envelopes.ts";

const V = visitor("v");
type Who = ReturnType<typeof visitor>;
const purchase = (id: string, who = [V], more = {}) =>
  accepted(id, "purchase", who, { order_id: id, value: 10, currency: "EUR" }, more);

async function purchasesOf(key: string): Promise<unknown> {
  const row = (await rows()).get(key);
  return featureValues(
    JSON.parse(row?.facts ?? "{}"),
    featuresFor(RELEASE_1.document, "personalization"),
    Date.now(),
  ).purchases;
}

beforeEach(async () => {
  await emptyStores();
  sent.length = 0;
});

describe("effectively once", () => {
  it("folds an event once, lands it, publishes the snapshot and sends the delivery", async () => {
    await ingest([envelope("x1", [purchase("e1")])], await deps());
    expect(await purchasesOf(V.key)).toBe(1);
    expect(await landedIds()).toEqual(["e1"]);
    expect((await readAtEdge(env.EDGE, V.key)).snapshot?.segments).toEqual(["loyal"]);
    expect(sent).toMatchObject([
      { destination: "own-hook", items: [{ attempt: 1, event: { id: "e1", verified: false } }] },
    ]);
  });

  it("says of the very event that changed a segment, and of no other of its batch", async () => {
    const batch = [accepted("e1", "page_view", [V]), purchase("e2"), purchase("e3")];
    await ingest([envelope("x1", batch)], await deps());
    const tail = env.LIVE_TAIL.get(env.LIVE_TAIL.idFromName("tail"));
    const entered = async (id: string) =>
      (await tail.traceOf(id))?.receipts.flatMap((r) => (r.stage === "ingest" ? (r.entered ?? []) : []));
    expect(await Promise.all(["e1", "e2", "e3"].map(entered))).toEqual([[], ["loyal"], []]);
  });

  it("takes no effect when the same event comes again in another envelope", async () => {
    await ingest([envelope("x1", [purchase("e1")])], await deps());
    await ingest(
      [envelope("x2", [purchase("e1"), purchase("e2")]), envelope("x3", [purchase("e1")])],
      await deps(),
    );
    expect(await purchasesOf(V.key)).toBe(2);
    expect(sent.flatMap((m) => m.items).map((i) => i.event.id)).toEqual(["e1", "e2"]);
  });

  it("finds it also when the event came first without the cookie, under a claim", async () => {
    const [a, mail] = [claim("anonymous_id:1.a"), claim("email:1.e")];
    await ingest([envelope("x1", [purchase("e1", [a, mail])])], await deps());
    await ingest([envelope("x2", [purchase("e1", [V, a, mail])])], await deps());
    expect(sent.flatMap((m) => m.items)).toHaveLength(1);
    expect((await rows()).has(`${V.key}|email:1.e`)).toBe(false);
  });

  it("finds the duplicate also when the visitor had got a cookie in between", async () => {
    const a = claim("anonymous_id:1.a");
    await ingest([envelope("x1", [purchase("e1", [a])])], await deps());
    await ingest([envelope("x2", [purchase("e1", [V, a])])], await deps());
    expect(await purchasesOf(a.key)).toBe(1);
    expect((await rows()).get(V.key)).toBeUndefined();
  });

  /** Every await of ingest that changes something: killed there, before and after it took effect, then redelivered. */
  const steps = [
    ["D1 write", "identity", ["batch"], 2],
    ["snapshot", "kv", ["put"], 1],
    ["landing", "lake", ["put"], 1],
    ["delivery", "queues", ["sendBatch"], 1],
  ] as const;
  it.each(steps.flatMap((step) => (["before", "after"] as const).map((when) => [...step, when] as const)))(
    "loses and doubles nothing when the consumer dies at: %s (%s %s, call %i, %s it took effect)",
    async (_title, dep, methods, nth, when) => {
      const real = await deps();
      const batch = [
        envelope("x1", [purchase("e1"), purchase("e2", [visitor("w")])]),
        envelope("x2", [accepted("e3", "page_view", [V])]),
      ];
      const crash = <T extends object>(binding: T) => failing(binding, [...methods], nth, when);
      const brokenBy = {
        identity: () => ({ identity: identityShards([crash(env.IDENTITY_0)]) }),
        queues: () => ({ queues: { ...real.queues, crm: crash(real.queues.crm) } }),
        kv: () => ({ kv: crash(real.kv) }),
        lake: () => ({ lake: crash(real.lake) }),
      };
      const broken = brokenBy[dep]();
      await expect(ingest(batch, { ...real, ...broken })).rejects.toThrow("crashed");
      await ingest(batch, real);
      expect(await purchasesOf(V.key)).toBe(1);
      expect(await purchasesOf("visitor_id:1.w")).toBe(1);
      expect(await landedIds()).toEqual(["e1", "e2", "e3"]);
      expect((await readAtEdge(env.EDGE, V.key)).snapshot?.segments).toEqual(["loyal"]);
      expect(new Set(sent.flatMap((m) => m.items).map((i) => i.event.id))).toEqual(new Set(["e1", "e2"]));
    },
  );

  it("counts every event exactly once when many batches write one visitor's row at the same time", async () => {
    const real = await deps();
    const batches = Array.from({ length: 5 }, (_, b) => [
      envelope(`x${b}`, [purchase(`e${b}`), purchase(`shared`)]),
    ]);
    const results = await Promise.allSettled(batches.map((batch) => ingest(batch, real)));
    for (const [b, result] of results.entries())
      if (result.status === "rejected") await ingest(batches[b] ?? [], real);
    expect(await purchasesOf(V.key)).toBe(6);
  });
});

describe("consent at ingest", () => {
  const withdrawn = (at: number) => ({
    receipt: "r2",
    granted: [],
    regime: "gdpr",
    givenAt: at,
    expiresAt: at + 1e9,
    despiteGpc: false,
  });

  it("a withdrawal stops what is already queued: no fact, no lake, no delivery, no snapshot", async () => {
    await bindConsent(IDENTITY, V.key, withdrawn(2000));
    await ingest([envelope("x1", [purchase("e1")])], await deps());
    expect(await purchasesOf(V.key)).toBe(0);
    expect(await landedIds()).toEqual([]);
    expect(sent).toEqual([]);
    expect((await readAtEdge(env.EDGE, V.key)).snapshot).toBeUndefined();
  });

  it("binds every identifier of the profile", async () => {
    const a = claim("anonymous_id:1.a");
    await ingest([envelope("x1", [accepted("e1", "page_view", [V, a])])], await deps());
    await bindConsent(IDENTITY, V.key, withdrawn(2000));
    await ingest([envelope("x2", [purchase("e2", [a])])], await deps());
    expect(sent).toEqual([]);
  });

  it("holds against a statement that anyone can send with an event", async () => {
    const a = claim("anonymous_id:1.a");
    await ingest([envelope("x1", [accepted("e1", "page_view", [V, a])])], await deps());
    await bindConsent(IDENTITY, V.key, withdrawn(2000));
    const consent = {
      receipt: "statement:gdpr",
      regime: "gdpr",
      granted: ["marketing" as const],
      grounds: {},
      decidedAt: 0,
    };
    await ingest([envelope("x2", [purchase("e2", [a], { consent })])], await deps());
    expect(sent).toEqual([]);
    const row = await env.IDENTITY_0.prepare("SELECT consent FROM identifiers WHERE key = ?1")
      .bind(a.key)
      .first<{ consent: string }>();
    expect(JSON.parse(row?.consent ?? "{}")).toMatchObject({ g: "" });
  });

  it("that comes between the write and the snapshot takes the snapshot away all the same", async () => {
    const real = await deps();
    const kv = new Proxy(real.kv, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (name !== "put") return typeof value === "function" ? (value.bind(target) as unknown) : value;
        return async (...args: Parameters<KVNamespace["put"]>) => {
          await bindConsent(IDENTITY, V.key, withdrawn(2000));
          await target.delete(args[0]);
          await target.put(...args);
        };
      },
    });
    await ingest([envelope("x1", [purchase("e1")])], { ...real, kv });
    expect((await readAtEdge(env.EDGE, V.key)).snapshot).toBeUndefined();
  });

  it("reaches the snapshots of the profile's other browsers", async () => {
    const u = proven("user_id:1.u");
    await ingest(
      [envelope("x1", [purchase("e1", [u, proven(V.key)]), purchase("e2", [u, proven("visitor_id:1.w")])])],
      await deps(),
    );
    expect(await bindConsent(IDENTITY, V.key, withdrawn(2000))).toEqual(
      expect.arrayContaining([V.key, "visitor_id:1.w"]),
    );
  });

  it("an older withdrawal does not stop what was granted after it", async () => {
    await bindConsent(IDENTITY, V.key, withdrawn(500));
    await ingest([envelope("x1", [purchase("e1")])], await deps());
    expect(await purchasesOf(V.key)).toBe(1);
  });

  it("an event that did not grant personalization feeds no segment of personalization", async () => {
    const consent = {
      receipt: "r",
      regime: "gdpr",
      granted: ["analytics" as const],
      grounds: {},
      decidedAt: 1000,
    };
    await ingest([envelope("x1", [purchase("e1", [V], { consent })])], await deps());
    expect(await purchasesOf(V.key)).toBe(0);
    expect(await landedIds()).toEqual(["e1"]);
  });

  it("a suppressed identifier stays out, whatever comes", async () => {
    await env.IDENTITY_0.prepare(
      "INSERT INTO identifiers (key, suppressed, version, seen_at) VALUES (?1, 1, 1, 0)",
    )
      .bind("email:1.e")
      .run();
    await ingest([envelope("x1", [purchase("e1", [V, claim("email:1.e")])])], await deps());
    expect(sent).toEqual([]);
    expect(await landedIds()).toEqual([]);
  });
});

describe("a claim is not a proof", () => {
  it("keeps the facts of a claimed person apart, reads nothing of theirs, and joins nothing", async () => {
    const person = "email:1.victim";
    await ingest(
      [envelope("x1", [purchase("e1", [proven(person)]), purchase("e2", [proven(person)])])],
      await deps(),
    );
    await ingest(
      [envelope("x2", [accepted("e3", "form_submit", [V, claim(person)], { form_id: "f" })])],
      await deps(),
    );
    expect(await purchasesOf(person)).toBe(2);
    expect(await purchasesOf(V.key)).toBe(0);
    expect((await readAtEdge(env.EDGE, V.key)).snapshot?.segments ?? []).toEqual([]);
    const all = await rows();
    expect(all.get(person)?.profile ?? null).toBeNull();
    expect(all.get(V.key)?.profile).toBe(all.get(`${V.key}|${person}`)?.profile);
  });
});

describe("an anonymous id is no proof either", () => {
  const [u, a] = [proven("user_id:1.u"), "anonymous_id:1.a"];
  const known = async () => ingest([envelope("x1", [purchase("e1", [u, proven(a)])])], await deps());

  it("a browser that names a known person's anonymous id reads nothing of theirs", async () => {
    await known();
    await ingest([envelope("x2", [accepted("e2", "page_view", [V, claim(a)])])], await deps());
    expect((await readAtEdge(env.EDGE, V.key)).snapshot).toBeUndefined();
    expect((await rows()).get(V.key)?.profile ?? null).toBeNull();
  });

  it("nor does a browser that named it before the proof came", async () => {
    await ingest([envelope("x0", [purchase("e0", [V, claim(a)])])], await deps());
    expect((await readAtEdge(env.EDGE, V.key)).snapshot?.segments).toEqual(["loyal"]);
    await ingest([envelope("x1", [purchase("e1", [u, proven(a)])])], await deps());
    expect((await rows()).get(V.key)?.profile ?? null).toBeNull();
    expect((await readAtEdge(env.EDGE, V.key)).snapshot?.state).toBe("anonymous");
  });

  it("and what it says of the person never overwrites their record", async () => {
    const real = await deps();
    const traits = async (event: string, given: object) =>
      sealIngress(real.keys.ingress, JSON.stringify(given), ["event", event], Date.now());
    await ingest(
      [
        envelope("x1", [
          purchase("e1", [u, proven(a)], {
            sealed: await traits("e1", { email: "ida@example.com", first_name: "Ida" }),
          }),
        ]),
      ],
      real,
    );
    await ingest(
      [
        envelope("x2", [
          purchase("e2", [claim(a)], { sealed: await traits("e2", { first_name: "HACKED" }) }),
        ]),
      ],
      real,
    );
    const last = sent.at(-1)?.items[0];
    expect(last?.event.verified).toBe(false);
    await ingest([envelope("x3", [purchase("e3", [u])])], real);
    const verified = sent.at(-1)?.items[0];
    expect(verified?.event.verified).toBe(true);
    const opened = await openIngress(real.keys.ingress, verified?.event.sealed ?? "", [
      "delivery",
      verified?.id ?? "",
    ]);
    expect(JSON.parse(opened ?? "{}")).toEqual({ email: "ida@example.com", first_name: "Ida" });
  });

  it("that a site has hard-coded collects no link for every visitor", async () => {
    for (let i = 0; i < 5; i++)
      await ingest(
        [envelope(`x${i}`, [accepted(`e${i}`, "page_view", [visitor(`v${i}`), claim(a)])])],
        await deps(),
      );
    const { results } = await env.IDENTITY_0.prepare("SELECT other FROM links WHERE node = ?1").bind(a).all();
    expect(results).toEqual([{ other: "visitor_id:1.v0" }]);
  });
});

describe("personal traits", () => {
  it("reach a destination as the release's rule of the field says, whichever source was heard first", async () => {
    const { version, document } = RELEASE_1;
    const rule = { first_name: { prefer: ["source" as const], sources: ["crm", "web"] } };
    const identity = identitySchema.parse({ traits: rule });
    const real = await deps({ release: { version, document: { ...document, identity } } });
    const user = proven("user_id:1.u");
    const told = async (id: string, first_name: string) =>
      purchase(id, [user], {
        sealed: await sealIngress(
          real.keys.ingress,
          JSON.stringify({ first_name }),
          ["event", id],
          Date.now(),
        ),
      });
    await ingest([{ ...envelope("x1", [await told("e1", "of the CRM")]), source: "crm" }], real);
    await ingest([envelope("x2", [await told("e2", "of the site")])], real);
    const last = sent.at(-1)?.items[0];
    const place = ["delivery", last?.id ?? ""] as const;
    const opened = await openIngress(real.keys.ingress, last?.event.sealed ?? "", place);
    expect(JSON.parse(opened ?? "{}")).toEqual({ first_name: "of the CRM" });
  });

  it("are sealed under the subject's own key at rest, and reach only a destination that may have them", async () => {
    const real = await deps();
    const sealed = await sealIngress(
      real.keys.ingress,
      JSON.stringify({ email: "ida@example.com", first_name: "Ida" }),
      ["event", "e1"],
      Date.now(),
    );
    await ingest([envelope("x1", [purchase("e1", [V, claim("email:1.ida")], { sealed })])], real);
    const row = (await rows()).get(`${V.key}|email:1.ida`);
    const from = { at: expect.any(Number), source: "web", event: "e1" };
    expect(JSON.parse(row?.sealed ?? "{}")).toEqual({
      email: [{ s: expect.stringMatching(/^1-0\./), ...from }],
      first_name: [{ s: expect.stringMatching(/^1-0\./), ...from }],
    });
    expect(row?.sealed).not.toBe(sealed);
    const dump =
      JSON.stringify([...(await rows()).values()]) +
      (await (
        await env.LAKE.list()
      ).objects.reduce(
        async (text, o) => (await text) + (await (await env.LAKE.get(o.key))?.text()),
        Promise.resolve(""),
      ));
    expect(dump).not.toContain("ida@example.com");
    await ingest([envelope("x2", [purchase("e2")])], real);
    expect(sent.at(-1)?.items[0]?.event.sealed).toMatch(/^1-\d+\./);
    // Whose address it is is asked again before it leaves: once erased, it does not come back by the browser's row.
    expect(sent.at(-1)?.items[0]?.subjects).toContain("email:1.ida");
  });

  it("an event whose seal was tampered with harms only itself", async () => {
    await ingest([envelope("x1", [purchase("e1", [V], { sealed: "1.AAAA" }), purchase("e2")])], await deps());
    expect(await purchasesOf(V.key)).toBe(1);
  });
});

it("keeps bots out of facts and destinations, but in the lake", async () => {
  await ingest([envelope("x1", [purchase("e1", [V], { context: { bot: true } })])], await deps());
  expect((await rows()).size).toBe(0);
  expect(sent).toEqual([]);
  expect(await landedIds()).toEqual(["e1"]);
});

describe("the edge snapshot", () => {
  const page = (id: string, topic: string, who = [V]) =>
    accepted(id, "page_view", who, { content: { topic, content_id: id } });
  const stored = async (key = V.key) => {
    const text = (await rows()).get(key)?.snapshot;
    return text ? parseSnapshot(text) : undefined;
  };
  const atEdge = async (key = V.key) => (await readAtEdge(env.EDGE, key)).snapshot;
  /** KV that counts what is written. */
  const counted = async () => {
    let puts = 0;
    const kv = new Proxy(env.EDGE, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (name === "put") puts++;
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    return { deps: await deps({ kv }), puts: () => puts };
  };

  it("costs nothing at the edge until it decides something; then all that follow are there, when they differ", async () => {
    const { deps: given, puts } = await counted();
    await ingest([envelope("x1", [page("p1", "bikes")])], given);
    expect(await stored()).toMatchObject({ version: 1, segments: [] });
    expect([await atEdge(), puts()]).toEqual([undefined, 0]);

    await ingest([envelope("x2", [page("p2", "winter"), page("p3", "winter")])], given);
    expect(await atEdge()).toMatchObject({ segments: ["winter-fan"] });
    await ingest([envelope("x3", [page("p4", "winter")])], given);
    expect(puts()).toBe(1);

    // Out of the segment again: it is there, so it is kept up to date.
    await ingest(
      [
        envelope(
          "x4",
          ["p5", "p6", "p7"].map((id) => page(id, "bikes")),
        ),
      ],
      given,
    );
    expect(await atEdge()).toMatchObject({ segments: [], pub: 1 });
    const { features = {}, ...head } = (await stored()) ?? {};
    expect(await atEdge()).toMatchObject(head);
    const [[hash, value] = [], ...others] = Object.entries(features);
    expect([value, others]).toEqual([expect.anything(), []]);
    expect((await atEdge())?.features.get(hash ?? "")).toEqual(value);
    expect(puts()).toBe(2);
  });

  it("says which requests are in it: the queue may have given a later one first", async () => {
    const now = Date.now();
    const at = (receivedAt: number, id: string) => ({ ...envelope(id, [purchase(id)]), receivedAt });
    const recent = [now - 2_000, now - 1_000].map((time) => ({ at: time, name: "purchase", fields: {} }));
    const missing = async () =>
      eventsSince(recent, now - 5_000, await stored(), undefined).map((one) => one.at);
    await ingest([at(now - 1_000, "second")], await deps());
    expect(await missing()).toEqual([now - 2_000]);
    await ingest([at(now - 2_000, "first")], await deps());
    // The snapshot of the first served as well: what it does not hold is still counted from the cookie, once.
    const snapshot = await stored();
    const known = Object.values(snapshot?.features ?? {}).some((value) => value === 2);
    expect(await missing()).toEqual(known ? [] : [now - 2_000]);
  });

  it("that a crash kept from the edge is there once the batch comes again", async () => {
    const batch = [envelope("x1", [page("p1", "winter")])];
    const broken = failing(env.EDGE, ["put"], 1, "before");
    await expect(ingest(batch, await deps({ kv: broken }))).rejects.toThrow("crashed");
    expect(await atEdge()).toBeUndefined();
    await ingest(batch, await deps());
    expect(await atEdge()).toMatchObject({ segments: ["winter-fan"] });
  });

  it("is at the edge as soon as a person is proved, on each of their browsers", async () => {
    const u = proven("user_id:1.u");
    await ingest([envelope("x1", [page("p1", "bikes")])], await deps());
    await ingest(
      [envelope("x2", [accepted("e1", "login", [u, V]), page("p2", "bikes", [u, visitor("w")])])],
      await deps(),
    );
    for (const key of [V.key, "visitor_id:1.w"])
      expect(await atEdge(key)).toMatchObject({ state: "authenticated" });
  });

  it("gives the person's browsers one unit, that of the browser known first, and none to others", async () => {
    const u = proven("user_id:1.u");
    const own = (key: string) => bucketingUnit(undefined, undefined, key, Date.now());
    await ingest([envelope("x1", [page("p1", "winter")])], await deps());
    await ingest(
      [{ ...envelope("x2", [page("p2", "winter", [visitor("w")])]), receivedAt: Date.now() + 1_000 }],
      await deps(),
    );
    const both = [accepted("e1", "login", [u, V]), accepted("e2", "login", [u, visitor("w")])];
    const login = { ...envelope("x3", both), receivedAt: Date.now() + 2_000 };
    await ingest([login], await deps());
    expect(await atEdge()).not.toHaveProperty("units");
    expect((await atEdge("visitor_id:1.w"))?.units).toEqual([[login.receivedAt + 120_000, own(V.key)]]);
  });

  it("that was granted anew is read from the row, until it decides something: KV says only that it was withdrawn once", async () => {
    const choice = (granted: Purpose[], givenAt: number) => ({
      receipt: `r${givenAt}`,
      granted,
      regime: "gdpr",
      givenAt,
      expiresAt: givenAt + 1e9,
      despiteGpc: false,
    });
    const at = Date.now();
    await ingest([envelope("x1", [page("p1", "winter")])], await deps());
    // Between the write of the row and KV: withdrawn, and granted again with an event that puts nobody into a segment.
    const kv = new Proxy(env.EDGE, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (name !== "put") return typeof value === "function" ? (value.bind(target) as unknown) : value;
        return async (...args: Parameters<KVNamespace["put"]>) => {
          if (!String(args[1]).startsWith("withdrawn:")) {
            await bindConsent(IDENTITY, V.key, choice(["analytics"], at + 1));
            await bindConsent(IDENTITY, V.key, choice(["analytics", "personalization"], at + 2));
          }
          return target.put(...args);
        };
      },
    });
    await ingest([envelope("x2", [purchase("e1")])], await deps({ kv }));
    expect(await readAtEdge(env.EDGE, V.key)).toEqual({ withdrawnAt: at + 2 });
    expect(await stored()).toBeUndefined();
  });
});

it("a match rule that is changed holds for what it had found before, too", async () => {
  const under = async (action: "merge" | "propose") => {
    const identity = identitySchema.parse({ match: { name: { traits: ["first_name", "phone"], action } } });
    return deps({ release: { version: 1, document: { ...RELEASE_1.document, identity } } });
  };
  const [a, b, match] = ["login_id:1.a", "login_id:1.b", "match-name:1.m"].map(proven) as [Who, Who, Who];
  const members = async () => JSON.parse((await rows()).get(a.key)?.members ?? "[]").length;
  await ingest(
    [envelope("x1", [purchase("e1", [a, match]), purchase("e2", [b, match])])],
    await under("propose"),
  );
  expect(await members()).toBe(0);
  await ingest([envelope("x2", [purchase("e3", [b])])], await under("merge"));
  expect(await members()).toBe(3);
  await ingest([envelope("x3", [purchase("e4", [b])])], await under("propose"));
  expect(await members()).toBe(0);
});
