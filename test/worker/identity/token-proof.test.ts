/** From a signed token to what a browser may read: whose it is, what joins whom, and what a token never does. */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { keyring } from "#privacy/keys";
import { identifierKey } from "#privacy/lookup";
import { type TestIssuer, testIssuer } from "../../setup/identity-tokens.ts";
import { rows } from "../ingest/envelopes.ts";
import { ALL, Browser, event, publishRelease } from "../product.ts";
import { emptyStores } from "../setup.ts";
import {
  type Door,
  doorWith,
  heroOf,
  PROOF_RELEASE,
  serverEvent,
  settings,
  visitorOf,
} from "./token-walk.ts";

let issuer: TestIssuer;
let door: Door;
const { lookup } = await keyring(settings);
const keyOf = (namespace: "user_id" | "email" | "anonymous_id", value: string) =>
  identifierKey(lookup, namespace, value);
const purchase = (more: Record<string, unknown> = {}) =>
  event("purchase", { order_id: crypto.randomUUID(), value: 9, currency: "EUR" }, more);
const idOf = (browser: Browser): string | undefined => browser.cookies.get("ds_id")?.split(".")[1];

beforeAll(async () => {
  issuer = await testIssuer();
});
beforeEach(async () => {
  await emptyStores();
  await publishRelease(PROOF_RELEASE);
  door = doorWith([issuer.settings]);
});

/** A person of whom a server has told a purchase. */
async function customer(user: string, more: Record<string, unknown> = {}): Promise<void> {
  await serverEvent(door, purchase({ user_id: user, ...more }));
  await door.settle();
}

async function profileOf(key: string): Promise<string | null | undefined> {
  return (await rows()).get(key)?.profile;
}

describe("a browser in which a token proves a person", () => {
  it("is shown what the person's history earns; one that only claims to be them is not", async () => {
    await customer("u-1");
    const browser = await visitorOf(door);
    await browser.send([event("login", {}, { user_id: "u-1" })]);
    await door.settle();
    expect(await heroOf(browser)).toBe("fallback");

    const answer = await browser.send([event("login", {}, { user_id: "u-1", token: await issuer.token() })]);
    expect(await answer.json()).toEqual({ accepted: 1, dropped: [], rejected: [] });
    await door.settle();
    expect(await heroOf(browser)).toBe("thanks");
  });

  it("brings its own history along, to every other browser of the person", async () => {
    const [first, second] = [await visitorOf(door), await visitorOf(door)];
    await first.send([purchase()]);
    await first.send([event("login", {}, { token: await issuer.token() })]);
    await second.send([event("login", {}, { token: await issuer.token() })]);
    await door.settle();
    expect(await heroOf(second)).toBe("thanks");
  });

  it("takes along what was done under an anonymous id that is no proven person's", async () => {
    const elsewhere = new Browser(
      "SK",
      { "sec-fetch-site": "cross-site", origin: "https://app.example" },
      door.ask,
    );
    await elsewhere.send([purchase({ anonymous_id: "anon-1" })], { consent: ALL });
    elsewhere.cookies.clear();
    const browser = await visitorOf(door);
    await browser.send([event("login", {}, { anonymous_id: "anon-1", token: await issuer.token() })]);
    await door.settle();
    expect(await profileOf(await keyOf("anonymous_id", "anon-1"))).toBe(
      await profileOf(await keyOf("user_id", "u-1")),
    );
  });

  it("takes no anonymous id along that was proved to be another person's", async () => {
    await customer("u-2", { anonymous_id: "anon-2" });
    const browser = await visitorOf(door);
    await browser.send([event("login", {}, { anonymous_id: "anon-2", token: await issuer.token() })]);
    await door.settle();
    expect(await heroOf(browser)).toBe("fallback");
    expect(await profileOf(await keyOf("anonymous_id", "anon-2"))).not.toBe(
      await profileOf(await keyOf("user_id", "u-1")),
    );
  });

  it("keeps its visitor id while the same person is proved, also by another token", async () => {
    const browser = await visitorOf(door);
    const before = idOf(browser);
    for (let n = 0; n < 3; n++)
      await browser.send([event("page_view", {}, { token: await issuer.token({ jti: `t${n}` }) })]);
    expect(idOf(browser)).toBe(before);
  });
});

