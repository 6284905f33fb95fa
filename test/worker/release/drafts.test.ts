/** Drafts and the schedule in workerd: two editors overwrite nothing of each other, and what waits is published once. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { RELEASE_SHAPE } from "#contracts/definitions/shape";
import type { AlertBody } from "#core/alert";
import { appendAudit } from "#privacy/audit/store";
import { activeRelease } from "#release/active";
import { publish as publishRelease } from "#release/publish";
import { type ScheduleDeps, tendReleases } from "#release/schedule";
import { readPointer } from "#release/store";
import type { ReleaseIssue } from "#release/validate";
import { RELEASE } from "../product.ts";
import { api, CHECKS, clear, type Json, offering } from "./desk.ts";

beforeEach(clear);

const publish = (document: unknown, more: object = {}) => api("POST", "/releases", { document, ...more });
const begin = async (document?: unknown): Promise<number> =>
  Number((await api("PUT", "/drafts/autumn", { revision: 0, document })).body.revision);
const draft = async () => (await api("GET", "/drafts/autumn")).body;
const segment = (n: number) => ({ when: { purchases: { $gte: n } } });

describe("a draft", () => {
  it("begins with the stable version, may be wrong, and says so when it is validated", async () => {
    await publish(offering("b"));
    const { status, body } = await api("PUT", "/drafts/autumn", { revision: 0, note: "Autumn" });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      name: "autumn",
      base: 1,
      author: "ADMIN_TOKEN",
      note: "Autumn",
      document: { offers: { b: {} } },
    });
    const saved = await api("PUT", "/drafts/autumn", { revision: body.revision, document: { offers: 7 } });
    expect(saved).toMatchObject({ status: 200, body: { revision: Number(body.revision) + 1 } });
    expect((await api("POST", "/drafts/autumn/validate")).body).toMatchObject({ ok: false });
    expect(await api("POST", "/drafts/autumn/publish", { note: "" })).toMatchObject({
      status: 422,
      body: { code: "invalid_release" },
    });
    expect((await api("GET", "/drafts")).body).toMatchObject({ stable: 1, drafts: [{ name: "autumn" }] });
    expect((await api("GET", "/drafts")).body.drafts).not.toContainEqual(
      expect.objectContaining({ document: expect.anything() }),
    );
  });

  it("saved whole by two from the same revision is one's, and the other sees who and what", async () => {
    const revision = await begin(RELEASE);
    await api("PUT", "/drafts/autumn", { revision, document: offering("b") });
    const { status, body } = await api("PUT", "/drafts/autumn", { revision, document: offering("c") });
    expect(status).toBe(409);
    expect(body).toMatchObject({
      code: "draft_changed",
      draft: { author: "ADMIN_TOKEN", revision: revision + 1 },
      detail: expect.stringContaining("ADMIN_TOKEN"),
    });
    expect(body.changes).toContainEqual(
      expect.objectContaining({ kind: "offers", key: "b", change: "removed" }),
    );
    expect(await api("PUT", "/drafts/autumn", { revision: 0 })).toMatchObject({ status: 409 });
    expect((await draft()).document).toMatchObject({ offers: { b: {} } });
  });

  it("keeps the changes of 20 who edit different definitions at once", async () => {
    const revision = await begin(RELEASE);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        api("PATCH", "/drafts/autumn", {
          revision,
          set: { [`segments.s${n}`]: segment(n) },
          was: { [`segments.s${n}`]: null },
        }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const { document, revision: last } = await draft();
    expect(Object.keys((document as { segments: object }).segments)).toHaveLength(22);
    expect(last).toBe(revision + 20);
  });

  it("lets one of many win who edit the same definition, and shows it to the others", async () => {
    await begin(RELEASE);
    const was = { "segments.loyal": RELEASE.segments?.loyal };
    const answers = await Promise.all(
      [2, 3, 4, 5].map((n) => api("PATCH", "/drafts/autumn", { set: { "segments.loyal": segment(n) }, was })),
    );
    const lost = answers.filter(({ status }) => status === 409);
    expect(lost).toHaveLength(3);
    const now = await draft();
    for (const { body } of lost)
      expect(body).toMatchObject({ code: "draft_changed", conflicts: ["segments.loyal"], draft: now });
  });

  it("takes an edit of what is as it was seen, however it is written", async () => {
    await begin(RELEASE);
    const was = { "segments.loyal": { purpose: "personalization", when: { purchases: { $gte: 1 } } } };
    expect(
      (
        await api("PATCH", "/drafts/autumn", {
          remove: ["segments.loyal"],
          set: { policy: RELEASE.policy },
          was: { ...was, policy: RELEASE.policy },
        })
      ).body.document,
    ).toMatchObject({ segments: { "winter-fan": {} } });
  });

  it("refuses an edit of what was seen before the draft was read last: its revision says nothing of the form", async () => {
    const revision = await begin(RELEASE);
    const seen = { "segments.loyal": { when: { purchases: { $gte: 7 } } } };
    const set = { "segments.loyal": { when: { purchases: { $gte: 8 } } } };
    expect(await api("PATCH", "/drafts/autumn", { revision, set, was: seen })).toMatchObject({
      status: 409,
      body: { code: "draft_changed", conflicts: ["segments.loyal"] },
    });
  });

  it("refuses what is no definition, no draft, too large or too deep", async () => {
    const revision = await begin(RELEASE);
    const patch = (set: object) => api("PATCH", "/drafts/autumn", { revision, set });
    for (const path of ["segments", "policy.regimes", "nothing.x", "segments.__proto__", "segments.A"])
      expect(await patch({ [path]: {} })).toMatchObject({
        status: 400,
        body: { code: "invalid_definition_path" },
      });
    expect(await api("PATCH", "/drafts/autumn", { set: {} })).toMatchObject({
      body: { code: "invalid_body" },
    });
    expect(await api("PATCH", "/drafts/none", { revision, set: {} })).toMatchObject({
      body: { code: "unknown_draft" },
    });
    expect(await api("PUT", "/drafts/none", { revision: 3 })).toMatchObject({
      body: { code: "unknown_draft" },
    });
    expect(await api("PUT", "/drafts/A%20b", { revision: 0 })).toMatchObject({
      body: { code: "invalid_name" },
    });
    const deep = JSON.parse(`${"[".repeat(100)}${"]".repeat(100)}`) as unknown;
    expect(await patch({ "content.a": { data: deep } })).toMatchObject({ body: { code: "too_deep" } });
    const large = { content: { a: { html: "x".repeat(1_990_000) } } };
    expect(await api("PUT", "/drafts/big", { revision: 0, document: large })).toMatchObject({ status: 413 });
    expect(
      await api("PUT", "/drafts/big", { revision: 0, document: { a: "x".repeat(10_000_000) } }),
    ).toMatchObject({
      status: 413,
      body: { code: "release_too_large" },
    });
    expect((await draft()).document).toEqual(RELEASE);
  });

  it("is one of 50 at most", async () => {
    await env.IDENTITY_0.prepare(
      `INSERT INTO release_drafts SELECT 'd' || value, '{}', 0, 1, 'Ada', 0, '' FROM json_each(?1)`,
    )
      .bind(JSON.stringify(Array.from({ length: 50 }, (_, n) => n)))
      .run();
    expect(await api("PUT", "/drafts/one-more", { revision: 0, document: {} })).toMatchObject({
      status: 409,
      body: { code: "too_many_drafts" },
    });
    expect((await api("DELETE", "/drafts/d7?revision=2")).body.code).toBe("draft_changed");
    expect((await api("DELETE", "/drafts/d7?revision=1")).status).toBe(200);
    expect((await api("PUT", "/drafts/one-more", { revision: 0, document: {} })).status).toBe(201);
  });

  it("is published against the version that it began with, and then is gone", async () => {
    await publish(RELEASE);
    const revision = await begin(offering("b"));
    expect((await api("GET", "/drafts/autumn/diff")).body).toMatchObject({
      from: "1",
      to: "draft:autumn",
      summary: { added: 3, removed: 0, changed: 0 },
    });
    await publish({ ...RELEASE, segments: { ...RELEASE.segments, new: segment(3) } });
    expect(await api("POST", "/drafts/autumn/publish", { note: "Autumn" })).toMatchObject({
      status: 409,
      body: { code: "release_changed", changes: [{ kind: "segments", key: "new", change: "added" }] },
    });
    const rebased = await api("POST", "/drafts/autumn/rebase", { revision });
    expect(rebased.body).toMatchObject({ base: 2, document: { segments: { new: {} }, offers: { b: {} } } });
    expect(await api("POST", "/drafts/autumn/publish", { note: "Autumn", revision })).toMatchObject({
      body: { code: "draft_changed" },
    });
    expect((await api("POST", "/drafts/autumn/publish", { note: "Autumn" })).body).toMatchObject({
      version: 3,
    });
    expect((await api("GET", "/drafts/autumn")).status).toBe(404);
    // A later one of the name is another: who still has the old one open cannot save over it.
    await begin(RELEASE);
    expect(await api("PUT", "/drafts/autumn", { revision, document: {} })).toMatchObject({ status: 409 });
  });

  it("asks whose holds where both changed a definition since it began", async () => {
    await publish(RELEASE);
    const own = { ...RELEASE, segments: { ...RELEASE.segments, loyal: segment(5) } };
    const revision = await begin(own);
    await publish({ ...RELEASE, segments: { ...RELEASE.segments, loyal: segment(9) } });
    const asked = await api("POST", "/drafts/autumn/rebase", { revision });
    expect(asked).toMatchObject({
      status: 409,
      body: {
        code: "draft_conflict",
        conflicts: [{ path: "segments.loyal", base: segment(1), theirs: segment(9), mine: segment(5) }],
      },
    });
    const mine = await api("POST", "/drafts/autumn/rebase", { revision, prefer: "mine" });
    expect(mine.body.document).toMatchObject({ segments: { loyal: segment(5) } });
  });
});

const NOW = Date.now();
const HOUR = 3_600_000;
const alerts: AlertBody[] = [];
/** The schedule's minute at a time of the tests' own. */
const tend = (now: number, more: Partial<ScheduleDeps> = {}) =>
  tendReleases(
    {
      db: env.IDENTITY_0,
      kv: env.EDGE,
      checks: CHECKS,
      clock: () => now,
      audit: (entry) => appendAudit(env.IDENTITY_0, entry),
      alert: {
        alertUrl: "https://alerts.example/hook",
        allowInsecure: false,
        fetch: async (_, init) => {
          alerts.push(JSON.parse(String(init.body)) as AlertBody);
          return new Response("ok");
        },
      },
      ...more,
    },
    now,
  );
