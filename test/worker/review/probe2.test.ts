import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { ingest } from "#ingest/ingest";
import { consumeEvents } from "#ingest/consumer";
import { readSnapshot } from "#segments/store";
import { featureValues } from "#segments/features";
import { featuresFor } from "#segments/purposes";
import { seal } from "#privacy/seal";
import { migrate } from "../setup.ts";
import { ALL, Browser, event, HOST, publishRelease, request } from "../product.ts";
import { accepted, claim, deps, envelope, proven, RELEASE_1, rows, sent, visitor } from "../ingest/envelopes.ts";

const V = visitor("v");
const purchase = (id: string, who = [V], more = {}) =>
  accepted(id, "purchase", who, { order_id: id, value: 10, currency: "EUR" }, more);
const attempt = async (f: () => Promise<unknown>) => { const t = Date.now(); try { await f(); return `ok ${Date.now() - t}ms`; } catch (e) { return `THROWS ${(e as Error).message} ${Date.now() - t}ms`; } };
async function purchasesOf(key: string): Promise<unknown> {
  const row = (await rows()).get(key);
  return featureValues(JSON.parse(row?.facts ?? "{}"), featuresFor(RELEASE_1.document, "personalization"), Date.now()).purchases;
}
beforeEach(async () => { await reset(); await migrate(); sent.length = 0; });