describe("the page after the answer that proved a person, before ingest has run", () => {
  const login = async (browser: Browser, sub = "u-1") =>
    browser.send([event("login", {}, { token: await issuer.token({ sub }) })]);

  it("shows what their history earns, on whichever device, and goes on to do so", async () => {
    await customer("u-1");
    const [first, second] = [await visitorOf(door), await visitorOf(door)];
    for (const browser of [first, second]) {
      expect(await heroOf(browser)).toBe("fallback");
      await login(browser);
      expect(await heroOf(browser)).toBe("thanks");
    }
    await door.settle();
    expect(await heroOf(first)).toBe("thanks");
    expect(await heroOf(second)).toBe("thanks");
  });

  it("shows a second person in the browser nothing of the first, and the first theirs again", async () => {
    await customer("u-1");
    const browser = await visitorOf(door);
    await login(browser);
    await login(browser, "u-2");
    expect(await heroOf(browser)).toBe("fallback");
    await login(browser);
    expect(await heroOf(browser)).toBe("thanks");
  });

  it("shows nothing of a person to a browser that claims to be them beside another's token", async () => {
    await customer("u-1");
    const browser = await visitorOf(door);
    await browser.send([event("login", {}, { user_id: "u-1", token: await issuer.token({ sub: "u-2" }) })]);
    expect(await heroOf(browser)).toBe("fallback");
  });

  it("shows nothing once the person has withdrawn on another device", async () => {
    const [first, second] = [await visitorOf(door), await visitorOf(door)];
    await first.send([purchase()]);
    await login(first);
    await door.settle();
    await first.consent({ analytics: "granted", marketing: "granted", personalization: "denied" });
    await login(second);
    expect(await heroOf(second)).toBe("fallback");
    await door.settle();
    expect(await heroOf(second)).toBe("fallback");
  });

  it("shows nothing to two people of whom neither knew of the other, once ingest has seen both", async () => {
    await customer("u-1");
    const browser = await visitorOf(door);
    await browser.send([event("page_view")]);
    const other = new Browser("SK", {}, door.ask);
    for (const [name, value] of browser.cookies) other.cookies.set(name, value);
    await login(browser);
    await login(other, "u-2");
    await door.settle();
    expect(await heroOf(browser)).toBe("fallback");
    expect(await heroOf(other)).toBe("fallback");
  });
});

