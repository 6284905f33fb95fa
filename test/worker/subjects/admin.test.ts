/** Subject requests in the operator's API, deadlines, and what cron does about them. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { SubjectRequestDetail } from "#contracts/messages/subject_request";
import { DAY_MS } from "#core/clock";
import { eraseSubjects } from "#identity/erasures";
import { listAudit } from "#privacy/audit/store";
import { auditTarget } from "#privacy/lookup";
import { deadlineState, dueAt, extendedDueAt } from "#subjects/deadlines";
import { MAX_A_DAY } from "#subjects/intake";
import { readRequest } from "#subjects/store";
import { resumeRequests, tendSubjectRequests } from "#subjects/tend";
import { IDENTITY } from "../ingest/envelopes.ts";
import { publishRelease, request } from "../product.ts";
import {
  ask,
  bodyOf,
  codeOf,
  email,
  keys,
  OPERATOR,
  personWith,
  stepDeps,
  take,
  workOffAll,
} from "./world.ts";

beforeAll(async () => {
  await publishRelease();
});

const admin = (path: string, body?: unknown) =>
  request(`/admin/api${path}`, {
    headers: { ...OPERATOR, "content-type": "application/json" },
    ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
  });
const detailIn = async (response: Response) => (await response.json()) as SubjectRequestDetail;
const unverified = { verification: "none", madeBy: "anybody" } as const;

describe("deadlines", () => {
  it.each([
    ["gdpr", "2026-01-31T10:00:00.000Z", "2026-02-28T10:00:00.000Z", "2026-04-30T10:00:00.000Z"],
    ["gdpr", "2026-11-22T10:00:00.000Z", "2026-12-22T10:00:00.000Z", "2027-02-22T10:00:00.000Z"],
    ["ccpa", "2026-11-22T10:00:00.000Z", "2027-01-06T10:00:00.000Z", "2027-02-20T10:00:00.000Z"],
  ] as const)("of %s from %s is %s, and %s when it is extended", (regulation, received, due, extended) => {
    const at = Date.parse(received);
    expect(new Date(dueAt(regulation, at)).toISOString()).toBe(due);
    expect(new Date(extendedDueAt(regulation, at)).toISOString()).toBe(extended);
  });

  it("is soon 7 days before, and late after", () => {
    expect(deadlineState(8 * DAY_MS, 0)).toBe("on_time");
    expect(deadlineState(7 * DAY_MS, 0)).toBe("soon");
    expect(deadlineState(0, 1)).toBe("late");
  });
});

describe("an operator", () => {
  it("verifies a request that waits, which sets it to work", async () => {
    const id = await take("opt_out", [email("verify@example.com")], unverified);
    const listed = (await (await admin("/subject-requests?status=pending")).json()) as {
      requests: SubjectRequestDetail[];
    };
    expect(listed.requests.map((one) => one.subject_request_id)).toContain(id);
    expect(JSON.stringify(listed)).not.toContain("verify@example.com");
    const detail = await detailIn(await admin(`/subject-requests/${id}/verify`, { note: "Called back." }));
    expect(detail).toMatchObject({
      request_status: "completed",
      verification: "operator",
      verified_by: "actor:root",
    });
    expect(await codeOf(await admin(`/subject-requests/${id}/verify`, { note: "Again." }))).toBe(
      "409 not_pending",
    );
  });

  it("sees whom a request names as long as it has not ended, to check with the person", async () => {
    const named = [email("named@example.com"), { identity_type: "phone", identity_value: "+421900123456" }];
    const id = await take("access", named, unverified);
    const seen = await admin(`/subject-requests/${id}/identities`);
    expect(seen.headers.get("cache-control")).toContain("no-store");
    expect(await seen.json()).toEqual({
      identities: named.map((one) => ({ ...one, identity_format: "raw" })),
    });
    await admin(`/subject-requests/${id}/cancel`, { reason: "It was not them." });
    expect(await codeOf(await admin(`/subject-requests/${id}/identities`))).toBe("410 identities_gone");
  });

  it("makes a request for somebody who has written or called, verified or not", async () => {
    const body = {
      type: "access",
      regulation: "ccpa",
      identities: [email("letter@example.com")],
      note: "By letter.",
    };
    const waiting = await detailIn(await admin("/subject-requests", { ...body, verified: false }));
    expect(waiting).toMatchObject({
      request_status: "pending",
      made_by: "actor:root",
      identity_types: ["email"],
    });
    const response = await admin("/subject-requests", { ...body, verified: true });
    expect(response.status).toBe(201);
    const made = await detailIn(response);
    expect(made.request_status).not.toBe("pending");
    expect(made.verified_by).toBe("actor:root");
  });

  it("cancels one with a reason, and its key is destroyed", async () => {
    const id = await take("erasure", [email("cancel@example.com")], unverified);
    const detail = await detailIn(
      await admin(`/subject-requests/${id}/cancel`, { reason: "It was not the person." }),
    );
    expect(detail).toMatchObject({
      request_status: "cancelled",
      cancelled_reason: "It was not the person.",
      deadline: "done",
    });
    await workOffAll(id, stepDeps());
    expect(await readRequest(env.IDENTITY_0, id)).toMatchObject({ subjects: [], sealed: null });
    expect(await codeOf(await admin(`/subject-requests/${id}/cancel`, { reason: "Again." }))).toBe(
      "409 not_open",
    );
  });

  it("cannot take back an erasure that has begun", async () => {
    const id = await take("erasure", [email("begun@example.com")]);
    expect(await codeOf(await admin(`/subject-requests/${id}/cancel`, { reason: "Wait." }))).toBe(
      "409 not_cancellable",
    );
  });

  it("moves a deadline once, and says why", async () => {
    const id = await take("access", [email("extend@example.com")]);
    const before = await readRequest(env.IDENTITY_0, id);
    const detail = await detailIn(await admin(`/subject-requests/${id}/extend`, { reason: "Many sources." }));
    expect(detail.extended).toBe(true);
    expect(Date.parse(detail.expected_completion_time)).toBe(extendedDueAt("gdpr", before?.receivedAt ?? 0));
    expect(await codeOf(await admin(`/subject-requests/${id}/extend`, { reason: "More." }))).toBe(
      "409 already_extended",
    );
  });

  it("takes addresses and numbers out of what an operator writes, and refuses a reason that the audit log would leave out", async () => {
    const id = await take("erasure", [email("scrubbed@example.com")], unverified);
    const reason = "Asked from ida.berg@example.com and +421 900 123 456.";
    const detail = await detailIn(await admin(`/subject-requests/${id}/cancel`, { reason }));
    expect(detail.cancelled_reason).toBe("Asked from [email] and [phone].");
    const lift = { namespace: "email", value: "nobody@example.com", reason: "long ".repeat(60) };
    expect(await codeOf(await admin("/suppressions/lift", lift))).toBe("400 invalid_body");
  });

  it.each(["access", "opt_out"] as const)(
    "what an operator noted goes when a request for %s ends",
    async (type) => {
      const id = await take(type, [email(`noted-${type}@example.com`)], {
        steps: [{ step: "verified", status: "confirmed", at: 1, detail: "Called Ida Berg." }],
      });
      const ended = await workOffAll(id, stepDeps());
      expect(ended.status).toBe("completed");
      expect(JSON.stringify(ended)).not.toContain("Ida");
    },
  );

  it("what an operator noted goes when the request ends: nobody knows what it says", async () => {
    const note = "Called Ida Berg at +421 900 000 000.";
    const id = await take("erasure", [email("noted@example.com")], {
      steps: [{ step: "verified", status: "confirmed", at: 1, detail: note }],
    });
    await workOffAll(id, stepDeps());
    const proof = await (await admin(`/subject-requests/${id}/proof`)).text();
    expect(proof).toContain("verified");
    expect(proof + JSON.stringify(await readRequest(env.IDENTITY_0, id))).not.toContain("Ida");
  });

  it("asks whether somebody is suppressed, and lifts it with a reason", async () => {
    const [key = ""] = await personWith("lift@example.com", ["login"]);
    const who = { namespace: "email", value: " Lift@Example.com" };
    expect(await (await admin("/suppressions/check", who)).json()).toEqual({ suppressed: false });
    const target = await auditTarget(keys, key);
    const looks = { before: undefined, action: "suppression.checked", actor: undefined, target, limit: 9 };
    expect((await listAudit(env.IDENTITY_0, looks)).entries).toHaveLength(1);
    await eraseSubjects(IDENTITY, env.LAKE, {
      request: "r",
      subjects: [key],
      whole: [key],
      now: Date.now(),
    });
    expect(await (await admin("/suppressions/check", who)).json()).toEqual({ suppressed: true });
    expect(
      await (await admin("/suppressions/lift", { ...who, reason: "A customer again." })).json(),
    ).toMatchObject({ lifted: 1 });
    expect(await (await admin("/suppressions/check", who)).json()).toEqual({ suppressed: false });
    expect(await codeOf(await admin("/suppressions/check", { namespace: "email", value: "none" }))).toBe(
      "400 invalid_identifier",
    );
  });

  it("is told what is wrong without a word of what was sent", async () => {
    expect(await codeOf(await admin("/subject-requests/none"))).toBe("404 unknown_request");
    expect(await codeOf(await admin("/subject-requests?status=odd"))).toBe("400 invalid_status");
    expect(await codeOf(await admin("/subject-requests?limit=0"))).toBe("400 invalid_limit");
    const answer = await admin("/subject-requests", {
      type: "access",
      identities: [email("secret@example.com")],
    });
    expect(answer.status).toBe(400);
    expect(await answer.text()).not.toContain("secret@example.com");
    const many = {
      type: "access",
      regulation: "gdpr",
      verified: true,
      note: "n",
      identities: Array(500).fill(email("a@example.com")),
    };
    expect(await codeOf(await admin("/subject-requests", many))).toBe("413 too_many_identities");
  });
});

describe("opt-out of sale", () => {
  it("is done when the answer is given, for every identifier of the person", async () => {
    const [key = ""] = await personWith("sale@example.com", ["login"]);
    const body = bodyOf("opt_out", [email("sale@example.com")], { regulation: "ccpa" });
    const response = await ask(body, { authorization: "Bearer sk_demo" });
    expect(await response.json()).toMatchObject({ request_status: "completed" });
    const row = await env.IDENTITY_0.prepare("SELECT consent->>'o' AS o FROM identifiers WHERE key = ?1")
      .bind(key)
      .first<{ o: number }>();
    expect(row?.o).toBeGreaterThan(0);
    const entry = await env.IDENTITY_0.prepare(
      "SELECT source, purposes FROM consents WHERE subject = ?1 AND source = 'subject_request'",
    )
      .bind(key)
      .first();
    expect(entry).not.toBeNull();
    // Nothing of the request is left to open.
    expect(await readRequest(env.IDENTITY_0, body.subject_request_id)).toMatchObject({
      subjects: [],
      sealed: null,
    });
  });
});

describe("cron", () => {
  const started: string[] = [];
  const instances = {
    create: async ({ id }: { id?: string } = {}) => {
      started.push(id ?? "");
      return undefined as never;
    },
    get: async () => {
      throw new Error("instance.not_found");
    },
  };
  const tend = (
    now: number,
    fetch: (url: string, init: RequestInit) => Promise<Response>,
    alertUrl = "https://alerts.example.com/",
  ) =>
    tendSubjectRequests(
      { db: env.IDENTITY_0, bucket: env.LAKE, instances, fetch, alertUrl, allowInsecure: false },
      now,
    );

  it("ends what nobody has verified within 45 days, and destroys its key", async () => {
    const id = await take("access", [email("old@example.com")], unverified);
    await tend(Date.now() + 44 * DAY_MS, async () => new Response());
    expect((await readRequest(env.IDENTITY_0, id))?.status).toBe("pending");
    await tend(Date.now() + 46 * DAY_MS, async () => new Response());
    expect(await readRequest(env.IDENTITY_0, id)).toMatchObject({
      status: "cancelled",
      subjects: [],
      sealed: null,
    });
  });

  it("warns of a deadline once a day, in one line and one POST that name nobody", async () => {
    const id = await take("access", [email("warn@example.com")]);
    const posts: string[] = [];
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const fetch = async (_url: string, init: RequestInit) => {
      posts.push(String(init.body));
      return new Response();
    };
    const due = (await readRequest(env.IDENTITY_0, id))?.dueAt ?? 0;
    await tend(due - 8 * DAY_MS, fetch);
    expect(posts.some((text) => text.includes(id))).toBe(false);
    await tend(due - 6 * DAY_MS, fetch);
    await tend(due - 6 * DAY_MS, fetch);
    await tend(due + DAY_MS, fetch);
    const own = posts.filter((text) => text.includes(id));
    expect(own).toHaveLength(2);
    const states = own.map((text) => {
      const { requests } = JSON.parse(text) as {
        requests: { subject_request_id: string; deadline: string }[];
      };
      return requests.find((one) => one.subject_request_id === id)?.deadline;
    });
    expect(states).toEqual(["soon", "late"]);
    expect(posts.join() + JSON.stringify(warn.mock.calls)).not.toContain("warn@example.com");
    warn.mockRestore();
  });

  it("warns again in a minute where the alert was not taken", async () => {
    const id = await take("access", [email("again@example.com")]);
    const due = (await readRequest(env.IDENTITY_0, id))?.dueAt ?? 0;
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    let tries = 0;
    const down = async () => {
      tries++;
      return new Response(null, { status: 500 });
    };
    await tend(due, down);
    await tend(due, down);
    expect(tries).toBe(2);
    warn.mockRestore();
    error.mockRestore();
  });

  it("begins work that was never begun, and leaves what has failed for good to an operator", async () => {
    const id = await take("access", [email("resume@example.com")]);
    const failed = await take("access", [email("failed@example.com")], {
      steps: [{ step: "find", status: "failed", at: 1, detail: "Error" }],
    });
    started.length = 0;
    await resumeRequests({ db: env.IDENTITY_0, instances }, Date.now());
    expect(started).not.toContain(id);
    await resumeRequests({ db: env.IDENTITY_0, instances }, Date.now() + 11 * 60_000);
    expect(started).toContain(id);
    expect(started).not.toContain(failed);
  });
});

describe("room", () => {
  it("unverified requests are so many a day and no more; verified ones still come in", async () => {
    const max = MAX_A_DAY.none ?? 0;
    const now = Date.now();
    await env.IDENTITY_0.prepare(
      `INSERT INTO subject_requests (id, type, regulation, status, verification, made_by, received_at, due_at, scope, subjects, identity_types)
       SELECT 'full-' || value, 'access', 'gdpr', 'pending', 'none', 'anybody', ?1, ?1, 'person', '[]', '[]'
       FROM (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < ?2) SELECT value FROM n)`,
    )
      .bind(now, max)
      .run();
    const full = await ask(bodyOf("access", [email("full@example.com")]));
    expect(full.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(await codeOf(full)).toBe("429 too_many_requests_today");
    const server = await ask(bodyOf("access", [email("full@example.com")]), {
      authorization: "Bearer sk_demo",
    });
    expect(server.status).toBe(201);
  });
});
