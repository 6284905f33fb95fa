/** The profile of one person and their events, by the operator's API over real D1, R2 and the live ring. */
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { beforeAll, describe, expect, it } from "vitest";
import { profileRoutes } from "#console/profile/routes";
import type { Candidates, ProfileTimeline, ProfileView } from "#console/profile/view";
import { consoleApi } from "#console/routes";
import type { IdentifierRef } from "#contracts/messages/event_envelope";
import type { IdentifierNamespace } from "#contracts/taxonomy";
import { answerError } from "#core/problem";
import { identityShards } from "#identity/shards";
import { ingest } from "#ingest/ingest";
import { appendAudit, listAudit } from "#privacy/audit/store";
import { sealIngress } from "#privacy/ingress";
import { keyring } from "#privacy/keys";
import { auditTarget, identifierKey } from "#privacy/lookup";
import { accepted, deps, envelope, RELEASE_1 } from "../ingest/envelopes.ts";
import { bearer, ROOT, SECRET, tokenFor } from "./access-app.ts";

const keys = await keyring(SECRET);
const identity = identityShards([env.IDENTITY_0]);
const { IDENTITY_0: db, LAKE: lake, LIVE_TAIL: liveTail } = env;
const clock = () => Date.now();
const app = new Hono()
  .route(
    "/admin/api",
    consoleApi({
      adminToken: "admin_test",
      now: clock,
      liveTail,
      lake,
      db,
      identity,
      kv: env.EDGE,
      keys: async () => keys,
      queues: {},
      more: [
        profileRoutes({
          identity,
          db,
          lake,
          liveTail,
          keys: async () => keys,
          document: async () => RELEASE_1.document,
          clock,
          audit: (entry) => appendAudit(db, entry),
        }),
      ],
    }),
  )
  .onError(answerError);