describe("a shared device", () => {
  it("gets a new visitor when another person is proved, who reads nothing of the first, and adds nothing to them", async () => {
    await customer("u-1");
    const browser = await visitorOf(door);
    await browser.send([event("login", {}, { token: await issuer.token() })]);
    await door.settle();
    expect(await heroOf(browser)).toBe("thanks");
    const first = idOf(browser);

    await browser.send([event("login", {}, { token: await issuer.token({ sub: "u-2" }) })]);
    // At once: no ingest has run yet.
    expect(idOf(browser)).not.toBe(first);
    expect(await heroOf(browser)).toBe("fallback");
    await browser.send([purchase()]);
    await door.settle();
    const second = await profileOf(await keyOf("user_id", "u-2"));
    expect(second).not.toBe(await profileOf(await keyOf("user_id", "u-1")));
    const conflicts = await env.IDENTITY_0.prepare(
      "SELECT count(*) AS n FROM links WHERE node = ? AND kind = 'proof'",
    )
      .bind(await keyOf("user_id", "u-2"))
      .first<{ n: number }>();
    expect(conflicts?.n).toBe(1);

    // And back again: the first one's history is theirs, in whichever browser.
    await browser.send([event("login", {}, { token: await issuer.token() })]);
    await door.settle();
    expect(await heroOf(browser)).toBe("thanks");
  });

  it.each([
    ["all", ALL],
    ["analytics alone", { analytics: "granted", marketing: "denied", personalization: "denied" } as const],
  ])(
    "is still that person's after an answer that overtook the proof, with consent for %s",
    async (_title, consent) => {
      await customer("u-1");
      const browser = new Browser("SK", {}, door.ask);
      await browser.consent(consent);
      await browser.send([event("page_view")]);
      const first = idOf(browser);
      // A request with the cookies from before the proof, whose answer comes last; a campaign changes any session.
      const other = new Browser("SK", {}, door.ask);
      for (const [name, value] of browser.cookies) other.cookies.set(name, value);
      await browser.send([event("login", {}, { token: await issuer.token() })]);
      const proven = browser.cookies.get("ds_session");
      const context = { page: { url: "https://shop.example/?utm_campaign=autumn" } };
      await other.send([event("page_view", {}, { context })]);
      browser.cookies.set("ds_session", other.cookies.get("ds_session") ?? "");
      expect(browser.cookies.get("ds_session")).not.toBe(proven);
      expect([idOf(browser), idOf(other)]).toEqual([first, first]);
      if (consent === ALL) expect(await heroOf(browser)).toBe("thanks");
      await browser.send([event("login", {}, { token: await issuer.token({ sub: "u-2" }) })]);
      // At once: what is here is the first one's.
      expect(idOf(browser)).not.toBe(first);
      expect(await heroOf(browser)).toBe("fallback");
    },
  );

  it("shows nothing personal when two people are proved in it at the same time", async () => {
    await customer("u-1");
    const browser = await visitorOf(door);
    const other = new Browser("SK", {}, door.ask);
    for (const [name, value] of browser.cookies) other.cookies.set(name, value);
    // What was done here before anybody was known: whose it was, nobody can say in the end.
    await browser.send([purchase()]);
    await door.settle();
    const login = async (one: Browser, sub: string) =>
      one.send([event("login", {}, { token: await issuer.token({ sub }) })]);
    await login(browser, "u-1");
    await door.settle();
    expect(await heroOf(browser)).toBe("thanks");
    // The same cookies as the first had: this tab was on its way already.
    await login(other, "u-2");
    expect(idOf(other)).toBe(idOf(browser));
    await door.settle();
    expect(await heroOf(other)).toBe("fallback");
    expect(await heroOf(browser)).toBe("fallback");
    const first = await profileOf(await keyOf("user_id", "u-1"));
    expect(first).toBeNull();
    expect(await profileOf(await keyOf("user_id", "u-2"))).toBeNull();
  });

  it("shows nothing personal when two people are proved in it in one batch of ingest", async () => {
    await customer("u-1");
    const browser = await visitorOf(door);
    await browser.send([purchase()]);
    await door.settle();
    expect(await heroOf(browser)).toBe("thanks");
    const other = new Browser("SK", {}, door.ask);
    for (const [name, value] of browser.cookies) other.cookies.set(name, value);
    await browser.send([event("login", {}, { token: await issuer.token() })]);
    await other.send([event("login", {}, { token: await issuer.token({ sub: "u-2" }) })]);
    expect(idOf(other)).toBe(idOf(browser));
    await door.settle();
    expect(await heroOf(other)).toBe("fallback");
  });

  it("gets a new visitor for a token where its session is gone, since nobody knows whose it was", async () => {
    await customer("u-1");
    const browser = await visitorOf(door);
    await browser.send([event("login", {}, { token: await issuer.token() })]);
    await door.settle();
    const first = idOf(browser);
    browser.cookies.delete("ds_session");
    // A page without a token in between starts a session that does not know it either.
    await browser.send([event("page_view")]);
    expect(idOf(browser)).toBe(first);
    await browser.send([event("login", {}, { token: await issuer.token({ sub: "u-2" }) })]);
    expect(idOf(browser)).not.toBe(first);
    await door.settle();
    expect(await heroOf(browser)).toBe("fallback");
  });

  it("keeps its one id where consent allows no session, and is shown nothing", async () => {
    await customer("u-1");
    const browser = new Browser("SK", {}, door.ask);
    await browser.consent({ analytics: "denied", marketing: "granted", personalization: "denied" });
    await browser.send([event("login", {}, { token: await issuer.token() })]);
    const first = idOf(browser);
    await browser.send([event("login", {}, { token: await issuer.token({ sub: "u-2" }) })]);
    await browser.send([event("login", {}, { token: await issuer.token() })]);
    expect(idOf(browser)).toBe(first);
    await door.settle();
    expect(await heroOf(browser)).toBe("fallback");
    // And consent that comes later does not bring the one's history to the other.
    await browser.consent(ALL);
    await browser.send([event("page_view")]);
    await door.settle();
    expect(await heroOf(browser)).toBe("fallback");
  });

  it("leaves each event of one request to the person who was there", async () => {
    const browser = await visitorOf(door);
    await browser.send([event("login", {}, { token: await issuer.token() })]);
    door.queued.length = 0;
    await browser.send([
      event("page_view"),
      event("search", { search_term: "a" }, { token: await issuer.token() }),
      event("login", {}, { token: await issuer.token({ sub: "u-2" }) }),
      event("page_view"),
      event("search", { search_term: "b" }, { token: await issuer.token({ sub: "u-3" }) }),
      event("login", {}, { token: await issuer.token({ sub: "u-2", jti: "again" }) }),
    ]);
    const cookies = door.queued[0]?.events.map(
      ({ identifiers }) => identifiers.find(({ proof }) => proof === "cookie")?.key,
    );
    const [old, , fresh] = cookies ?? [];
    expect(cookies).toEqual([old, old, fresh, fresh, undefined, fresh]);
    expect(old).not.toBe(fresh);
  });
});

