/** The audit log in the admin API: page by page, as it is described, and as an auditor's machine reads it. */
import { Hono } from "hono";
import { beforeEach, describe, expect, it } from "vitest";
import { auditRoutes } from "#console/audit-routes";
import { answerError } from "#core/problem";
import type { Actor } from "#privacy/actor";
import { audit } from "../../../scripts/openapi/admin/audit.ts";
import { ANN, AT, check, context, everything, freshLog, keep, notes, tamper } from "./audit-log.ts";

const app = new Hono<{ Variables: { actor: Actor } }>()
  .use(async (c, next) => {
    c.set("actor", ANN);
    await next();
  })
  .route("/", auditRoutes({ ...context, clock: () => AT }))
  .onError(answerError);

beforeEach(async () => {
  await freshLog();
  await notes(5);
});

/** The answer, which has to be as the API's document says. */
async function get(path: string, schema: string) {
  const response = await app.request(path);
  expect(response.status, path).toBe(200);
  const body = await response.json();
  expect(audit.answers[schema]?.parse(body), "nothing is there that is not described").toEqual(body);
  return body as { entries: { seq: number }[]; checkpoints: { seq: number }[]; next: number | null };
}

const post = (path: string, body?: string) =>
  app.request(path, { method: "POST", ...(body !== undefined && { body }) });

describe("GET /audit", () => {
  it("lists the newest first, and goes on where the page before ended", async () => {
    const first = await get("/audit?limit=3", "AuditEntries");
    expect(first.entries.map(({ seq }) => seq)).toEqual([5, 4, 3]);
    const second = await get(`/audit?limit=3&before=${first.next}`, "AuditEntries");
    expect(second.entries.map(({ seq }) => seq)).toEqual([2, 1]);
    expect(second.next).toBeNull();
    expect((await get("/audit?action=person.write", "AuditEntries")).entries).toEqual([]);
    expect((await get("/audit?actor=system&action=person.read", "AuditEntries")).entries).toHaveLength(5);
  });
});

describe("GET /audit/export", () => {
  it("gives every entry once, oldest first, as it was hashed", async () => {
    const first = await get("/audit/export?limit=3", "AuditEntries");
    const second = await get(`/audit/export?limit=3&after=${first.next}`, "AuditEntries");
    expect([...first.entries, ...second.entries]).toEqual(await everything());
    expect(second.next).toBeNull();
  });
  it("gives what was tampered with in the same shape", async () => {
    await tamper("UPDATE audit SET at = 'soon', actor = '7', detail = '[' WHERE seq = 2");
    expect((await get("/audit/export", "AuditEntries")).entries).toHaveLength(5);
    expect((await get("/audit?actor=system", "AuditEntries")).entries).toHaveLength(4);
  });
});

describe("/audit/checkpoints", () => {
  it("makes one on demand, once for each state of the log, and lists them with the public keys", async () => {
    const made = await post("/audit/checkpoints");
    expect(made.status).toBe(201);
    const { checkpoint } = (await made.json()) as { checkpoint: object };
    const again = await post("/audit/checkpoints");
    expect([again.status, await again.json()]).toEqual([200, { checkpoint: null }]);
    await notes(1);
    await keep();
    const first = await get("/audit/checkpoints?limit=1", "AuditCheckpoints");
    expect(first).toMatchObject({ checkpoints: [checkpoint], next: 5, public_key: { kty: "OKP", kid: "1" } });
    expect(await get("/audit/checkpoints?after=5", "AuditCheckpoints")).toMatchObject({
      checkpoints: [{ seq: 6 }],
      next: null,
    });
  });
  it("lists one that is damaged, as one that does not verify", async () => {
    const checkpoint = JSON.stringify({ v: 1 });
    await context.bucket.put("audit/checkpoints/000000000004.json", "{", { customMetadata: { checkpoint } });
    expect((await get("/audit/checkpoints", "AuditCheckpoints")).checkpoints).toEqual([
      { v: 1, tenant: "", seq: 4, hash: "", at: 0, version: "", signature: "" },
    ]);
  });
});

describe("GET /audit/verify", () => {
  it("says that the log is whole, or where it is not", async () => {
    await keep();
    expect(await get("/audit/verify", "AuditCheck")).toMatchObject({ ok: true, entries: 5, checkpoints: 1 });
    await tamper("DELETE FROM audit WHERE seq IN (2, 5)");
    expect(await get("/audit/verify", "AuditCheck")).toMatchObject({
      ok: false,
      problems: [
        {
          seq: 2,
          problem: "removed",
          until: 2,
          says: "Entry 2 was removed: what comes before and after is there.",
        },
        { seq: 5, problem: "cut", until: 5 },
      ],
    });
  });
  it("goes on after an entry that was checked, and says where there is none", async () => {
    expect(await get("/audit/verify?after=3", "AuditCheck")).toMatchObject({ ok: true, entries: 2 });
    const response = await app.request("/audit/verify?after=6");
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: "unknown_entry" });
  });
});

describe("POST /audit/restored", () => {
  it("notes why the database was restored, and by whom", async () => {
    const response = await post("/audit/restored", JSON.stringify({ reason: " A bad migration " }));
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ seq: 6, hash: (await everything())[5]?.hash });
    expect((await everything())[5]).toMatchObject({
      actor: { id: "t_1", name: "Ann" },
      action: "audit.restored",
      detail: { reason: "A bad migration" },
    });
    expect((await check()).ok).toBe(true);
  });
  it.each([
    ["{", 400, "invalid_json"],
    ["{}", 400, "invalid_body"],
    ['{"reason":" "}', 400, "invalid_body"],
    ['{"reason":"asked by ida@example.com"}', 400, "invalid_body"],
    [JSON.stringify({ reason: "x".repeat(201) }), 400, "invalid_body"],
    ['{"reason":"x","seq":1}', 400, "invalid_body"],
    [" ".repeat(10_001), 413, "body_too_large"],
  ])("refuses %.40j, and appends nothing", async (body, status, code) => {
    const response = await post("/audit/restored", body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
    expect(await everything()).toHaveLength(5);
  });
});

describe("a parameter", () => {
  it.each([
    ["/audit?limit=0", "invalid_limit"],
    ["/audit?limit=501", "invalid_limit"],
    ["/audit?limit=1e2", "invalid_limit"],
    ["/audit/export?limit=1001", "invalid_limit"],
    ["/audit/checkpoints?limit=-1", "invalid_limit"],
    ["/audit?before=x", "invalid_seq"],
    ["/audit?before=", "invalid_seq"],
    ["/audit/export?after=1.5", "invalid_seq"],
    ["/audit/checkpoints?after=9999999999999", "invalid_seq"],
    ["/audit/verify?after=-1", "invalid_seq"],
    ["/audit?action=", "invalid_filter"],
    [`/audit?actor=${"x".repeat(201)}`, "invalid_filter"],
  ])("that is out of its range is refused: %.60s", async (path, code) => {
    const response = await app.request(path);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code });
  });
});