describe("ingest limits", () => {
  it("F1 claims of one visitor in a day", async () => {
    const real = await deps();
    let n = 0;
    for (let b = 0; b < 14; b++) {
      const envs = Array.from({ length: 20 }, (_, e) => envelope(`x${b}-${e}`, Array.from({ length: 100 }, () => accepted(`${n++}`.padStart(100, "e"), "scroll", [V], {}))));
      const r = await attempt(() => ingest(envs, real));
      const size = (await rows()).get(V.key)?.claims.length;
      console.log("F1", n, "events", r, "claims bytes", size);
      if (r.startsWith("THROWS")) break;
    }
    // an innocent one in the same batch
    const messages = [envelope("att", [accepted("attack", "scroll", [V], {})]), envelope("inn", [purchase("innocent", [visitor("good")])])].map((body, i) => ({ id: `${i}`, body: JSON.stringify(body) }));
    let acked = false;
    console.log("F1 innocent", await attempt(() => consumeEvents({ queue: "doorstep-events", messages, ackAll: () => { acked = true; } } as any, real)), "acked", acked, "innocent row", (await rows()).has("visitor_id:1.good"));
  }, 120000);
  it("F2 a backfill: distinct users", async () => {
    const real = await deps();
    for (const count of [500, 1500, 3000, 6000]) {
      const evs = await Promise.all(Array.from({ length: count }, async (_, i) => purchase(`b${count}-${i}`, [proven(`user_id:1.${`${count}u${i}`.padStart(22, "x")}`), proven(`email:1.${`${count}e${i}`.padStart(22, "x")}`)], { sealed: await seal(real.keys.ingress, JSON.stringify({ email: `somebody${i}@example.com`, first_name: "Ida", last_name: "Berg" }), `event:b${count}-${i}`) })));
      const envs = Array.from({ length: Math.ceil(count / 75) }, (_, k) => envelope(`bf${count}-${k}`, evs.slice(k * 75, k * 75 + 75)));
      console.log("F2", count, "users in", envs.length, "envelopes of", JSON.stringify(envs[0]).length, "bytes:", await attempt(() => ingest(envs, real)));
    }
  }, 240000);
  it("M hot anonymous id", async () => {
    const real = await deps();
    const a = claim("anonymous_id:1.hardcoded");
    for (let i = 0; i < 3; i++)
      console.log("M", (i + 1) * 700, "browsers", await attempt(() => ingest([envelope(`h${i}`, Array.from({ length: 700 }, (_, k) => accepted(`h${i}-${k}`, "scroll", [visitor(`h${i}-${k}`), a], {})))], real)));
    console.log("M one more event:", await attempt(() => ingest([envelope("last", [accepted("last", "scroll", [visitor("fresh"), a], {})])], real)));
    let read = 0;
    const db = new Proxy(real.db, { get(t, name) { const v = Reflect.get(t, name) as any; if (typeof v !== "function") return v; if (name !== "batch") return v.bind(t);
      return async (...x: any[]) => { const r = await v.apply(t, x); for (const y of r) read += y.meta?.rows_read ?? 0; return r; }; } });
    await ingest([envelope("last2", [accepted("last2", "scroll", [visitor("fresh2"), a], {})])], { ...real, db });
    console.log("M rows read by one event:", read);
  }, 120000);
  it("G3 stale snapshot overwrites newer", async () => {
    const real = await deps();
    const pv = (id: string) => accepted(id, "page_view", [V], { content: { content_id: "c", content_type: "article", topic: "winter" } });
    let n = 0;
    const db = new Proxy(real.db, { get(t, name) { const v = Reflect.get(t, name) as any; if (typeof v !== "function") return v; if (name !== "batch") return v.bind(t);
      return async (...a: any[]) => { if (++n === 2) await ingest([envelope("x2", [purchase("e2"), purchase("e4"), pv("e3")])], real); return v.apply(t, a); }; } });
    await ingest([envelope("x1", [pv("e1")])], { ...real, db });
    console.log("G3 KV:", (await readSnapshot(env.EDGE, V.key))?.segments, "row", JSON.parse((await rows()).get(V.key)?.snapshot ?? "null")?.segments);
  });
  it("K2 stale snapshot of who was pushed out", async () => {
    const a = "anonymous_id:1.a"; const real = await deps();
    await ingest([envelope("x1", [purchase("e1", [proven("user_id:1.u"), proven(a)])])], real);
    await ingest([envelope("x2", [accepted("e2", "page_view", [V, claim(a)])])], real);
    await ingest([envelope("x3", [accepted("e3", "page_view", [visitor("evil"), claim(a)], {}, { occurredAt: Date.now() - 6 * 86400000 })])], real);
    console.log("K2 V KV", (await readSnapshot(env.EDGE, V.key))?.segments, "row profile", (await rows()).get(V.key)?.profile);
    console.log("K2 profiles", (await env.IDENTITY_0.prepare("select root, members from profiles").all()).results);
  });
  it("U odd characters go all the way", async () => {
    const real = await deps();
    for (const id of ["\u0000nul", "\ud800lone", "a\u2028b", "'; drop", "😀".repeat(50)]) {
      const r = await attempt(() => ingest([envelope(`u${id}`, [purchase(id, [V, claim("anonymous_id:1.z")])])], real));
      const again = await attempt(() => ingest([envelope(`v${id}`, [purchase(id, [V, claim("anonymous_id:1.z")])])], real));
      console.log("U", JSON.stringify(id).slice(0, 30), r, again, await purchasesOf(V.key));
    }
  });
  it("S same event id, two people", async () => {
    const real = await deps();
    await ingest([envelope("x1", [purchase("1", [visitor("p1")]), ]), envelope("x2", [purchase("1", [visitor("p2")])])], real);
    console.log("S items", sent.flatMap((m) => m.items).map((i) => [i.id, i.event.profile]));
  });
});
describe("door", () => {
  it("C CJK session is lost", async () => {
    await publishRelease();
    const b = new Browser("US");
    await b.consent(ALL);
    for (let i = 0; i < 16; i++) {
      const r = await b.send([event("page_view", { content: { content_id: "x", content_type: "article", topic: "冬".repeat(60) + i } })]);
      console.log("C", i, "cookie", b.cookies.get("ds_session")?.length);
    }
  });
  it("E stored", async () => {
    await publishRelease();
    await request("/events", { method: "POST", body: JSON.stringify({ write_key: "wk_demo", events: [{ ...event("mail ida@example.com"), id: "zz1" }] }), headers: { cookie: "ds_dev_country=SK", origin: HOST } });
    await new Promise((x) => setTimeout(x, 3000));
    for (const o of (await env.LAKE.list()).objects) { const t = await (await env.LAKE.get(o.key))!.text(); if (t.includes("zz1")) console.log("E", o.key, t.split("\n").filter((l) => l.includes("zz1"))); }
  });
});