describe("a rotation of the look-up key", () => {
  it("makes nobody another person: the browser keeps its visitor id", async () => {
    const browser = await visitorOf(door);
    await browser.send([event("login", {}, { token: await issuer.token() })]);
    const before = idOf(browser);
    const rotated = {
      ...settings,
      MASTER_SECRET: "the-next-master-secret-0123456789abcdef",
      MASTER_SECRET_VERSION: 2,
      MASTER_SECRETS_BEFORE: { 1: settings.MASTER_SECRET },
    };
    const later = doorWith([issuer.settings], rotated);
    const same = new Browser("SK", {}, later.ask);
    for (const [name, value] of browser.cookies) same.cookies.set(name, value);
    await same.send([event("login", {}, { token: await issuer.token() })]);
    expect(idOf(same)).toBe(before);
    const proved = later.last().identifiers.find(({ proof }) => proof === "token");
    expect(proved?.older).toEqual([await keyOf("user_id", "u-1")]);
    await same.send([event("login", {}, { token: await issuer.token({ sub: "u-2" }) })]);
    expect(idOf(same)).not.toBe(before);
  });
});

describe("beside a token", () => {
  it("the token's user holds, and another that the event claims is dropped with the reason", async () => {
    const browser = await visitorOf(door);
    await browser.send([event("login", {}, { user_id: "u-9", token: await issuer.token() })]);
    const { identifiers, removed } = door.last();
    expect(removed).toEqual([{ path: "user_id", action: "dropped", reason: "token_names_another" }]);
    expect(identifiers.map(({ key, proof }) => [key.split(":")[0], proof])).toEqual([
      ["visitor_id", "cookie"],
      ["user_id", "token"],
    ]);
    expect(identifiers[1]?.key).toBe(await keyOf("user_id", "u-1"));
  });

  it("an address that it proves is proved, and one that it does not is a claim that changes nothing of the person", async () => {
    const browser = await visitorOf(door);
    const token = await issuer.token({ email: "ida@example.com", email_verified: true });
    await browser.send([
      event("identify", {}, { token, traits: { email: " IDA@example.com", first_name: "Ida" } }),
    ]);
    const good = door.last().identifiers;
    expect(good.find(({ key }) => key.startsWith("email:"))?.proof).toBe("token");
    await door.settle();
    const person = await keyOf("user_id", "u-1");
    expect((await rows()).get(person)?.sealed).not.toBeNull();
    const before = (await rows()).get(person);

    await browser.send([event("identify", {}, { token, traits: { email: "victim@example.com" } })]);
    expect(door.last().identifiers.find(({ proof }) => proof === "claim")?.key).toBe(
      await keyOf("email", "victim@example.com"),
    );
    await door.settle();
    expect((await rows()).get(person)?.sealed).toBe(before?.sealed);
    const [link] = (
      await env.IDENTITY_0.prepare(
        "SELECT state FROM links WHERE other LIKE 'email:%' AND kind = 'claim'",
      ).all()
    ).results;
    expect(link).toBeUndefined();
    expect([...(await rows()).keys()].filter((key) => key.includes("|email:"))).toHaveLength(1);
  });

  it("an address that it does not prove goes where there is no browser to keep it apart", async () => {
    const elsewhere = new Browser(
      "SK",
      { "sec-fetch-site": "cross-site", origin: "https://app.example" },
      door.ask,
    );
    const token = await issuer.token();
    await elsewhere.send(
      [event("identify", {}, { token, traits: { email: "victim@example.com", first_name: "Ida" } })],
      {
        consent: ALL,
      },
    );
    const { identifiers, removed } = door.last();
    expect(removed).toContainEqual({ path: "traits.email", action: "dropped", reason: "not_in_token" });
    expect(identifiers.map(({ proof }) => proof)).toEqual(["token"]);
  });

  it("its address is named only where consent allows its hash", async () => {
    const browser = new Browser("SK", {}, door.ask);
    await browser.consent({ analytics: "granted", marketing: "denied", personalization: "denied" });
    const token = await issuer.token({ email: "ida@example.com", email_verified: true });
    await browser.send([event("login", {}, { token })]);
    expect(door.last().identifiers.map(({ key }) => key.split(":")[0])).toEqual(["visitor_id", "user_id"]);
  });
});

