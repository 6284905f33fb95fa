/** What visitors decided in banners and by GPC, at ingest: rows, ledger, the profile's other browsers, the edge. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { appendConsent, readLedger } from "#consent/store";
import type { ConsentRecord, EventEnvelope } from "#contracts/messages/event_envelope";
import type { Purpose } from "#contracts/taxonomy";
import { bindConsent, currentConsent } from "#identity/consent-store";
import { identityShards } from "#identity/shards";
import { ingest } from "#ingest/ingest";
import { readAtEdge } from "#segments/store";
import { emptyStores } from "../setup.ts";
import { accepted, deps, envelope, failing, IDENTITY, proven, rows, sent, visitor } from "./envelopes.ts";

const DAY = 86_400_000;
const NOON = Date.UTC(2026, 10, 22, 12);
const MORNING = NOON - (NOON % DAY);
const ALL: Purpose[] = ["analytics", "marketing", "personalization"];
const A = visitor("a");
const B = visitor("b");
const U = proven("user_id:1.u");

/** A TCF string's decision: it knows no more than its day. */
const string = (id: string, granted: Purpose[], subject = A.key): ConsentRecord => ({
  id: `tcf:${id}`,
  subject,
  granted,
  regime: "gdpr",
  source: "tcf",
  evidence: id,
  givenAt: MORNING,
});
const choice = (granted: Purpose[], givenAt: number) => ({
  receipt: `choice-${givenAt}`,
  granted,
  regime: "gdpr",
  givenAt,
  expiresAt: givenAt + 365 * DAY,
  despiteGpc: false,
});
const purchase = (id: string, who = [A], record?: ConsentRecord) =>
  accepted(
    id,
    "purchase",
    who,
    { order_id: id, value: 10, currency: "EUR" },
    {
      consent: {
        receipt: record?.id ?? "default:us",
        regime: record?.regime ?? "us",
        granted: record?.granted ?? ALL,
        grounds: {},
        decidedAt: record?.givenAt ?? 0,
      },
    },
  );
const request = (
  id: string,
  at: number,
  record: ConsentRecord,
  events = [purchase(`e-${id}`, [A], record)],
) => ({ ...envelope(id, events), receivedAt: at, record }) satisfies EventEnvelope;
/** Both browsers are the same person's, by the word of a server. @param decidedAt of the consent that it tells them on */
const joined = (decidedAt = 1000) => {
  const consent = { receipt: "server", regime: "gdpr", granted: ALL, grounds: {}, decidedAt };
  const events = [A, B].map(({ key }, n) => accepted(`j${n}`, "identify", [U, proven(key)], {}, { consent }));
  return ingest([envelope("join", events)], deps0);
};

let deps0: Awaited<ReturnType<typeof deps>>;
beforeEach(async () => {
  await emptyStores();
  sent.length = 0;
  deps0 = { ...(await deps()), clock: () => NOON + DAY };
});

const consentOf = async (key: string) => {
  const row = await env.IDENTITY_0.prepare("SELECT consent FROM identifiers WHERE key = ?1")
    .bind(key)
    .first<{ consent: string | null }>();
  return JSON.parse(row?.consent ?? "null") as { g: string; t: number; r: string; o?: number } | null;
};
const deliveredIds = () => sent.flatMap(({ items }) => items.map(({ event }) => event.id));

/** Somebody else writes all rows but one between what ingest reads, in two rounds, and its write. */
const contended = (but: string, nth = 3) => {
  let batches = 0;
  const db = new Proxy(env.IDENTITY_0, {
    get(real, name: keyof D1Database) {
      if (name !== "batch") return typeof real[name] === "function" ? real[name].bind(real) : real[name];
      return async (statements: D1PreparedStatement[]) => {
        if (++batches === nth)
          await real.prepare("UPDATE identifiers SET version = version + 1 WHERE key <> ?1").bind(but).run();
        return real.batch(statements);
      };
    },
  });
  return { ...deps0, identity: identityShards([db]) };
};

