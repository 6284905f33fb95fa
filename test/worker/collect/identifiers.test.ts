/** Whom an event names: identifiers as each protocol carries them, in the release's forms, and why the others are left out. */
import { describe, expect, it } from "vitest";
import { type Identified, identify, type Sender } from "#collect/identify";
import { jitsu } from "#collect/protocols/jitsu";
import { native } from "#collect/protocols/native";
import type { IncomingEvent } from "#collect/protocols/protocol";
import { segment } from "#collect/protocols/segment";
import { prove } from "#collect/prove";
import { type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import { ALL } from "#contracts/fields";
import type { Purpose } from "#contracts/taxonomy";
import type { GenuineToken } from "#door/proof/verdict";
import { valueRules } from "#identity/normalise/rules";
import { openIngress } from "#privacy/ingress";
import { keyring } from "#privacy/keys";
import { identifierKey } from "#privacy/lookup";
import { RELEASE } from "../product.ts";
import { NOW, oneEvent } from "./parsing.ts";

const KEYS = await keyring("test-master-secret-0123456789abcdef");
const documentOf = (identity: ReleaseInput["identity"]) => releaseSchema.parse({ ...RELEASE, identity });
const OWN = documentOf({
  phoneCountry: "SK",
  namespaces: {
    "person-card": { normalise: "digits", blocked: ["0000 1111"] },
    "person-work_mail": { normalise: "email" },
    "device-till": { normalise: "lower" },
    email: { blocked: ["info@shop.example"] },
  },
  match: {
    mail: { traits: ["email"] },
    name_and_phone: { traits: ["first_name", "last_name", "phone"] },
  },
});
const PLAIN = documentOf(undefined);
const V = "visitor_id:1.browser";

const keyOf = (namespace: Parameters<typeof identifierKey>[1], value: string) =>
  identifierKey(KEYS.lookup, namespace, value);

const sentNatively = (more: object): IncomingEvent =>
  oneEvent(native, {
    path: "/events",
    body: { events: [{ id: "e-1", name: "page_view", occurred_at: "2026-11-22T10:00:00.000Z", ...more }] },
  });

const who = async (
  event: IncomingEvent,
  more: Partial<Sender> = {},
  granted: readonly Purpose[] = ALL,
): Promise<Identified> =>
  identify(KEYS, event, granted, { proof: "claim", visitorKey: V, now: NOW, document: OWN, ...more });

/** Namespaces of the identifiers, and why others were left out. */
const summary = ({ identifiers, removed }: Identified) => ({
  named: identifiers.map(({ key, proof }) => `${key.slice(0, key.indexOf(":"))} ${proof}`),
  removed: removed.map(({ path, reason }) => `${path} ${reason}`),
});

describe("further identifiers", () => {
  const GIVEN = { "person-card": " 45-12 ", "device-till": "TILL-1", login_id: "Ida", crm_id: 77 };
  const EXTERNAL = [
    { id: " 45-12 ", type: "person-card", collection: "users", encoding: "none" },
    { id: "TILL-1", type: "device-till", collection: "users" },
    { id: "Ida", type: "login_id" },
    { id: 77, type: "crm_id" },
  ];
  const call = { type: "track", event: "Signed In", messageId: "m-1", userId: "u-1" };
  const context = { externalIds: EXTERNAL };

  it.each<[string, IncomingEvent]>([
    ["Doorstep's own protocol", sentNatively({ user_id: "u-1", identifiers: GIVEN })],
    ["Segment's", oneEvent(segment, { path: "/v1/track", body: { ...call, context } })],
    [
      "RudderStack's, as its clients write them",
      oneEvent(segment, { path: "/v1/track", body: { ...call, context: { externalId: EXTERNAL } } }),
    ],
    [
      "Jitsu's",
      oneEvent(jitsu, { path: "/api/s/:type", params: { type: "track" }, body: { ...call, context } }),
    ],
  ])("come in by %s, in the release's forms", async (_, event) => {
    const { identifiers, removed } = await who(event);
    expect(removed).toEqual([]);
    expect(identifiers).toEqual([
      { key: V, proof: "cookie" },
      { key: await keyOf("user_id", "u-1"), proof: "claim" },
      { key: await keyOf("person-card", "4512"), proof: "claim" },
      { key: await keyOf("device-till", "till-1"), proof: "claim" },
      { key: await keyOf("login_id", "Ida"), proof: "claim" },
      { key: await keyOf("crm_id", "77"), proof: "claim" },
    ]);
  });

  it("of a namespace that the release does not declare, and what names nobody, are left out by name", async () => {
    const identifiers = {
      "person-card": "00-001.111",
      "person-other": "4512",
      visitor_id: "somebody-else",
      "match-mail": "x",
      "ida@example.com": "1",
      email: "Info@Shop.example",
      phone: "12",
      device_id: "00000000-0000-0000-0000-000000000000",
      crm_id: "x".repeat(10_000),
      login_id: { id: 1 },
      customer_id: null,
    };
    const event = sentNatively({ identifiers: { ...identifiers, anonymous_id: "a\u0000b" } });
    expect(summary(await who(event))).toEqual({
      named: ["visitor_id cookie"],
      removed: [
        "person-card blocked_identifier",
        "person-other unknown_namespace",
        "visitor_id unknown_namespace",
        "(other) unknown_namespace",
        "(other) unknown_namespace",
        "email blocked_identifier",
        "phone invalid_identifier",
        "device_id placeholder_identifier",
        "crm_id identifier_length",
        "login_id placeholder_identifier",
        "anonymous_id invalid_identifier",
      ],
    });
  });

  it("of an account, or encoded, are not a person's", () => {
    const externalIds = [
      { id: "acme", type: "crm_id", collection: "accounts" },
      {
        id: "0c7e6a405862e402eb76a70f8a26fc732d07c32931e9fae9ab1582911d2e8a3b",
        type: "email",
        encoding: "sha256",
      },
      null,
      "text",
      {},
    ];
    const event = oneEvent(segment, {
      path: "/v1/track",
      body: { type: "track", event: "Signed In", userId: "u-1", context: { externalIds } },
    });
    expect(event.identifiers).toEqual([]);
  });

  it("are twenty at most", async () => {
    const more = Object.fromEntries(Array.from({ length: 25 }, (_, n) => [`person-n${n}`, "4512"]));
    const { removed } = await who(sentNatively({ identifiers: more }));
    expect(removed).toHaveLength(21);
    expect(removed.at(-1)).toEqual({
      path: "identifiers",
      action: "dropped",
      reason: "too_many_identifiers",
    });
  });

  it("that are named twice count once", async () => {
    const event = sentNatively({
      user_id: "u-1",
      traits: { email: "ida@example.com" },
      identifiers: { user_id: " u-1 ", email: "IDA@example.com" },
    });
    expect(summary(await who(event)).named).toEqual(["visitor_id cookie", "user_id claim", "email claim"]);
  });

  it("are hashed for the purposes that their kind may serve: an address not for analytics alone", async () => {
    const identifiers = {
      email: "ida@example.com",
      phone: "0905 123 456",
      "person-card": "4512",
      login_id: "ida",
      "person-work_mail": "ida@berg.example",
    };
    expect(summary(await who(sentNatively({ identifiers }), {}, ["analytics"]))).toEqual({
      named: ["visitor_id cookie", "person-card claim", "login_id claim"],
      removed: [
        "email purpose_not_granted",
        "phone purpose_not_granted",
        "person-work_mail purpose_not_granted",
      ],
    });
  });
});

describe("traits", () => {
  it("that are addresses and numbers are kept in their normal forms, by the release's country", async () => {
    const event = sentNatively({
      traits: { email: " Ida@B\u00fccher.Example\u200b", phone: "0905 123 456", first_name: " Ida\u200b " },
    });
    const { identifiers, sealed = "" } = await who(event);
    expect(identifiers.slice(1)).toEqual([
      { key: await keyOf("email", "ida@xn--bcher-kva.example"), proof: "claim" },
      { key: await keyOf("phone", "+421905123456"), proof: "claim" },
    ]);
    expect(JSON.parse((await openIngress(KEYS.ingress, sealed, ["event", "e-1"])) ?? "")).toEqual({
      email: "ida@xn--bcher-kva.example",
      phone: "+421905123456",
      first_name: "Ida",
    });
  });

  it("that name nobody go, and the event comes in", async () => {
    const traits = {
      email: "noreply@shop.example",
      phone: "0905 123 456",
      customer_id: "undefined",
      last_name: "Berg",
    };
    expect(summary(await who(sentNatively({ traits }), { document: PLAIN }))).toEqual({
      named: ["visitor_id cookie"],
      removed: [
        "traits.email placeholder_identifier",
        "traits.phone invalid_identifier",
        "traits.customer_id placeholder_identifier",
      ],
    });
  });
});

describe("a token", () => {
  const proofOf = async (token: Omit<GenuineToken, "ok" | "unverified">) => {
    const verdict: GenuineToken = { ok: true, unverified: [], ...token };
    const verifier = { verify: async () => verdict };
    const rules = valueRules(OWN);
    const given = { verifier, keys: KEYS, rules, source: "web", now: NOW, inAddress: false };
    const proof = (await prove(new Map([[0, "token"]]), given)).get(0);
    if (!proof) throw new Error("there is no proof");
    return proof;
  };
  const person = { namespace: "user_id", value: "u-1" } as const;

  it("proves a namespace of the release's own, by its form", async () => {
    const { proven, removed } = await proofOf({
      person,
      others: [
        { namespace: "person-card", value: "45-12" },
        { namespace: "person-other", value: "1" },
        { namespace: "email", value: "ｉda@example.com" },
        { namespace: "crm_id", value: "null" },
      ],
    });
    expect(proven?.identifiers.map(({ namespace, value }) => [namespace, value])).toEqual([
      ["user_id", "u-1"],
      ["person-card", "4512"],
    ]);
    expect(removed.map(({ path, reason }) => [path, reason])).toEqual([
      ["token.person-other", "unknown_namespace"],
      ["token.email", "invalid_identifier"],
      ["token.crm_id", "placeholder_identifier"],
    ]);
  });

  it("lets match rules compare what it proves, and nothing that is said beside it", async () => {
    const token = await proofOf({ person, others: [{ namespace: "phone", value: "+421905123456" }] });
    const said = sentNatively({ traits: { email: "ida@example.com", first_name: "Ida", last_name: "Berg" } });
    expect(summary(await who(said, { token })).named.filter((name) => name.startsWith("match"))).toEqual([]);
    const proved = await proofOf({ person, others: [{ namespace: "email", value: "Ida@example.com" }] });
    const { identifiers } = await who(sentNatively({}), { token: proved });
    const value = JSON.stringify([["email", "ida@example.com"]]);
    expect(identifiers.at(-1)).toEqual({ key: await keyOf("match-mail", value), proof: "token" });
  });
});

describe("match rules", () => {
  const BERG = { first_name: "Ida", last_name: "Berg", phone: "0905 123 456" };
  const matchesOf = async (more: object, sender: Partial<Sender> = {}, granted: readonly Purpose[] = ALL) => {
    const given = { proof: "source", visitorKey: undefined, ...sender } as const;
    const { identifiers } = await who(sentNatively(more), given, granted);
    return identifiers.filter(({ key }) => key.startsWith("match-"));
  };

  it("derive the same of equal people from proved sources, and something else of others", async () => {
    const [one] = await matchesOf({ user_id: "u-1", traits: BERG });
    const [other] = await matchesOf({
      identifiers: { crm_id: "7" },
      traits: { first_name: " IDA", last_name: "be\u00adrg ", phone: "+421 905 123 456" },
    });
    expect(one).toMatchObject({ proof: "source" });
    expect(one?.key).toMatch(/^match-name_and_phone:/);
    expect(other).toEqual(one);
    const [third] = await matchesOf({ user_id: "u-3", traits: { ...BERG, last_name: "B\u00e9rg" } });
    expect(third?.key).not.toBe(one?.key);
  });

  it("derive nothing of what a browser says, of an event that names nobody, or of half the traits", async () => {
    expect(await matchesOf({ user_id: "u-1", traits: BERG }, { proof: "claim", visitorKey: V })).toEqual([]);
    expect(
      await matchesOf({ anonymous_id: "a-1", traits: { first_name: "Ida", last_name: "Berg" } }),
    ).toEqual([]);
    expect(await matchesOf({ user_id: "u-1", traits: { ...BERG, last_name: "N/A" } })).toEqual([]);
    expect(await matchesOf({ user_id: "u-1", traits: { email: "info@shop.example" } })).toEqual([]);
  });

  it("derive nothing of traits that no granted purpose may have", async () => {
    const traits = { ...BERG, email: "ida@example.com" };
    const of = async (granted: Purpose[]) =>
      (await matchesOf({ user_id: "u-1", traits }, {}, granted)).map(({ key }) => key.split(":")[0]);
    expect(await of(["analytics"])).toEqual([]);
    expect(await of(["personalization"])).toEqual(["match-mail"]);
    expect(await of(["marketing"])).toEqual(["match-mail", "match-name_and_phone"]);
  });
});

it("a known browser's page view is identified at once, without a promise", async () => {
  const event = sentNatively({ anonymous_id: "a-1" });
  await who(event);
  const again = identify(KEYS, event, ALL, { proof: "claim", visitorKey: V, now: NOW, document: OWN });
  expect(again).not.toBeInstanceOf(Promise);
  expect(again).toMatchObject({ removed: [] });
});
