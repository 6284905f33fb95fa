/** One browser's rows: a visitor's own, what a client claims on it, and what is new. In which order decisions bind them. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { envelopeId } from "#collect/quarantine/status";
import { readLedger } from "#consent/store";
import type { AcceptedEvent, ConsentRecord, IdentifierRef } from "#contracts/messages/event_envelope";
import type { Purpose } from "#contracts/taxonomy";
import { bindConsent } from "#identity/consent-store";
import { ingest } from "#ingest/ingest";
import { readAtEdge } from "#segments/store";
import { accepted, claim, deps, envelope, IDENTITY, proven, sent, visitor } from "../ingest/envelopes.ts";
import { emptyStores } from "../setup.ts";

const DAY = 86_400_000;
const NOON = Date.UTC(2026, 10, 22, 12);
const MORNING = NOON - (NOON % DAY);
const ALL: Purpose[] = ["analytics", "marketing", "personalization"];
const NO_ADS: Purpose[] = ["analytics", "personalization"];
const V = visitor("v");
const W = visitor("w");

let deps0: Awaited<ReturnType<typeof deps>>;
beforeEach(async () => {
  await emptyStores();
  sent.length = 0;
  deps0 = { ...(await deps()), clock: () => NOON + DAY };
});

/** What one says: a TCF string, which knows its day, or a client's statement, which knows no time at all. */
const said = (kind: "tcf" | "statement", granted: Purpose[], subject = V.key): ConsentRecord => ({
  id: `${kind}:${granted.join()}`,
  subject,
  granted,
  regime: "gdpr",
  source: kind,
  evidence: granted.join(),
  givenAt: kind === "tcf" && granted.length > 0 ? MORNING : 0,
});
const consentOn = (record: ConsentRecord | undefined, granted = record?.granted ?? ALL) => ({
  receipt: record?.id ?? "default:us",
  regime: record?.regime ?? "us",
  granted,
  grounds: {},
  decidedAt: record?.givenAt ?? 0,
});
const purchase = (id: string, who: IdentifierRef[], consent: AcceptedEvent["consent"]) =>
  accepted(id, "purchase", who, { order_id: id, value: 10, currency: "EUR" }, { consent });
const request = (id: string, at: number, record: ConsentRecord, who: IdentifierRef[], isAlone = false) => ({
  ...envelope(id, isAlone ? [] : [purchase(`e-${id}`, who, consentOn(record))]),
  receivedAt: at,
  record,
});
const deliveredIds = () => sent.flatMap(({ items }) => items.map(({ event }) => event.id));

describe("who withdraws and grants again in one browser is served again", () => {
  const ANONYMOUS = claim("anonymous_id:1.a");
  const USER = claim("user_id:1.u");
  it.each([
    ["a TCF string of the same day, an anonymous id", "tcf" as const, [V, ANONYMOUS]],
    ["a TCF string of the same day, a claimed user", "tcf" as const, [V, USER]],
    ["a client's statement, an anonymous id", "statement" as const, [V, ANONYMOUS]],
    ["a client's statement, a claimed user", "statement" as const, [V, USER, ANONYMOUS]],
  ])("%s", async (_name, kind, who) => {
    for (const [n, granted] of [ALL, NO_ADS, ALL, [] as Purpose[], ALL].entries())
      await ingest([request(`x${n}`, NOON + n, said(kind, granted), who, granted.length === 0)], deps0);
    expect(deliveredIds()).toEqual(["e-x0", "e-x2", "e-x4"]);
  });

  it("but not while what they withdrew on another browser of theirs may be later", async () => {
    const user = proven("user_id:1.u");
    const join = [V, W].map(({ key }, n) => accepted(`j${n}`, "identify", [user, proven(key)]));
    await ingest([{ ...envelope("join", join), receivedAt: NOON - 10 }], deps0);
    await ingest([request("x0", NOON, said("tcf", ALL), [V])], deps0);
    await ingest([request("x1", NOON + 1, said("tcf", NO_ADS, W.key), [W])], deps0);
    await ingest([request("x2", NOON + 2, { ...said("tcf", ALL), id: "tcf:again" }, [V])], deps0);
    expect(deliveredIds()).toEqual(["e-x0"]);
  });
});