describe("a token that proves nothing", () => {
  it("costs no event: it is a claim, and the answer and the receipt say why", async () => {
    await customer("u-1");
    const browser = await visitorOf(door);
    const sent = event("login", {}, { user_id: "u-1", token: await issuer.token({ exp: 1 }) });
    const answer = await browser.send([sent, event("page_view")]);
    expect(await answer.json()).toEqual({
      accepted: 2,
      dropped: [],
      rejected: [],
      unproven: [{ index: 0, id: sent.id, code: "token_expired" }],
    });
    const { identifiers, removed } = door.queued.at(-1)?.events[0] ?? {};
    expect(removed).toEqual([{ path: "token", action: "dropped", reason: "token_expired" }]);
    expect(identifiers?.map(({ proof }) => proof)).toEqual(["cookie", "claim"]);
    await door.settle();
    expect(await heroOf(browser)).toBe("fallback");
  });

  it("is one whose sub is a placeholder: it would weld people together", async () => {
    const browser = await visitorOf(door);
    await browser.send([event("login", {}, { token: await issuer.token({ sub: "undefined" }) })]);
    expect(door.last().removed[0]?.reason).toBe("token_names_nobody");
  });

  it("is any, where no issuer is configured", async () => {
    door = doorWith([]);
    const browser = await visitorOf(door);
    await browser.send([event("login", {}, { token: await issuer.token() })]);
    expect(door.last().removed[0]?.reason).toBe("token_unknown_issuer");
  });

  it("is the fifth different one of a request", async () => {
    const browser = await visitorOf(door);
    const tokens = ["a", "b", "c", "d", "e", "f"].map((name) => `${name}.b.c`);
    const answer = await browser.send(tokens.map((token) => event("page_view", {}, { token })));
    const { unproven } = (await answer.json()) as { unproven: { code: string }[] };
    expect(unproven.map(({ code }) => code)).toEqual([
      ...new Array(4).fill("token_malformed"),
      "token_too_many",
      "token_too_many",
    ]);
  });
});

