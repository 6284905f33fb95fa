/** `POST /admin/api/consent/ledger`: what is known of one person's consent, however they are named. */
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { beforeEach, describe, expect, it } from "vitest";
import { appendConsent, type LedgerRow } from "#consent/store";
import { consentRoutes } from "#console/consent";
import type { PersonLedger } from "#console/consent-ledger";
import type { Receipt } from "#contracts/messages/receipt";
import { Problem } from "#core/problem";
import { emptyRow, type IdentifierRow } from "#identity/graph";
import { writeGraph } from "#identity/write";
import { land, showLive } from "#lake/receipts";
import { type Actor, SYSTEM } from "#privacy/actor";
import type { NewAuditEntry } from "#privacy/audit/entry";
import { appendAudit, listAudit } from "#privacy/audit/store";
import { keyring } from "#privacy/keys";
import { identifierKey } from "#privacy/lookup";
import { IDENTITY } from "../ingest/envelopes.ts";

const NOW = Date.parse("2026-11-22T10:30:00Z");
const DAY = 86_400_000;
const SECRETS = {
  MASTER_SECRET: "second-master-secret-0123456789abcdef",
  MASTER_SECRET_VERSION: 2,
  MASTER_SECRETS_BEFORE: { "1": "test-master-secret-0123456789abcdef" },
  TENANT: "doorstep",
};
const keys = () => keyring(SECRETS);
const db = env.IDENTITY_0;

let noted = (entry: NewAuditEntry): Promise<unknown> => appendAudit(db, entry);

const app = new Hono<{ Variables: { actor: Actor } }>()
  .use((c, next) => {
    c.set("actor", SYSTEM);
    return next();
  })
  .route(
    "/",
    consentRoutes({
      now: () => NOW,
      identity: IDENTITY,
      db,
      lake: env.LAKE,
      liveTail: env.LIVE_TAIL,
      kv: env.EDGE,
      keys,
      audit: (entry) => noted(entry),
    }),
  )
  .onError((error) => {
    if (error instanceof Problem) return error.toResponse();
    throw error;
  });

async function ask(body: unknown) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await app.request("/consent/ledger", { method: "POST", body: text });
  return {
    status: response.status,
    body: (await response.json()) as PersonLedger & { code?: string; detail?: string },
  };
}

const row = (key: string, differs: Partial<IdentifierRow> = {}): IdentifierRow => ({
  ...emptyRow(key),
  ...differs,
});
const write = (rows: IdentifierRow[]) =>
  writeGraph(IDENTITY, {
    rows,
    links: [],
    dead: [],
    subjectKeys: [],
    decisions: [],
    conflicts: [],
    moves: { id: "batch", moves: [] },
    erasures: 0,
    now: NOW,
  });
const decision = (subject: string, differs: Partial<LedgerRow> = {}): LedgerRow => ({
  subject,
  givenAt: NOW - DAY,
  id: "r1",
  granted: ["analytics", "marketing"],
  regime: "gdpr",
  source: "choice",
  evidence: "r1",
  expiresAt: NOW + DAY,
  ...differs,
});

const VISITOR = "visitor_id:1.v";
const OTHER = "visitor_id:1.w";

beforeEach(async () => {
  await db.batch(["identifiers", "links", "consents"].map((table) => db.prepare(`DELETE FROM ${table}`)));
});

describe("the audit log", () => {
  const none = { before: undefined, action: undefined, actor: undefined, limit: 9 };

  it("names whom somebody looked at, as no other store does, and the ledger says by which names that is found", async () => {
    const key = await identifierKey((await keys()).lookup, "email", "ida@example.com");
    await write([row(key)]);
    const { body } = await ask({ namespace: "email", value: "Ida@example.com" });
    const { entries } = await listAudit(db, { ...none, target: undefined, action: "person.shown" });
    expect(entries.map(({ target }) => target)).toEqual([expect.stringMatching(/^person:[\w-]{22}$/)]);
    expect(body.audit_targets).toContain(entries[0]?.target);
    expect(JSON.stringify(entries)).not.toContain(key.split(".")[1]);
    // By her key, which is what an event of hers leads to, she has the same name.
    await ask({ visitor: key });
    expect((await listAudit(db, { ...none, target: entries[0]?.target })).entries).toHaveLength(2);
  });

  it("is written before the look, of somebody unknown too, and where it cannot be nobody is shown", async () => {
    await write([row(VISITOR)]);
    const before = noted;
    noted = () => Promise.reject(new Error("D1 is down"));
    expect(await ask({ visitor: VISITOR })).toMatchObject({
      status: 503,
      body: { code: "audit_unavailable" },
    });
    const order: string[] = [];
    noted = async ({ action }) => order.push(action);
    expect((await ask({ visitor: OTHER })).status).toBe(404);
    expect(order).toEqual(["person.shown"]);
    noted = before;
  });
});