describe("a decision in a banner", () => {
  it("is in the row and once in the ledger, however many requests bring it", async () => {
    const grant = string("s1", ALL);
    await ingest([request("x1", NOON, grant), request("x2", NOON + 1, grant)], deps0);
    await ingest([request("x3", NOON + 2, grant)], deps0);
    expect(await consentOf(A.key)).toMatchObject({ g: "amp", t: NOON, r: "tcf:s1" });
    expect(await readLedger(env.IDENTITY_0, [A.key], 10)).toEqual([
      {
        subject: A.key,
        givenAt: NOON,
        id: "tcf:s1",
        granted: ALL,
        unsaid: [],
        regime: "gdpr",
        source: "tcf",
        evidence: "s1",
        expiresAt: 0,
      },
    ]);
  });

  it("that withdraws comes without any event, stops what is queued, and takes the snapshot away", async () => {
    const grant = string("s1", ALL);
    await ingest([request("x1", NOON, grant)], deps0);
    expect((await readAtEdge(env.EDGE, A.key)).snapshot).toBeDefined();
    await ingest([request("x2", NOON + 5, string("s2", []), [])], deps0);
    expect(await consentOf(A.key)).toMatchObject({ g: "", t: NOON + 5 });
    expect(await readAtEdge(env.EDGE, A.key)).toEqual({ withdrawnAt: NOON + 5 });
    sent.length = 0;
    await ingest([{ ...request("x1b", NOON + 1, grant), record: undefined } as EventEnvelope], deps0);
    expect(deliveredIds()).toEqual([]);
  });

  it("that withdraws is taken to the edge also after a crash between the row and KV", async () => {
    await ingest([request("x1", NOON, string("s1", ALL))], deps0);
    const withdrawal = request("x2", NOON + 5, string("s2", []), []);
    await expect(
      ingest([withdrawal], { ...deps0, kv: failing(env.EDGE, ["put"], 1, "before") }),
    ).rejects.toThrow("crashed");
    expect((await readAtEdge(env.EDGE, A.key)).snapshot).toBeDefined();
    await ingest([withdrawal], deps0);
    expect(await readAtEdge(env.EDGE, A.key)).toEqual({ withdrawnAt: NOON + 5 });
    expect(await readLedger(env.IDENTITY_0, [A.key], 10)).toHaveLength(2);
  });

  it("counts in the order in which one browser sent it, although its string knows only the day", async () => {
    await ingest([request("x1", NOON, string("s1", ALL))], deps0);
    await ingest([request("x2", NOON + 5, string("s2", []), [])], deps0);
    await ingest([request("x3", NOON + 10, string("s3", ALL))], deps0);
    expect(deliveredIds()).toEqual(["e-x1", "e-x3"]);
    // Late: what was sent before the withdrawal does not come after it.
    await ingest([request("x4", NOON + 4, string("s1", ALL), [])], deps0);
    expect(await consentOf(A.key)).toMatchObject({ r: "tcf:s3" });
  });

  it("binds the other browsers of the profile, whose cookies have not heard of it", async () => {
    await joined();
    await ingest([request("x1", NOON, string("s1", []), [])], deps0);
    expect(await consentOf(B.key)).toMatchObject({ g: "", t: NOON });
    expect(await readAtEdge(env.EDGE, B.key)).toEqual({ withdrawnAt: NOON });
    sent.length = 0;
    await ingest(
      [{ ...envelope("x2", [purchase("b1", [B], string("sb", ALL, B.key))]), receivedAt: NOON + 1 }],
      deps0,
    );
    expect(deliveredIds()).toEqual([]);
  });

  it("binds who logged in before it, in one batch as in two, and nobody who logs in after it", async () => {
    const consent = { receipt: "server", regime: "gdpr", granted: ALL, grounds: {}, decidedAt: 1000 };
    const login = (n: number, at: number) => ({
      ...envelope(`login${n}`, [
        accepted(
          `l${n}`,
          "login",
          [visitor(`v${n}`), { key: `user_id:1.u${n}`, proof: "token" }],
          {},
          { consent },
        ),
      ]),
      receivedAt: at,
    });
    const refuse = (n: number) =>
      request(`r${n}`, NOON + 5, string(`s${n}`, ["analytics"], `visitor_id:1.v${n}`), []);
    await ingest([login(1, NOON)], deps0);
    await ingest([refuse(1)], deps0);
    await ingest([refuse(2), login(2, NOON)], deps0);
    await ingest([refuse(3), login(3, NOON + 10)], deps0);
    await ingest([refuse(4)], deps0);
    await ingest([login(4, NOON + 10)], deps0);
    const bound = await Promise.all([1, 2, 3, 4].map((n) => consentOf(`user_id:1.u${n}`)));
    expect(bound.map((one) => one?.g)).toEqual(["a", "a", undefined, undefined]);
  });

  it("binds who logged in before it also where only one of the two rows could be written", async () => {
    const login = accepted(
      "l1",
      "login",
      [A, { key: U.key, proof: "token" }],
      {},
      {
        consent: { receipt: "server", regime: "gdpr", granted: ALL, grounds: {}, decidedAt: 1000 },
      },
    );
    await ingest([envelope("x1", [accepted("e1", "identify", [U, proven("email:1.u")])])], deps0);
    const batch = [
      { ...envelope("x2", [login]), receivedAt: NOON },
      request("x3", NOON + 5, string("s1", ["analytics"]), []),
    ];
    await ingest(batch, contended(A.key));
    expect(await consentOf(U.key)).toMatchObject({ g: "a", t: NOON + 5 });
  });

  it("of a browser that only names a proved person's anonymous id binds nobody else", async () => {
    const app = { key: "anonymous_id:1.app", proof: "source" } as const;
    const who = { receipt: "server", regime: "gdpr", granted: ALL, grounds: {}, decidedAt: 1000 };
    const bought = (id: string) =>
      accepted(id, "purchase", [U, app], { order_id: id, value: 1, currency: "EUR" }, { consent: who });
    await ingest([envelope("x1", [bought("e1")])], deps0);
    const little = string("s1", ["analytics"], B.key);
    const naming = (id: string) => purchase(id, [B, { key: app.key, proof: "claim" }], little);
    await ingest([request("x2", NOON, little, [naming("e2")])], deps0);
    await ingest([envelope("x3", [bought("e3")])], deps0);
    expect(await consentOf(app.key)).toBeNull();
    expect(deliveredIds()).toEqual(["e1", "e3"]);
  });

  it("binds the others, and so does an opt-out, also where somebody else wrote their rows meanwhile", async () => {
    await joined();
    await ingest([request("x1", NOON, string("s1", ALL, B.key), [])], deps0);
    await ingest([request("x2", NOON + 5, string("s2", ["analytics"]), [])], contended(A.key));
    const all = async () => Promise.all([A, B, U].map(({ key }) => consentOf(key)));
    expect((await all()).map((one) => one?.g)).toEqual(["a", "a", "a"]);
    const signal = accepted("g1", "page_view", [A]);
    signal.consent = { ...signal.consent, granted: ["analytics"], decidedAt: NOON + 9, gpc: true };
    await ingest([{ ...envelope("x3", [signal]), receivedAt: NOON + 10 }], contended(A.key));
    expect((await all()).map((one) => one?.o)).toEqual([NOON + 10, NOON + 10, NOON + 10]);
  });

  it("of an old string does not undo what another browser of the profile withdrew later", async () => {
    await joined();
    await bindConsent(IDENTITY, B.key, choice([], NOON));
    sent.length = 0;
    await ingest([request("x1", NOON + 5, string("s1", ALL))], deps0);
    expect(deliveredIds()).toEqual([]);
    expect(await consentOf(A.key)).toMatchObject({ g: "", r: `choice-${NOON}` });
  });

  it("that was surely given after it does", async () => {
    await joined();
    await bindConsent(IDENTITY, B.key, choice([], NOON));
    sent.length = 0;
    const later = { ...string("s1", ALL), givenAt: MORNING + DAY };
    await ingest([request("x1", NOON + DAY, later)], deps0);
    expect(deliveredIds()).toEqual(["e-x1"]);
  });
});