describe("the token itself", () => {
  it("is nowhere behind the door: not queued, landed, kept for a repair, stored or logged", async () => {
    const browser = await visitorOf(door);
    const token = await issuer.token();
    await browser.send(
      [
        event("login", {}, { token }),
        event("purchase", { order_id: "o" }, { token, traits: { first_name: "Ida" } }),
        event("no_such_event", { a: 1 }, { token }),
      ],
      { token },
    );
    await browser.fetch("/v1/batch", {
      method: "POST",
      body: JSON.stringify({
        writeKey: "wk_demo",
        batch: [
          {
            type: "identify",
            userId: "u-1",
            context: { identity_token: token },
            traits: { firstName: "Ida" },
          },
          { type: "track", event: "Order Completed", userId: "u-1", context: { identity_token: token } },
        ],
      }),
    });
    const signature = token.split(".")[2] ?? "";
    expect(JSON.stringify(door.queued)).not.toContain(signature);
    await door.settle();
    const stored: string[] = [];
    for (const { key } of (await env.LAKE.list()).objects)
      stored.push((await (await env.LAKE.get(key))?.text()) ?? "");
    expect(stored.length).toBeGreaterThan(0);
    expect(stored.join()).not.toContain(signature);
    expect(JSON.stringify([...(await rows()).values()])).not.toContain(signature);
  });

  it("is not read from a secret-key source, which proves by itself", async () => {
    await serverEvent(door, event("login", {}, { user_id: "u-5", token: await issuer.token() }));
    expect(door.last()).toMatchObject({
      identifiers: [{ key: await keyOf("user_id", "u-5"), proof: "source" }],
      removed: [],
    });
  });

  it.each([
    [
      "a RudderStack pixel",
      (token: string) =>
        `/pixel/v1/track?writeKey=wk_demo&anonymousId=a-1&event=Promotion+Viewed&properties.promotion_id=x&context.identity_token=${token}`,
    ],
    [
      "Snowplow's pixel",
      (token: string) => `/i?e=pv&aid=wk_demo&p=web&tv=js-4&duid=d-1&cx=${entityOf(token)}`,
    ],
    [
      "Jitsu's pixel",
      (token: string) => `/api/px/page?writekey=wk_demo&anonymousId=a-1&context.identity_token=${token}`,
    ],
  ])("is not read from an address: %s", async (_title, path) => {
    const browser = await visitorOf(door);
    await browser.fetch(path(await issuer.token()));
    const { identifiers, removed } = door.last();
    expect(removed).toContainEqual({ path: "token", action: "dropped", reason: "token_in_url" });
    expect(identifiers.some(({ proof }) => proof === "token")).toBe(false);
  });
});

const entityOf = (token: string): string =>
  btoa(
    JSON.stringify({
      schema: "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0",
      data: [{ schema: "iglu:com.shop/identity_token/jsonschema/1-0-0", data: { token } }],
    }),
  )
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

describe("every protocol has a place for it", () => {
  const call = { type: "track", event: "Signed In", anonymousId: "a-1", userId: "u-1" };
  it.each<[string, string, (token: string) => unknown]>([
    [
      "native, of an event",
      "/events",
      (token) => ({ write_key: "wk_demo", events: [event("login", {}, { token })] }),
    ],
    [
      "native, of a request",
      "/events",
      (token) => ({ write_key: "wk_demo", token, events: [event("login")] }),
    ],
    [
      "Segment, of a call",
      "/v1/t",
      (token) => ({ ...call, writeKey: "wk_demo", context: { identity_token: token } }),
    ],
    [
      "Segment, of a batch",
      "/v1/batch",
      (token) => ({ writeKey: "wk_demo", context: { identity_token: token }, batch: [call] }),
    ],
    [
      "RudderStack's beacon",
      "/beacon/v1/batch?writeKey=wk_demo",
      (token) => ({ batch: [{ ...call, context: { identity_token: token } }] }),
    ],
    ["Jitsu", "/api/s/track?writekey=wk_demo", (token) => ({ ...call, context: { identity_token: token } })],
    [
      "Snowplow",
      "/com.snowplowanalytics.snowplow/tp2",
      (token) => ({
        schema: "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4",
        data: [{ e: "pv", aid: "wk_demo", p: "web", tv: "js-4", duid: "a-1", cx: entityOf(token) }],
      }),
    ],
  ])("%s", async (_title, path, body) => {
    const browser = await visitorOf(door);
    const answer = await browser.fetch(path, {
      method: "POST",
      body: JSON.stringify(body(await issuer.token())),
    });
    expect(answer.status).toBeLessThan(300);
    expect(door.last().identifiers).toContainEqual({ key: await keyOf("user_id", "u-1"), proof: "token" });
    expect(JSON.stringify(door.last().removed)).not.toContain("identity_token");
  });
});