describe("Global Privacy Control", () => {
  const withGpc = (id: string, who: IdentifierRef[]) =>
    purchase(id, who, { ...consentOn(undefined, NO_ADS), gpc: true });
  const ledgerRows = async () =>
    (await env.IDENTITY_0.prepare("SELECT subject FROM consents").all<{ subject: string }>()).results;

  it("of somebody whom no event names writes nothing into the ledger: it would be a row for each event", async () => {
    for (const n of [1, 2, 3])
      await ingest([{ ...envelope(`x${n}`, [withGpc(`g${n}`, [])]), receivedAt: NOON + n }], deps0);
    expect(await ledgerRows()).toEqual([]);
  });

  it("opts a browser out also with an event that goes nowhere, since somebody whom it names withdrew", async () => {
    const user = claim("user_id:1.u");
    const choice = { regime: "us", givenAt: NOON, expiresAt: NOON + 365 * DAY, despiteGpc: false };
    await bindConsent(IDENTITY, user.key, { ...choice, receipt: "c1", granted: [] });
    await ingest([{ ...envelope("x1", [withGpc("g1", [V, user])]), receivedAt: NOON + 10 }], deps0);
    expect(await readLedger(env.IDENTITY_0, [V.key], 10)).toMatchObject([{ source: "gpc" }]);
    // It waited since before the opt-out.
    await ingest(
      [{ ...envelope("x2", [purchase("e1", [V], consentOn(undefined))]), receivedAt: NOON - 1 }],
      deps0,
    );
    expect(deliveredIds()).toEqual([]);
  });

  it("of an event that is put right later is no new opt-out: it undoes no grant that came since", async () => {
    await ingest([{ ...envelope("x1", [withGpc("g1", [V])]), receivedAt: NOON }], deps0);
    const choice = { regime: "us", givenAt: NOON + 10, expiresAt: NOON + 365 * DAY, despiteGpc: true };
    await bindConsent(IDENTITY, V.key, { ...choice, receipt: "c1", granted: ALL });
    const record = { ...said("tcf", ALL), id: "c1", source: "choice", givenAt: NOON + 10 };
    await ingest([request("x2", NOON + 20, record, [V])], deps0);
    // Refused before the grant, and let back in after it.
    const replay = envelope(envelopeId("r1", 0), [withGpc("g2", [V])]);
    await ingest([{ ...replay, receivedAt: NOON + 30 }], deps0);
    await ingest([request("x3", NOON + 40, record, [V])], deps0);
    expect(deliveredIds()).toEqual(["e-x2", "e-x3"]);
    expect(await readLedger(env.IDENTITY_0, [V.key], 10)).toHaveLength(1);
  });
});

describe("a visitor whose clock is ahead", () => {
  it("does not take back, by an old grant, what was withdrawn on another browser", async () => {
    const user = proven("user_id:1.u");
    const join = [V, W].map(({ key }, n) => accepted(`j${n}`, "identify", [user, proven(key)]));
    await ingest([{ ...envelope("join", join), receivedAt: NOON - 10 }], deps0);
    const ahead = { ...said("tcf", ALL), id: "banner:x", source: "banner:onetrust", givenAt: NOON + DAY / 2 };
    await ingest([request("x0", NOON, ahead, [V])], deps0);
    const choice = { regime: "gdpr", givenAt: NOON + 10, expiresAt: NOON + 365 * DAY, despiteGpc: false };
    await bindConsent(IDENTITY, W.key, { ...choice, receipt: "c1", granted: [] });
    await ingest([request("x1", NOON + 20, ahead, [V])], deps0);
    expect(deliveredIds()).toEqual(["e-x0"]);
  });
});

describe("a visitor's own decision, told again with a further signal", () => {
  it("does not undo what another browser withdrew since", async () => {
    const user = proven("user_id:1.u");
    const join = [V, W].map(({ key }, n) => accepted(`j${n}`, "identify", [user, proven(key)]));
    await ingest([{ ...envelope("join", join), receivedAt: MORNING - 10 }], deps0);
    const choice = { regime: "gdpr", givenAt: NOON, expiresAt: NOON + 365 * DAY, despiteGpc: false };
    await bindConsent(IDENTITY, V.key, { ...choice, receipt: "c1", granted: ALL });
    await ingest([request("x0", NOON + 10, said("statement", ["analytics"], W.key), [W])], deps0);
    expect(await readAtEdge(env.EDGE, V.key)).toEqual({ withdrawnAt: NOON + 10 });
    const both = { ...said("tcf", ALL), id: "c1+tcf:s", source: "choice+tcf", givenAt: MORNING };
    await ingest([request("x1", NOON + 20, both, [V])], deps0);
    expect(deliveredIds()).toEqual([]);
    expect((await readAtEdge(env.EDGE, V.key)).snapshot).toBeUndefined();
  });
});

describe("a visitor's own decision that is heard of late", () => {
  it("denies, although another browser's signals have said something since", async () => {
    const user = proven("user_id:1.u");
    const join = [V, W].map(({ key }, n) =>
      accepted(
        `j${n}`,
        "identify",
        [user, proven(key)],
        {},
        { consent: { ...consentOn(undefined), decidedAt: 1 } },
      ),
    );
    await ingest([{ ...envelope("join", join), receivedAt: NOON - 10 }], deps0);
    // W denies marketing; analytics is the regime's default, and nobody's word.
    await ingest([request("x0", NOON + 10, said("statement", NO_ADS, W.key), [W])], deps0);
    const own = { ...said("tcf", ["marketing"]), id: "c1", source: "choice", givenAt: NOON };
    await ingest([request("x1", NOON + 20, own, [V])], deps0);
    const event = { ...consentOn(said("statement", NO_ADS, W.key)) };
    await ingest([{ ...envelope("x2", [purchase("w1", [W], event)]), receivedAt: NOON + 30 }], deps0);
    const row = await env.IDENTITY_0.prepare("SELECT consent->>'g' AS g FROM identifiers WHERE key = ?1")
      .bind(V.key)
      .first<{ g: string }>();
    expect(row?.g).toBe("");
  });
});