describe("a profile that falls apart", () => {
  it("leaves a browser that proves to be another's too without what the person granted elsewhere", async () => {
    await joined();
    const decide = async (subject: string, granted: Purpose[], at: number) => {
      const decision = choice(granted, at);
      const { receipt: id, regime, givenAt, expiresAt } = decision;
      const entry = { subject, givenAt, id, granted, regime, source: "choice", evidence: "", expiresAt };
      await appendConsent(env.IDENTITY_0, entry);
      await bindConsent(IDENTITY, subject, decision);
    };
    await decide(A.key, [], NOON);
    await decide(B.key, ALL, NOON + 10);
    expect(await consentOf(A.key)).toMatchObject({ g: "amp" });
    const consent = { receipt: "server", regime: "gdpr", granted: ALL, grounds: {}, decidedAt: NOON + 20 };
    const other = accepted("o1", "identify", [proven("user_id:1.other"), proven(A.key)], {}, { consent });
    await ingest([{ ...envelope("other", [other]), receivedAt: NOON + 20 }], deps0);
    expect((await rows()).get(A.key)?.members).toBeNull();
    expect(await consentOf(A.key)).toMatchObject({ g: "", t: NOON });
    expect(await consentOf(B.key)).toMatchObject({ g: "amp" });
  });
});