describe("a visitor by key", () => {
  it("has their state now, and all their decisions, newest first", async () => {
    await write([row(VISITOR, { consent: { g: "am", t: NOW - DAY, r: "r1" } })]);
    await appendConsent(db, decision(VISITOR));
    await appendConsent(
      db,
      decision(VISITOR, { givenAt: NOW - 2 * DAY, id: "r0", granted: [], source: "banner:onetrust" }),
    );
    const { status, body } = await ask({ visitor: VISITOR });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      profile: VISITOR,
      more: false,
      now: [
        { purpose: "analytics", state: "granted" },
        { purpose: "marketing", state: "granted" },
        { purpose: "personalization", state: "denied", why: "it was denied" },
      ],
      identifiers: [
        {
          key: VISITOR,
          namespace: "visitor_id",
          claimed: false,
          suppressed: false,
          decision: { granted: ["analytics", "marketing"], receipt: "r1", by_another: false, expired: false },
          opted_out_at: null,
          explained: [
            "It granted analytics and marketing and denied personalization at 2026-11-21T10:30:00.000Z.",
          ],
        },
      ],
    });
    expect(body.decisions.map(({ receipt, explained }) => [receipt, explained])).toEqual([
      [
        "r1",
        "Granted analytics and marketing and denied personalization, by the visitor's own decision, under the regime `gdpr`.",
      ],
      [
        "r0",
        "Denied analytics, marketing and personalization, by the banner's cookie (onetrust), under the regime `gdpr`.",
      ],
    ]);
  });

  it("has the decisions and the states of all identifiers of the profile", async () => {
    const members = [VISITOR, OTHER, `${OTHER}|email:1.e`];
    await write([
      row(VISITOR, { members, consent: { g: "a", t: NOW - DAY, r: "r1", b: 1 } }),
      row(OTHER, { members, consent: { g: "a", t: NOW - DAY, r: "r1" } }),
      row(`${OTHER}|email:1.e`, { members }),
    ]);
    await appendConsent(db, decision(VISITOR, { id: "r0", givenAt: NOW - 3 * DAY }));
    await appendConsent(db, decision(OTHER, { granted: ["analytics"] }));
    const { body } = await ask({ visitor: OTHER });
    expect(body.profile).toBe(VISITOR);
    expect(body.identifiers.map(({ key, namespace, claimed }) => [key, namespace, claimed])).toEqual([
      [VISITOR, "visitor_id", false],
      [OTHER, "visitor_id", false],
      [`${OTHER}|email:1.e`, "email", true],
    ]);
    expect(body.identifiers[0]?.explained[0]).toMatch(
      /^Another identifier of the person granted analytics and denied/,
    );
    expect(body.identifiers[2]?.explained).toEqual([
      "Nobody has decided for it: the regime's default holds.",
    ]);
    expect(body.decisions.map(({ subject }) => subject)).toEqual([OTHER, VISITOR]);
  });

  it("who decided and has sent no event yet is in the ledger alone", async () => {
    await appendConsent(db, decision(VISITOR));
    const { status, body } = await ask({ visitor: VISITOR });
    expect(status).toBe(200);
    expect(body).toMatchObject({ profile: VISITOR, identifiers: [], decisions: [{ receipt: "r1" }] });
  });

  it("says of Global Privacy Control that it denies marketing, until marketing is granted after it", async () => {
    await write([row(VISITOR, { consent: { g: "", t: 0, r: "", o: NOW - DAY } })]);
    await appendConsent(
      db,
      decision(VISITOR, { id: "gpc:e1", granted: [], source: "gpc", evidence: "Sec-GPC: 1" }),
    );
    const before = (await ask({ visitor: VISITOR })).body;
    expect(before.now.map(({ state }) => state)).toEqual(["undecided", "denied", "undecided"]);
    expect(before.identifiers[0]).toMatchObject({ decision: null, opted_out_at: "2026-11-21T10:30:00.000Z" });
    expect(before.decisions[0]).toMatchObject({
      opt_out: true,
      explained: expect.stringContaining("marketing was denied"),
    });

    const [stored] = [row(VISITOR, { version: 1, consent: { g: "m", t: NOW - 1, r: "r2", o: NOW - DAY } })];
    await write([stored as IdentifierRow]);
    expect((await ask({ visitor: VISITOR })).body.now[1]).toMatchObject({
      purpose: "marketing",
      state: "granted",
    });
  });

  it("says that a decision has expired, and that a person is suppressed", async () => {
    await write([row(VISITOR, { consent: { g: "amp", t: NOW - DAY, r: "r1" } })]);
    await appendConsent(db, decision(VISITOR, { expiresAt: NOW }));
    const expired = (await ask({ visitor: VISITOR })).body;
    expect(expired.now.map(({ state, why }) => `${state}: ${why}`)).toEqual(
      Array(3).fill("denied: the decision has expired"),
    );
    expect(expired.decisions[0]?.expired).toBe(true);
    expect(expired.identifiers[0]?.explained[1]).toContain("lapsed at 2026-11-22T10:30:00.000Z");

    await db.prepare("UPDATE identifiers SET suppressed = 1").run();
    const suppressed = (await ask({ visitor: VISITOR })).body;
    expect(suppressed.now.map(({ why }) => why)).toEqual(Array(3).fill("the person is suppressed"));
    expect(suppressed.identifiers[0]?.explained[0]).toContain("suppressed");
  });

  it("lists 500 decisions, and says that there are more", async () => {
    for (let i = 0; i < 501; i++)
      await appendConsent(db, decision(VISITOR, { id: `r${i}`, givenAt: NOW - i }));
    const { body } = await ask({ visitor: VISITOR });
    expect(body.decisions).toHaveLength(500);
    expect(body.decisions[0]?.receipt).toBe("r0");
    expect(body.more).toBe(true);
  });

  it("who is not known is not found", async () => {
    expect(await ask({ visitor: "visitor_id:1.nobody" })).toMatchObject({
      status: 404,
      body: { code: "unknown_person" },
    });
  });
});