describe("a visitor who keeps denying by their events' own statements", () => {
  it("costs a write to the edge once, not with every request", async () => {
    await ingest([request("x0", NOON, said("statement", ALL), [V])], deps0);
    let puts = 0;
    const kv = new Proxy(env.EDGE, {
      get(target, name) {
        const value = Reflect.get(target, name) as (...args: unknown[]) => unknown;
        if (name === "put") puts++;
        return value.bind(target);
      },
    });
    for (let n = 1; n <= 5; n++)
      await ingest([request(`x${n}`, NOON + n, said("statement", []), [V], true)], { ...deps0, kv });
    expect(puts).toBe(1);
    expect(await readAtEdge(env.EDGE, V.key)).toEqual({ withdrawnAt: NOON + 1 });
  });
});

describe("two clients of one page that say the same each in its own way", () => {
  it("write each of their words into the ledger once, not with every request", async () => {
    const one = said("tcf", ALL);
    const other = { ...one, id: `${one.id}+consent_mode:g`, source: "tcf+consent_mode" };
    for (let n = 0; n < 10; n++)
      await ingest([request(`x${n}`, NOON + n, n % 2 === 0 ? one : other, [V])], deps0);
    expect(await readLedger(env.IDENTITY_0, [V.key], 20)).toHaveLength(2);
    expect(deliveredIds()).toHaveLength(10);
  });
});

describe("what one withdraws binds the whole profile", () => {
  it("and the lake says of the purposes that are gone that they were withdrawn", async () => {
    const choice = { regime: "gdpr", givenAt: NOON, expiresAt: NOON + 365 * DAY, despiteGpc: false };
    await bindConsent(IDENTITY, V.key, { ...choice, receipt: "c1", granted: ["analytics"] });
    const grounds = { analytics: "tcf", marketing: "tcf", personalization: "tcf" };
    const consent = { ...consentOn(said("tcf", ALL)), grounds };
    await ingest([{ ...envelope("x0", [purchase("e1", [V], consent)]), receivedAt: NOON + 10 }], deps0);
    const landed = await env.LAKE.list({ prefix: "landing/events/" });
    const texts = await Promise.all(landed.objects.map(async ({ key }) => (await env.LAKE.get(key))?.text()));
    const lines = texts.flatMap((text) => text?.trim().split("\n") ?? []).map((line) => JSON.parse(line));
    expect(lines.find(({ type }) => type === "event")?.consent).toMatchObject({
      granted: ["analytics"],
      grounds: { analytics: "tcf", marketing: "withdrawn", personalization: "withdrawn" },
    });
  });

  it("takes the snapshot of a browser that joined after it", async () => {
    const user = proven("user_id:1.u");
    const consent = { ...consentOn(undefined), decidedAt: 0 };
    await ingest([envelope("x0", [accepted("w0", "content_view", [W], {}, { consent })])], deps0);
    const choice = { regime: "us", givenAt: NOON, expiresAt: NOON + 365 * DAY, despiteGpc: false };
    await bindConsent(IDENTITY, V.key, { ...choice, receipt: "c1", granted: ["analytics"] });
    const told = { ...consentOn(undefined), receipt: "server", decidedAt: NOON - 10 };
    const join = [V, W].map(({ key }, n) =>
      accepted(`j${n}`, "identify", [user, proven(key)], {}, { consent: told }),
    );
    await ingest([{ ...envelope("join", join), receivedAt: NOON + 10 }], deps0);
    await ingest([{ ...envelope("x2", [purchase("w1", [W], consent)]), receivedAt: NOON + 20 }], deps0);
    expect((await readAtEdge(env.EDGE, W.key)).snapshot).toBeUndefined();
  });

  it("is told to the edge by a request that is repeated after a crash between row and KV", async () => {
    await ingest([request("x0", NOON, said("tcf", ALL), [V])], deps0);
    expect((await readAtEdge(env.EDGE, V.key)).snapshot).toBeDefined();
    const choice = { regime: "gdpr", expiresAt: NOON + 365 * DAY, despiteGpc: false, granted: [] };
    await bindConsent(IDENTITY, V.key, { ...choice, receipt: "c1", givenAt: NOON + 10 });
    // The purge never came; the visitor tries again.
    const again = await bindConsent(IDENTITY, V.key, { ...choice, receipt: "c2", givenAt: NOON + 20 });
    expect(again).toEqual([V.key]);
  });
});