const post = (path: string, body: unknown, headers: HeadersInit = ROOT) =>
  app.request(`https://shop.example/admin/api${path}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
const find = async (body: unknown) => (await post("/profiles/find", body)).json();
const profile = async (body: unknown): Promise<ProfileView> => {
  const found = await find(body);
  expect(found).toHaveProperty("root");
  return found as ProfileView;
};
const timeline = async (body: unknown): Promise<ProfileTimeline> =>
  (await post("/profiles/timeline", body)).json();
const keyOf = (namespace: IdentifierNamespace, value: string) => identifierKey(keys.lookup, namespace, value);

const NOW = Date.now();
const HOUR_MS = 3_600_000;
const EMAIL = "ida.berg@example.com";
const [idaEmail, idaUser, idaBrowser, other, thief] = await Promise.all([
  keyOf("email", EMAIL),
  keyOf("user_id", "ida-1"),
  keyOf("visitor_id", "browser-of-ida"),
  keyOf("user_id", "per-2"),
  keyOf("visitor_id", "browser-of-somebody"),
]);

let n = 0;
/** One envelope of one event, as the door hands it over. */
async function take(
  source: string,
  id: string,
  name: string,
  who: IdentifierRef[],
  {
    traits,
    at = NOW,
    properties = {},
  }: { traits?: object; at?: number; properties?: Record<string, unknown> } = {},
): Promise<void> {
  const sealed = traits && (await sealIngress(keys.ingress, JSON.stringify(traits), ["event", id], at));
  const event = accepted(id, name, who, properties, { occurredAt: at, ...(sealed && { sealed }) });
  await ingest([{ ...envelope(`x${++n}`, [event]), source, receivedAt: at }], await deps({ identity }));
}
const by = (proof: IdentifierRef["proof"], ...some: string[]): IdentifierRef[] =>
  some.map((key) => ({ key, proof }));

beforeAll(async () => {
  const longAgo = NOW - 50 * HOUR_MS;
  await take("web", "view-1", "page_view", by("cookie", idaBrowser), {
    at: longAgo,
    properties: { content: { topic: "winter" } },
  });
  await take("crm", "ident-1", "identify", by("source", idaUser, idaEmail), {
    at: NOW - 2 * HOUR_MS,
    traits: { email: EMAIL, first_name: "Ida" },
  });
  await take("web", "login-1", "login", [...by("cookie", idaBrowser), ...by("token", idaUser)], {
    at: NOW - HOUR_MS,
    traits: { first_name: "<b>Idka</b>" },
  });
  await take("web", "buy-1", "purchase", [...by("cookie", idaBrowser), ...by("token", idaUser)], {
    properties: { order_id: "o1", value: 12, currency: "EUR" },
  });
  // A server says that another customer has the same address: two user ids are two people.
  await take("shop", "ident-2", "identify", by("source", other, idaEmail), { at: NOW - 1_000 });
  // And somebody who has proved nothing types it into their browser.
  await take("web", "form-1", "form_submit", [...by("cookie", thief), ...by("claim", idaEmail)], {
    at: NOW - 500,
    traits: { first_name: "Mallory" },
  });
});

describe("a profile", () => {
  it("is found by any of its identifiers' keys and by its events, and is the same", async () => {
    const expected = [idaBrowser, idaEmail, idaUser].sort();
    for (const whom of [{ key: idaUser }, { key: idaEmail }, { key: idaBrowser }, { event_id: "buy-1" }])
      expect((await profile(whom)).members.map(({ key }) => key).sort()).toEqual(expected);
    const byUser = await profile({ namespace: "user_id", value: "ida-1" });
    expect(byUser.root).toBe(expected[0]);
    expect(byUser.state).toBe("authenticated");
    expect(byUser.why).toEqual(["It is authenticated, by its user id and email: proved, not only claimed."]);
    expect(byUser.first_at).toBe(new Date(NOW - 50 * HOUR_MS).toISOString());
  });

  it("says of each identifier how it is known", async () => {
    const { members } = await profile({ key: idaUser });
    expect(Object.fromEntries(members.map(({ key, proof }) => [key, proof]))).toEqual({
      [idaUser]: "token",
      [idaEmail]: "source",
      [idaBrowser]: "cookie",
    });
  });

  it("shows links that conflict with the reason and whose they are, and claims of others as what they are", async () => {
    const { links } = await profile({ key: idaUser });
    const conflict = links.find((link) => link.other === other);
    expect(conflict).toMatchObject({
      kind: "proof",
      state: "live",
      conflict: "two_user_ids",
      source: "shop",
    });
    expect(conflict?.explained).toContain("two values of user id, which are two people");
    const claim = links.find(({ kind }) => kind === "claim");
    expect(claim).toMatchObject({
      a: idaEmail,
      b: `${thief}|${idaEmail}`,
      state: "pending",
      other: [thief, `${thief}|${idaEmail}`].sort()[0],
    });
  });

  it("has a golden record that says where each value is from, and what the others lost by", async () => {
    const { golden } = await profile({ key: idaUser });
    const name = golden.find(({ field }) => field === "first_name");
    expect(name).toMatchObject({
      value: "<b>Idka</b>",
      source: "web",
      event_id: "login-1",
      verified: true,
      key: idaUser,
      others: [{ value: "Ida", source: "crm", why: "it is older" }],
    });
    expect(JSON.stringify(golden)).not.toContain("Mallory");
  });

  it("says of each segment which clause holds, and by what value", async () => {
    const { segments, edge } = await profile({ key: idaUser });
    expect(segments.map(({ name, in: isIn }) => [name, isIn])).toEqual([
      ["loyal", true],
      ["winter-fan", true],
    ]);
    expect(segments[0]?.why).toMatchObject({
      kind: "all",
      of: [{ field: "purchases", operator: "$gte", expected: 1, actual: 1, holds: true }],
    });
    expect(edge).toMatchObject([{ key: idaBrowser, snapshot: { segments: ["loyal", "winter-fan"] } }]);
  });

  it("is one of several where an address is claimed elsewhere: the proved one first, the claims called claims", async () => {
    const { candidates, more } = (await find({
      namespace: "email",
      value: ` ${EMAIL.toUpperCase()} `,
    })) as Candidates;
    expect(candidates.map(({ standing, key }) => [standing, key])).toEqual([
      ["known", idaEmail],
      ["claimed", `${thief}|${idaEmail}`],
    ]);
    expect(more).toBe(false);
    const claimed = await profile({ key: candidates[1]?.key });
    expect(claimed.state).toBe("pseudonymous");
    expect(claimed.members.map(({ proof }) => proof).sort()).toEqual(["claim", "cookie"]);
  });

  it("merges and splits that named it are in its history", async () => {
    const { history } = await profile({ key: idaUser });
    expect(history).toMatchObject([{ what: "merged", by: null }]);
  });

  it.each([
    [{ namespace: "email", value: "nobody@example.com" }, 404, "unknown_person"],
    [{ namespace: "email", value: "no address" }, 400, "invalid_identifier"],
    [{ namespace: "person-nope", value: "1" }, 400, "invalid_identifier"],
    [{ namespace: "constructor", value: "1" }, 400, "invalid_body"],
    [{ key: "' OR 1=1 --" }, 400, "invalid_body"],
    [{ key: "user_id:1.aaaaaaaaaaaaaaaaaaaaaa" }, 404, "unknown_person"],
    [{ event_id: "none" }, 404, "unknown_event"],
  ])("%j is answered with %i %s", async (whom, status, code) => {
    const response = await post("/profiles/find", whom);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
  });
});

describe("the timeline", () => {
  it("is a profile's own events, newest first, with what became of each; others' claims are not in it", async () => {
    const { entries, before, looked_back_to, first_at } = await timeline({ key: idaEmail });
    expect(entries.map((entry) => entry.kind === "event" && entry.name)).toEqual([
      "purchase",
      "login",
      "identify",
      "page_view",
    ]);
    const [bought] = entries;
    expect(bought).toMatchObject({
      entered: ["loyal"],
      destinations: [{ destination: "own-hook", status: "queued" }],
      properties: { order_id: "o1" },
    });
    expect(before).toBeNull();
    expect(looked_back_to).toBe(first_at);
  });

  it("goes on where it stopped, and gives each event once however small the steps are", async () => {
    const seen: string[] = [];
    let before: string | null | undefined;
    for (let step = 0; step < 10 && before !== null; step++) {
      const page: ProfileTimeline = await timeline({ key: idaUser, limit: 1, ...(before && { before }) });
      seen.push(...page.entries.map(({ event_id }) => event_id));
      before = page.before;
    }
    expect(seen).toEqual(["buy-1", "login-1", "ident-1", "view-1"]);
  });

  it("refuses a cursor that is none of its own", async () => {
    for (const before of ["x", '{"hour":1,"ring":0}', `{"hour":0,"ring":0,"after":"../../x"}`])
      expect((await post("/profiles/timeline", { key: idaUser, before })).status).toBe(400);
  });
});

it("whoever may not see persons sees no profile, and who looked at whom is in the audit log", async () => {
  for (const [role, personal] of [
    ["marketer", true],
    ["privacy_officer", false],
  ] as const) {
    const headers = bearer(await tokenFor(role, { personal }));
    expect((await post("/profiles/find", { key: idaUser }, headers)).status).toBe(403);
    expect((await post("/profiles/timeline", { key: idaUser }, headers)).status).toBe(403);
  }
  const shown = async (limit: number) => {
    const query = { before: undefined, action: "person.shown", actor: undefined, target: undefined, limit };
    return (await listAudit(db, query)).entries.map(({ target }) => target);
  };
  await find({ key: idaUser });
  expect(await shown(1)).toEqual([await auditTarget(keys, idaUser)]);
  // Whom an address leads to is not whom it names, where nobody has proved it.
  const [visitor, address] = await Promise.all([keyOf("visitor_id", "v9"), keyOf("email", "x9@example.com")]);
  await take("web", "form-9", "form_submit", [...by("cookie", visitor), ...by("claim", address)]);
  const { audit_targets } = await profile({ namespace: "email", value: "x9@example.com" });
  const [whom, asked] = await shown(2);
  expect(asked).toBe(await auditTarget(keys, address));
  expect(audit_targets).toContain(whom);
});