const later = (document: unknown, more: object = {}) =>
  publish(document, { at: new Date(NOW + HOUR).toISOString(), ...more });
const scheduled = async () => (await api("GET", "/releases/schedule")).body.scheduled as Json[];
const stable = async () => (await readPointer(env.EDGE))?.stable;

describe("the schedule", () => {
  beforeEach(() => void alerts.splice(0));

  it("publishes in the minute, once, however many run at once, and names who scheduled it", async () => {
    await publish(RELEASE);
    expect((await later(offering("b"), { note: "Sale" })).body).toMatchObject({
      version: 2,
      state: "scheduled",
      schedule: { at: new Date(NOW + HOUR).toISOString() },
    });
    await tend(NOW + HOUR - 1);
    expect(await stable()).toBe(1);
    await Promise.all([tend(NOW + HOUR), tend(NOW + HOUR), tend(NOW + HOUR)]);
    await tend(NOW + HOUR + 60_000);
    expect(await stable()).toBe(2);
    expect(await scheduled()).toMatchObject([{ version: 2, state: "published", reason: null }]);
    const { moves } = (await api("GET", "/releases/moves")).body as { moves: Json[] };
    expect(moves).toHaveLength(2);
    expect(moves[0]).toMatchObject({ action: "publish", stable: 2, actor: "ADMIN_TOKEN", note: "Sale" });
    expect(alerts).toEqual([]);
  });

  it("holds here at once, and what else isolates read of it is brought to them, as when somebody publishes by hand", async () => {
    await publish(RELEASE);
    await later(offering("b"));
    let held: object = {};
    const published = async () => {
      held = (await activeRelease(env.EDGE, NOW + HOUR)).document.offers;
    };
    await tend(NOW + HOUR, { published });
    expect(held).toHaveProperty("b");
  });

  it("does not publish over what somebody has published meanwhile, unless it is forced", async () => {
    await publish(RELEASE);
    await later(offering("b"));
    await publish(offering("c"));
    await tend(NOW + HOUR);
    expect(await stable()).toBe(3);
    expect(await scheduled()).toMatchObject([
      { state: "failed", reason: "release_changed: version 3 was published meanwhile" },
    ]);
    expect(alerts).toMatchObject([{ type: "release.schedule_failed", version: 2 }]);
    await later(offering("d"), { force: true });
    expect(await scheduled()).toContainEqual(expect.objectContaining({ state: "waiting", force: true }));
    await publish(offering("e"));
    await tend(NOW + HOUR);
    expect(await stable()).toBe(4);
  });

  it("validates again: what has become wrong is not published, and operators are told why", async () => {
    await publish(RELEASE);
    await later(offering("b"));
    const missing: ReleaseIssue = {
      path: "destinations.x.settings",
      message: 'the Worker has no secret "X"',
    };
    const document = { ...offering("b"), destinations: { x: DESTINATION } };
    await env.IDENTITY_0.prepare("UPDATE releases SET document = ?1 WHERE version = 2")
      .bind(JSON.stringify(document))
      .run();
    await tend(NOW + HOUR, { checks: { ...CHECKS, destination: () => [missing] } });
    expect(await stable()).toBe(1);
    const [entry] = await scheduled();
    expect(entry).toMatchObject({ state: "failed" });
    expect(entry?.reason).toBe(`invalid_release: ${missing.path} ${missing.message}`);
    expect(alerts[0]?.text).toContain(missing.message);
    await tend(NOW + HOUR + 60_000);
    expect(alerts).toHaveLength(1);
  });

  it("does not publish during a canary, nor what was cancelled", async () => {
    await publish(RELEASE);
    await later(offering("b"));
    await publish(offering("c"), { share: 0.5 });
    await tend(NOW + HOUR);
    expect(await scheduled()).toMatchObject([
      { state: "failed", reason: expect.stringContaining("canary_running") },
    ]);
    await api("POST", "/releases/abort");
    const entry = (await later(offering("d"))).body.schedule as Json;
    expect((await api("DELETE", `/releases/schedule/${String(entry.id)}`)).body).toMatchObject({
      state: "cancelled",
    });
    expect(await api("DELETE", `/releases/schedule/${String(entry.id)}`)).toMatchObject({
      status: 409,
      body: { code: "not_waiting" },
    });
    await tend(NOW + HOUR);
    expect(await stable()).toBe(1);
  });

  it("goes back to a version that is stored, at a time", async () => {
    await publish(RELEASE);
    await publish(offering("b"));
    const at = new Date(NOW + HOUR).toISOString();
    expect(await api("POST", "/releases/schedule", { version: 9, at })).toMatchObject({ status: 404 });
    expect(await api("POST", "/releases/schedule", { version: 1, at: "2020-01-01T00:00:00Z" })).toMatchObject(
      {
        status: 400,
        body: { code: "invalid_at" },
      },
    );
    expect((await api("POST", "/releases/schedule", { version: 1, at })).status).toBe(201);
    await tend(NOW + HOUR);
    expect(await stable()).toBe(1);
  });

  it.each([
    ["before the document is in KV", 0],
    ["between the document and the pointer", 1],
  ])("repairs what a crash has left %s", async (_, puts) => {
    await publish(RELEASE);
    await publish(offering("b"));
    await api("POST", "/releases/schedule", { version: 1, at: new Date(NOW + HOUR).toISOString() });
    await env.EDGE.delete("release:1");
    await expect(tend(NOW + HOUR, { kv: dyingAfter(puts) })).rejects.toThrow("crashed");
    // D1 is the truth; isolates still read what KV says, which is whole.
    expect((await api("GET", "/releases/active")).body.version).toBe(1);
    expect(await stable()).toBe(2);
    await tend(NOW + HOUR + 60_000);
    expect(await stable()).toBe(1);
    expect(await env.EDGE.get("release:1", "json")).toMatchObject({ segments: { loyal: {} } });
    expect((await api("GET", "/releases/moves")).body.moves).toHaveLength(3);
  });

  it("holds here at once, and everywhere a minute later, where KV takes nothing when somebody publishes", async () => {
    await publish(RELEASE);
    const deps = { db: env.IDENTITY_0, kv: dyingAfter(0), checks: CHECKS, clock: () => NOW };
    const done = await publishRelease({ document: offering("b"), note: "", author: "Ada" }, {}, deps);
    expect(done).toMatchObject({ version: 2, copied: false });
    expect((await activeRelease(deps.kv, NOW)).document.offers).toHaveProperty("b");
    expect(await stable()).toBe(1);
    await tend(NOW);
    expect(await stable()).toBe(2);
  });

  it("reads by its own schemas what the Worker before a deployment has put into KV", async () => {
    await publish(offering("b"));
    const asRead = `release:1:${RELEASE_SHAPE}`;
    const before = await env.EDGE.get(asRead);
    await env.EDGE.delete(asRead);
    await tend(NOW);
    expect(before).not.toBeNull();
    expect(await env.EDGE.get(asRead)).toBe(before);
  });

  it("brings KV back where it has been lost, and knows a deployment from before there were moves", async () => {
    await publish(offering("b"));
    for (const { name } of (await env.EDGE.list({ prefix: "release:" })).keys) await env.EDGE.delete(name);
    await tend(NOW);
    expect(await readPointer(env.EDGE)).toEqual({ revision: 1, stable: 1, share: 0 });
    expect(await env.EDGE.get("release:1", "json")).toMatchObject({ offers: { b: {} } });
    await publish(offering("c"));
    await env.IDENTITY_0.exec("DELETE FROM release_moves");
    await env.EDGE.put("release:active", '{"stable":1}');
    await tend(NOW);
    expect(await env.EDGE.get("release:active", "json")).toEqual({ stable: 1 });
    expect((await api("GET", "/releases/active")).body).toMatchObject({ version: 1, revision: 0 });
    expect((await publish(offering("d"), { base: 1 })).body).toMatchObject({ version: 3, revision: 1 });
  });
});

/** KV of an isolate that dies after so many writes. */
function dyingAfter(puts: number): KVNamespace {
  let left = puts;
  return new Proxy(env.EDGE, {
    get: (target, name) => {
      if (name === "put" && left-- <= 0) return () => Promise.reject(new Error("crashed"));
      const value = Reflect.get(target, name) as unknown;
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

const DESTINATION = { type: "webhook", queue: "crm", purposes: ["marketing"], events: [], settings: {} };