describe("a person by a value", () => {
  it("is found under every version of the look-up key, in any spelling, and the value is not in the answer", async () => {
    const { lookup } = await keys();
    const [old] = lookup.others;
    if (!old) throw new Error("the ring has one");
    const key = await identifierKey(old, "email", "ann@example.com");
    await write([row(key, { consent: { g: "a", t: NOW - DAY, r: "r1" } })]);
    const { status, body } = await ask({ namespace: "email", value: " Ann@Example.com " });
    expect(status).toBe(200);
    expect(body.profile).toBe(key);
    expect(key).toMatch(/^email:1\./);
    expect(JSON.stringify(body)).not.toMatch(/ann@|example/i);
  });

  it("who is not known is not found, and is told where else to look", async () => {
    const { status, body } = await ask({ namespace: "email", value: "nobody@example.com" });
    expect(status).toBe(404);
    expect(body.code).toBe("unknown_person");
    expect(body.detail).toContain("kept with that device");
    expect(body.detail).not.toContain("nobody");
  });

  it.each([
    ["email", "no address"],
    ["user_id", "undefined"],
    ["phone", "12"],
  ])("a %s that identifies nobody is refused: %s", async (namespace, value) => {
    expect(await ask({ namespace, value })).toMatchObject({
      status: 400,
      body: { code: "invalid_identifier" },
    });
  });
});

describe("a person by an event", () => {
  const ingested = (eventId: string, profile?: string): Receipt => ({
    stage: "ingest",
    eventId,
    at: NOW,
    outcome: profile ? "folded" : "dropped",
    ...(profile && { profile }),
  });

  it("is the profile that the event went to, with those that joined it since", async () => {
    const members = [VISITOR, OTHER];
    await write([row(VISITOR, { members }), row(OTHER, { members })]);
    await showLive(env.LIVE_TAIL, [ingested("p1", VISITOR)]);
    const { status, body } = await ask({ event_id: "p1" });
    expect(status).toBe(200);
    expect(body.identifiers.map(({ key }) => key)).toEqual([VISITOR, OTHER]);
  });

  it("is found in the files of an hour where the ring has it no more", async () => {
    await write([row(VISITOR)]);
    const at = NOW - 2 * DAY;
    await land(env.LAKE, "events", "batch", at, [ingested("p2", VISITOR)]);
    expect((await ask({ event_id: "p2" })).status).toBe(404);
    expect((await ask({ event_id: "p2", at: new Date(at).toISOString() })).body.profile).toBe(VISITOR);
  });

  it("is nobody where the event took no effect", async () => {
    await showLive(env.LIVE_TAIL, [ingested("p3")]);
    expect(await ask({ event_id: "p3" })).toMatchObject({ status: 404, body: { code: "unknown_person" } });
    expect(await ask({ event_id: "never" })).toMatchObject({ status: 404, body: { code: "unknown_event" } });
  });
});

describe("what is no question", () => {
  it.each([
    ["not json", "invalid_json", 400],
    ["[]", "invalid_body", 400],
    ["{}", "invalid_body", 400],
    ['{"visitor":"x:1.a","event_id":"e"}', "invalid_body", 400],
    ['{"namespace":"name","value":"Ann"}', "invalid_body", 400],
    ['{"event_id":"e","at":"yesterday"}', "invalid_body", 400],
    [`{"visitor":"${"x".repeat(5_000)}"}`, "body_too_large", 413],
  ])("%s", async (body, code, status) => {
    expect(await ask(body)).toMatchObject({ status, body: { code } });
  });
});
