/** Releases over the operator's API in workerd: who publishes what, of many at once one wins, and nothing is overwritten. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { ReleaseInput } from "#contracts/definitions/release";
import { activeRelease } from "#release/active";
import { publish as publishRelease, ReleaseChanged } from "#release/publish";
import { RELEASE, request } from "../product.ts";
import { api, CHECKS, clear, type Json, offering } from "./desk.ts";

beforeEach(clear);

const publish = (document: unknown, more: object = {}) =>
  api("POST", "/releases", { document, note: "test", ...more });
const active = async () => (await api("GET", "/releases/active")).body;

describe("publishing", () => {
  it("makes the document the stable version, for everybody at once here", async () => {
    expect(await publish(RELEASE)).toMatchObject({
      status: 201,
      body: { version: 1, state: "stable", revision: 1, schedule: null, warnings: [] },
    });
    expect(await active()).toMatchObject({ version: 1, revision: 1, candidate: null });
    expect((await activeRelease(env.EDGE, Date.now())).version).toBe(1);
    expect(await env.EDGE.get("release:active", "json")).toEqual({ revision: 1, stable: 1, share: 0 });
  });

  it("is refused where another version is stable than the one it was made from, and says who did what meanwhile", async () => {
    await publish(RELEASE);
    await publish(offering("b"), { base: 1 });
    const { status, body } = await publish(offering("c"), { base: 1 });
    expect(status).toBe(409);
    expect(body).toMatchObject({
      code: "release_changed",
      active: { stable: 2, revision: 2 },
      moves: [{ revision: 2, actor: "ADMIN_TOKEN", action: "publish", note: "test" }],
    });
    expect(body.changes).toContainEqual({ kind: "content", key: "b", change: "added" });
    expect(await active()).toMatchObject({ version: 2 });
    expect((await publish(offering("c"), { if_revision: 1 })).body.code).toBe("release_changed");
    expect((await publish(offering("c"), { base: 2, if_revision: 2 })).status).toBe(201);
  });

  it("lets one of 50 that start from the same version win, and leaves nothing of the others", async () => {
    await publish(RELEASE);
    const deps = { db: env.IDENTITY_0, kv: env.EDGE, checks: CHECKS, clock: () => Date.now() };
    const tries = Array.from({ length: 50 }, (_, n) => ({
      document: offering(`n${n}`),
      note: `n${n}`,
      author: `Editor ${n}`,
    }));
    const done = await Promise.allSettled(tries.map((one) => publishRelease(one, { base: 1 }, deps)));
    const won = done.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    expect(won).toMatchObject([{ version: 2, active: { revision: 2, stable: 2 }, copied: true }]);
    for (const one of done) if (one.status === "rejected") expect(one.reason).toBeInstanceOf(ReleaseChanged);
    const { releases } = (await api("GET", "/releases")).body as { releases: Json[] };
    expect(releases.map(({ version }) => version)).toEqual([2, 1]);
    const [move] = (await api("GET", "/releases/moves")).body.moves as Json[];
    expect(await env.EDGE.get("release:2", "json")).toMatchObject({ offers: { [String(move?.note)]: {} } });
    expect(await env.EDGE.get("release:2", "json")).toEqual((await active()).document);
  });

  it("numbers versions and moves without a gap where many publish without a base", async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, (_, n) => publish(offering(`n${n}`))));
    expect(answers.map(({ body }) => body.version).sort((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 6 }, (_, n) => n + 1),
    );
    expect(await active()).toMatchObject({ version: 6, revision: 6 });
    expect(await env.EDGE.get("release:active", "json")).toMatchObject({ revision: 6, stable: 6 });
  });

  const bad: [string, unknown, number, string][] = [
    ["no document", {}, 400, "invalid_body"],
    ["a list for a document", { document: [] }, 400, "invalid_body"],
    ["a note too long", { document: RELEASE, note: "x".repeat(501) }, 400, "invalid_body"],
    ["unknown fields", { document: RELEASE, stable: true }, 400, "invalid_body"],
    ["a share above 1", { document: RELEASE, share: 1.1 }, 400, "invalid_body"],
    ["a share below 0", { document: RELEASE, share: -0.1 }, 400, "invalid_body"],
    ["a share of no number", { document: RELEASE, share: "0.5" }, 400, "invalid_body"],
    ["a time that has been", { document: RELEASE, at: "2020-01-01T00:00:00Z" }, 400, "invalid_at"],
    ["a time far ahead", { document: RELEASE, at: "2999-01-01T00:00:00Z" }, 400, "invalid_at"],
    ["no time", { document: RELEASE, at: "tomorrow" }, 400, "invalid_body"],
    ["share and time", { document: RELEASE, at: "2026-12-24T00:00:00Z", share: 1 }, 400, "invalid_body"],
    [
      "segments that ask for each other",
      {
        document: {
          ...RELEASE,
          segments: {
            a: { when: { segments: { $in: ["b"] } } },
            b: { when: { segments: { $in: ["a"] } } },
          },
        },
      },
      422,
      "invalid_release",
    ],
    ["10 MB", { document: { ...RELEASE, x: "x".repeat(10_000_000) } }, 413, "release_too_large"],
  ];
  it.each(["", "{", "[]"])("is refused: the body %j", async (body) => {
    const headers = { authorization: "Bearer admin_test" };
    const response = await request("/admin/api/releases", { method: "POST", headers, body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: body === "[]" ? "invalid_body" : "invalid_json" });
  });

  it.each(bad)("is refused: %s", async (_, body, status, code) => {
    expect(await api("POST", "/releases", body)).toMatchObject({ status, body: { code } });
    expect((await api("GET", "/releases")).body.releases).toEqual([]);
  });

  it("refuses what is too large only with its defaults, and stores what is just not", async () => {
    const content = (pages: number): ReleaseInput => ({
      ...RELEASE,
      content: Object.fromEntries(
        Array.from({ length: pages }, (_, n) => [`c${n}`, { html: `<p>${"x".repeat(49_000)}</p>` }]),
      ),
    });
    expect((await publish(content(40))).status).toBe(201);
    const small: ReleaseInput = {
      ...content(40),
      slots: Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`s${n}`, {}])),
    };
    expect(await publish(small)).toMatchObject({ status: 413, body: { code: "release_too_large" } });
    expect(await active()).toMatchObject({ version: 1 });
  });
});

describe("validating", () => {
  it("says what is wrong, and stores nothing", async () => {
    expect((await api("POST", "/releases/validate", { document: RELEASE })).body).toMatchObject({
      ok: true,
      issues: [],
    });
    const wrong = { ...RELEASE, offers: { x: { slot: "nowhere", content: "nothing" } } };
    const { status, body } = await api("POST", "/releases/validate", { document: wrong });
    expect(status).toBe(200);
    expect(body).toMatchObject({ ok: false });
    expect(body.issues).toContainEqual({ path: "offers.x.slot", message: 'there is no slot "nowhere"' });
    expect((await api("GET", "/releases")).body.releases).toEqual([]);
  });
});

describe("history", () => {
  it("shows each version with its author, state and how much it changed", async () => {
    await publish(RELEASE);
    await publish(offering("b"));
    await publish(offering("c"), { at: new Date(Date.now() + 86_400_000).toISOString() });
    await publish(offering("d"), { share: 0.5 });
    const { body } = await api("GET", "/releases");
    expect(body).toMatchObject({
      active: { revision: 3, stable: 2, candidate: 4, share: 0.5 },
      next: null,
      releases: [
        {
          version: 4,
          state: "candidate",
          author: "ADMIN_TOKEN",
          parent: 2,
          summary: { added: 2, removed: 2, changed: 0 },
        },
        { version: 3, state: "scheduled", parent: 2 },
        { version: 2, state: "stable", parent: 1, summary: { added: 3, removed: 0, changed: 0 } },
        { version: 1, state: "former", parent: null, summary: null, note: "test" },
      ],
    });
    const page = (await api("GET", "/releases?limit=2&before=4")).body;
    expect((page.releases as Json[]).map(({ version }) => version)).toEqual([3, 2]);
    expect(page.next).toBe(2);
    expect((await api("GET", "/releases/2")).body).toMatchObject({
      version: 2,
      document: { offers: { b: {} } },
    });
    for (const path of ["/releases/9", "/releases/x", "/releases/0", "/releases/2.5"])
      expect(await api("GET", path)).toMatchObject({ status: 404, body: { code: "unknown_release" } });
  });

  it("compares versions and drafts, definition by definition", async () => {
    await publish(offering("b"));
    await publish(offering("b", { html: "<p>new</p>" }), { share: 0.1 });
    await api("PUT", "/drafts/mine", { revision: 0, document: RELEASE });
    const diff = (await api("GET", "/releases/diff?from=stable&to=candidate")).body;
    expect(diff).toEqual({
      from: "stable",
      to: "candidate",
      summary: { added: 0, removed: 0, changed: 1 },
      changes: [
        {
          kind: "content",
          key: "b",
          change: "changed",
          paths: [{ path: "html", from: "<p>b</p>", to: "<p>new</p>" }],
        },
      ],
    });
    const removed = (await api("GET", "/releases/diff?from=1&to=draft:mine")).body;
    expect(removed.summary).toEqual({ added: 0, removed: 3, changed: 0 });
    for (const [query, status, code] of [
      ["from=1&to=7", 404, "unknown_release"],
      ["from=1&to=draft:no", 404, "unknown_draft"],
      ["from=1", 400, "invalid_version"],
      ["from=1&to=latest", 400, "invalid_version"],
    ] as const)
      expect(await api("GET", `/releases/diff?${query}`)).toMatchObject({ status, body: { code } });
  });
});

describe("a canary", () => {
  it("grows, and is promoted or aborted; nothing else is published meanwhile", async () => {
    await publish(RELEASE);
    expect((await publish(offering("b"), { share: 0.1 })).body).toMatchObject({
      version: 2,
      state: "candidate",
    });
    expect(await publish(offering("c"))).toMatchObject({ status: 409, body: { code: "canary_running" } });
    expect(await publish(offering("c"), { share: 1 })).toMatchObject({ body: { code: "canary_running" } });
    expect((await api("POST", "/releases/share", { share: 0.5 })).body.active).toMatchObject({ share: 0.5 });
    expect(await api("POST", "/releases/share", { share: 2 })).toMatchObject({ status: 400 });
    expect((await api("POST", "/releases/promote")).body.active).toEqual({
      revision: 4,
      stable: 2,
      candidate: null,
      share: 0,
    });
    for (const path of ["promote", "abort"])
      expect(await api("POST", `/releases/${path}`)).toMatchObject({
        status: 409,
        body: { code: "no_canary" },
      });
    await publish(offering("d"), { share: 1 });
    expect((await api("POST", "/releases/abort", { note: "no" })).body.active).toMatchObject({ stable: 2 });
    const { moves } = (await api("GET", "/releases/moves?limit=3")).body as { moves: Json[] };
    expect(moves.map(({ action }) => action)).toEqual(["abort", "canary", "promote"]);
  });

  it("needs a version that all others get", async () => {
    expect(await publish(RELEASE, { share: 0.5 })).toMatchObject({
      status: 409,
      body: { code: "nothing_published" },
    });
  });
});

describe("rolling back", () => {
  it("makes an earlier version the stable one, and ends a canary", async () => {
    await publish(RELEASE);
    await publish(offering("b"));
    await publish(offering("c"), { share: 0.5 });
    expect((await api("POST", "/releases/1/rollback", { note: "wrong offer" })).body.active).toEqual({
      revision: 4,
      stable: 1,
      candidate: null,
      share: 0,
    });
    expect((await activeRelease(env.EDGE, Date.now())).document.offers).toEqual({});
    expect(await api("POST", "/releases/1/rollback")).toMatchObject({ body: { code: "nothing_to_change" } });
    expect(await api("POST", "/releases/99/rollback")).toMatchObject({ body: { code: "unknown_release" } });
    expect(await api("POST", "/releases/2/rollback", { if_revision: 3 })).toMatchObject({
      body: { code: "release_changed" },
    });
  });

  it("refuses a version that the grammar of today cannot read, which would leave nothing to decide by", async () => {
    await publish(RELEASE);
    await env.IDENTITY_0.prepare(
      "INSERT INTO releases (version, document, note, created_at) VALUES (2, ?1, '', 0)",
    )
      .bind('{"policy":{}}')
      .run();
    expect(await api("POST", "/releases/2/rollback")).toMatchObject({
      status: 422,
      body: { code: "invalid_release" },
    });
    expect(await active()).toMatchObject({ version: 1 });
  });
});

describe("the audit log", () => {
  it("names who moved the release, to which version", async () => {
    await publish(RELEASE);
    await publish(offering("b"), { share: 0.5 });
    await api("POST", "/releases/promote");
    const { entries } = (await api("GET", "/audit?limit=10")).body as { entries: Json[] };
    expect(entries.slice(0, 4)).toMatchObject([
      { action: "release.moved", target: "2", actor: { id: "root" }, detail: { revision: 3, stable: 2 } },
      { action: "release.promote" },
      {
        action: "release.published",
        target: "2",
        detail: { revision: 2, stable: 1, candidate: 2, share: 0.5 },
      },
      { action: "release.publish" },
    ]);
  });
});