describe("a merge", () => {
  it("brings the withdrawal of either side to what the other has queued", async () => {
    await bindConsent(IDENTITY, A.key, choice([], NOON));
    await joined(NOON + 1);
    const current = (await currentConsent(IDENTITY, [B.key])).get(B.key) ?? [];
    expect(current).toEqual([expect.objectContaining({ granted: [], decidedAt: NOON })]);
  });
});

describe("Global Privacy Control", () => {
  const withGpc = (id: string, who = [A]) => {
    const event = purchase(id, who);
    return {
      ...event,
      consent: { ...event.consent, granted: ALL.filter((p) => p !== "marketing"), gpc: true },
    };
  };

  it("is an opt-out of the whole profile, and once in the ledger", async () => {
    await joined();
    await ingest([{ ...envelope("x1", [withGpc("g1")]), receivedAt: NOON }], deps0);
    await ingest([{ ...envelope("x2", [withGpc("g2")]), receivedAt: NOON + 1 }], deps0);
    expect((await consentOf(A.key))?.o).toBe(NOON);
    expect((await consentOf(B.key))?.o).toBe(NOON);
    expect(await readLedger(env.IDENTITY_0, [A.key], 10)).toMatchObject([
      { source: "gpc", givenAt: NOON, granted: [] },
    ]);
    sent.length = 0;
    await ingest([{ ...envelope("x3", [purchase("b1", [B])]), receivedAt: NOON + 2 }], deps0);
    expect(deliveredIds()).toEqual([]);
  });

  it("is no decision: the snapshot of a visitor of an opt-out regime stays", async () => {
    await ingest([{ ...envelope("x1", [withGpc("g1")]), receivedAt: NOON }], deps0);
    expect((await readAtEdge(env.EDGE, A.key)).snapshot).toBeDefined();
  });

  it("is overridden by an explicit grant for marketing that comes after it, and stays overridden", async () => {
    await joined();
    await ingest([{ ...envelope("x1", [withGpc("g1")]), receivedAt: NOON }], deps0);
    const later = choice(ALL, NOON + 10);
    await bindConsent(IDENTITY, B.key, later);
    await ingest([{ ...envelope("x2", [withGpc("g2")]), receivedAt: NOON + 20 }], deps0);
    sent.length = 0;
    const record = {
      ...string("x", ALL, B.key),
      id: later.receipt,
      source: "choice",
      givenAt: later.givenAt,
    };
    await ingest([{ ...envelope("x3", [purchase("b1", [B], record)]), receivedAt: NOON + 30 }], deps0);
    expect(deliveredIds()).toEqual(["b1"]);
  });

  it("of a browser that merely claims to be a person opts nobody else out", async () => {
    await ingest([envelope("x0", [accepted("j", "identify", [U])])], deps0);
    await ingest(
      [{ ...envelope("x1", [withGpc("g1", [A, { ...U, proof: "claim" }])]), receivedAt: NOON }],
      deps0,
    );
    expect(await consentOf(U.key)).toBeNull();
  });
});

/** How far an event's profile was known when it was folded. */
async function stateAt(id: string) {
  const tail = env.LIVE_TAIL.get(env.LIVE_TAIL.idFromName("tail"));
  const receipts = (await tail.traceOf(id))?.receipts ?? [];
  return receipts.flatMap((r) => (r.stage === "ingest" ? [r.identityState] : []));
}

it("a withdrawal takes back how far a person is known, and the next grant gives it again", async () => {
  const login = (id: string, at: number, granted: Purpose[]) => {
    const record: ConsentRecord = {
      ...string(id, granted),
      id: `choice:${id}`,
      source: "choice",
      givenAt: at,
    };
    return request(id, at, record, [purchase(`e-${id}`, [A, U], record)]);
  };
  await ingest([login("x1", NOON, ALL)], deps0);
  await ingest([login("x2", NOON + 10, ["analytics"])], deps0);
  await ingest([login("x3", NOON + 20, ALL)], deps0);
  expect(await Promise.all(["e-x1", "e-x2", "e-x3"].map(stateAt))).toEqual([
    ["authenticated"],
    ["pseudonymous"],
    ["authenticated"],
  ]);
});
