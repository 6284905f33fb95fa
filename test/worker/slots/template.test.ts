/**
 * A person's own fields on their page: from the trait that a server tells, through ingest and the sealed edge snapshot, into a
 * template; and that nobody else ever sees them. And a server that renders pages for its visitors. All of it real.
 */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type TestIssuer, testIssuer } from "../../setup/identity-tokens.ts";
import { type Door, doorWith, serverEvent, visitorOf } from "../identity/token-walk.ts";
import { ALL, Browser, event, publishRelease, RELEASE, request } from "../product.ts";
import { emptyStores } from "../setup.ts";

const HELLO = "<p>Hi{{#person.first_name}} {{person.first_name}}{{/person.first_name}}!</p>";
const TEMPLATES = {
  ...RELEASE,
  slots: {
    hero: { fallback: "hello", budgetMs: 1_000, minHeight: 90 },
    note: { kind: "json", fallback: "note", budgetMs: 1_000 },
    pop: { kind: "message", fallback: "pop", budgetMs: 1_000 },
    band: { budgetMs: 1_000 },
    aside: { budgetMs: 1_000 },
  },
  offers: {
    once: { slot: "band", content: "band", caps: [{ count: 1, per: "session" }] },
    autumn: { slot: "aside", content: "band", audience: { utm_campaign: "autumn" } },
  },
  content: {
    hello: { html: HELLO, template: true, locales: { sk: { html: HELLO.replace("Hi", "Ahoj") } } },
    note: { data: { title: "{{person.first_name}} <{{top_topic}}>", n: 1 }, template: true },
    pop: { html: "<p>News</p>", message: { placement: "modal", delayMs: 5 } },
    band: { html: "<p>Band</p>" },
  },
};

let issuer: TestIssuer;
let door: Door;
beforeAll(async () => {
  issuer = await testIssuer();
});
beforeEach(async () => {
  await emptyStores();
  await publishRelease(TEMPLATES);
  door = doorWith([issuer.settings]);
});

interface Answer {
  personal: boolean;
  slots: { content: { html?: string; data?: unknown } | null; [key: string]: unknown }[];
}
const slotsOf = async (browser: Browser, body: Record<string, unknown> = { slots: ["hero"] }) =>
  (await (await browser.fetch("/slots", { method: "POST", body: JSON.stringify(body) })).json()) as Answer;
const helloOf = async (browser: Browser, more: Record<string, unknown> = {}) =>
  (await slotsOf(browser, { slots: ["hero"], ...more })).slots[0]?.content?.html;

const told = async (user: string, first_name: string) => {
  await serverEvent(
    door,
    event("login", {}, { user_id: user, traits: { first_name, email: "jana@shop.example" } }),
  );
  await door.settle();
};
const login = async (browser: Browser, sub: string) => {
  await browser.send([event("login", {}, { token: await issuer.token({ sub }) })]);
  await door.settle();
};
/** A browser of which there may be a snapshot: it was there before. */
const returning = async () => {
  const browser = await visitorOf(door);
  await browser.send([event("page_view")]);
  await door.settle();
  return browser;
};
/** All that lies in KV. */
const inKv = async () => {
  const { keys } = await env.EDGE.list({ prefix: "edge:" });
  return (await Promise.all(keys.map(({ name }) => env.EDGE.get(name)))).join();
};

describe("a person's first name", () => {
  it("is on the pages of the browser in which a token proved them, in their language, and sealed on its way", async () => {
    await told("u-1", "Jana <b>");
    const browser = await returning();
    expect(await helloOf(browser)).toBe("<p>Hi!</p>");
    await login(browser, "u-1");
    expect(await helloOf(browser)).toBe("<p>Hi Jana &lt;b&gt;!</p>");
    expect(await helloOf(browser, { locale: "sk-SK" })).toBe("<p>Ahoj Jana &lt;b&gt;!</p>");
    const [note] = (await slotsOf(browser, { slots: ["note"] })).slots;
    expect(note?.content).toEqual({ data: { title: "Jana <b> <>", n: 1 } });
    const snapshot = await inKv();
    expect(snapshot).toContain('"person"');
    expect(snapshot).not.toMatch(/Jana|jana/);
  });

  it("is there in the first session of a browser that was never here before, too", async () => {
    await told("u-1", "Jana");
    const browser = await visitorOf(door);
    expect(await helloOf(browser)).toBe("<p>Hi!</p>");
    await login(browser, "u-1");
    expect(await helloOf(browser)).toBe("<p>Hi Jana!</p>");
  });

  it("is not on those of a browser that only claims to be theirs, nor of the next person in the same one", async () => {
    await told("u-1", "Jana");
    await told("u-2", "Eva");
    const claimed = await returning();
    await claimed.send([event("login", {}, { user_id: "u-1", traits: { first_name: "Jana" } })]);
    await door.settle();
    expect(await helloOf(claimed)).toBe("<p>Hi!</p>");

    const shared = await returning();
    await login(shared, "u-1");
    expect(await helloOf(shared)).toBe("<p>Hi Jana!</p>");
    await shared.send([event("login", {}, { token: await issuer.token({ sub: "u-2" }) })]);
    // The answer is there, ingest has not run: it is no longer Jana's browser.
    expect(await helloOf(shared)).not.toContain("Jana");
    await door.settle();
    expect(await helloOf(shared)).not.toContain("Jana");
  });

  it("goes with the snapshot of another visitor nowhere: it opens in one browser alone", async () => {
    await told("u-1", "Jana");
    const [own, other] = [await returning(), await returning()];
    await login(own, "u-1");
    await login(other, "u-1");
    const { keys } = await env.EDGE.list({ prefix: "edge:" });
    const [a = "", b = ""] = keys.map(({ name }) => name);
    const [one, two] = [await env.EDGE.get(a), await env.EDGE.get(b)];
    await env.EDGE.put(a, two ?? "");
    await env.EDGE.put(b, one ?? "");
    for (const browser of [own, other]) expect(await helloOf(browser)).toBe("<p>Hi!</p>");
  });

  it.each([
    ["personalization", { ...ALL, personalization: "denied" }],
    ["what the contract keeps it for", { ...ALL, marketing: "denied" }],
  ] as const)(
    "is gone from the next page once consent to %s is withdrawn, and from KV",
    async (_title, choice) => {
      await told("u-1", "Jana");
      const browser = await returning();
      await login(browser, "u-1");
      expect(await helloOf(browser)).toBe("<p>Hi Jana!</p>");
      await browser.consent(choice);
      expect(await helloOf(browser)).toBe("<p>Hi!</p>");
      await browser.send([event("page_view")]);
      await door.settle();
      expect(await inKv()).not.toContain('"person"');
    },
  );
});

describe("a template that is no good", () => {
  it("is not published, and it is said where it is wrong", async () => {
    const content = {
      ...TEMPLATES.content,
      band: { html: '<a href="{{top_topic}}">{{nobody}}</a>', template: true },
    };
    await expect(publishRelease({ ...TEMPLATES, content })).rejects.toThrow(
      /"path":"content\.band\.html","message":"at character \d+: .*"path":"content\.band\.html"/,
    );
  });
});

describe("POST /slots", () => {
  it("says what a page's script needs to know", async () => {
    const browser = await visitorOf(door);
    const { personal, slots } = await slotsOf(browser, { slots: ["hero", "pop"] });
    expect(personal).toBe(true);
    expect(slots).toEqual([
      {
        slot: "hero",
        kind: "html",
        outcome: "fallback",
        offer: null,
        content: { html: "<p>Hi!</p>" },
        min_height: 90,
      },
      {
        slot: "pop",
        kind: "message",
        outcome: "fallback",
        offer: null,
        content: { html: "<p>News</p>" },
        message: { placement: "modal", dismissible: true, delay_ms: 5 },
      },
    ]);
    expect((await slotsOf(new Browser("SK"))).personal).toBe(false);
  });

  it("goes by the campaign that the visit began with, unless the page's address names another", async () => {
    const browser = await visitorOf(door);
    const context = { page: { url: "https://shop.example/?utm_campaign=autumn" } };
    await browser.send([event("page_view", {}, { context })]);
    const offerAt = async (page: unknown) =>
      (await slotsOf(browser, { slots: ["aside"], page })).slots[0]?.offer;
    for (const page of [undefined, {}, { utm: {} }]) expect(await offerAt(page)).toBe("autumn");
    expect(await offerAt({ utm: { source: "mail" } })).toBeNull();
    expect(await offerAt({ utm: { campaign: "autumn" } })).toBe("autumn");
  });

  it("may be asked by the pages of listed origins, and by no other's", async () => {
    const ask = (origin: string, method = "POST") =>
      request("/slots", {
        method,
        headers: { origin },
        ...(method === "POST" && { body: '{"slots":["hero"]}' }),
      });
    const allowed = await ask("https://app.example");
    expect(allowed.headers.get("access-control-allow-origin")).toBe("https://app.example");
    expect(allowed.headers.get("access-control-allow-credentials")).toBe("true");
    expect(allowed.headers.get("vary")).toContain("cookie");
    expect((await ask("https://evil.example")).headers.get("access-control-allow-origin")).toBeNull();
    expect((await ask("https://app.example", "OPTIONS")).status).toBe(204);
    expect((await ask("https://evil.example", "OPTIONS")).status).toBe(403);
  });
});

describe("a server that renders pages for its visitors", () => {
  const SECRET = { authorization: "Bearer sk_demo" };
  const cookiesOf = (browser: Browser) =>
    [...browser.cookies]
      .filter(([name]) => name !== "ds_dev_country")
      .map(([name, value]) => `${name}=${value}`)
      .join("; ");
  const render = (
    visitor: Record<string, unknown>,
    headers: Record<string, string> = SECRET,
    slots = ["hero", "band"],
  ) => request("/slots", { method: "POST", headers, body: JSON.stringify({ slots, visitor }) });
  const offersOf = async (response: Response) =>
    ((await response.json()) as Answer).slots.map(({ offer }) => offer);

  it("gets what the visitor whose cookies it forwards would see, and counts as they do", async () => {
    await told("u-1", "Jana");
    const browser = await returning();
    await login(browser, "u-1");
    const answer = await render({ cookie: cookiesOf(browser), country: "SK" });
    expect(await answer.json()).toMatchObject({
      slots: [{ content: { html: "<p>Hi Jana!</p>" } }, { offer: "once" }],
    });
    await browser.send([event("content_impression", { slot: "band", offer: "once" })]);
    expect(await offersOf(await render({ cookie: cookiesOf(browser), country: "SK" }))).toEqual([null, null]);
    for (const basic of [`Basic ${btoa("sk_demo:")}`])
      expect((await render({ cookie: cookiesOf(browser) }, { authorization: basic })).status).toBe(200);
  });

  it("is told by the visitor's own country what holds, not by its own, and takes away what consent no longer covers", async () => {
    const personal = async (visitor: Record<string, unknown>) =>
      ((await (await render(visitor)).json()) as Answer).personal;
    expect(await personal({ country: "US" })).toBe(true);
    expect(await personal({ country: "US", gpc: true })).toBe(true);
    expect(await personal({ country: "SK" })).toBe(false);
    expect(await personal({})).toBe(false);
    // What the browser did not send, as many servers hand it on.
    const unsent = { cookie: "", user_agent: "", ip: "", region: "", accept_language: "" };
    expect(await personal({ ...unsent, country: "US" })).toBe(true);
    // A cookie of the server's own is nobody's.
    const reader = await visitorOf(door);
    const own = await render({ country: "SK" }, { ...SECRET, cookie: cookiesOf(reader) });
    expect(((await own.json()) as Answer).personal).toBe(false);
    expect(await personal({ ...unsent, country: "" })).toBe(false);

    const browser = await visitorOf(door);
    await browser.send([event("page_view")]);
    const before = cookiesOf(browser);
    await browser.consent({ analytics: "denied", marketing: "denied", personalization: "denied" });
    const consent = browser.cookies.get("ds_consent");
    const answer = await render({
      cookie: `${before.replace(/ds_consent=[^;]*/, `ds_consent=${consent}`)}`,
      country: "SK",
    });
    expect(
      answer.headers
        .getSetCookie()
        .map((line) => line.split("=")[0])
        .sort(),
    ).toEqual(["ds_id", "ds_session"]);
  });

  it.each([
    ["without a key", {}, 401, "missing_key"],
    ["with a write key", { authorization: "Bearer wk_demo" }, 403, "secret_key_required"],
    ["with a key that nobody has", { authorization: "Bearer sk_other" }, 401, "unknown_key"],
    ["from a browser", { ...SECRET, origin: "https://shop.example" }, 403, "secret_key_in_browser"],
  ])("is not believed %s", async (_title, headers, status, code) => {
    const answer = await render({ country: "US" }, headers as Record<string, string>);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code });
  });

  it.each([
    [{ country: "Slovakia" }, "invalid_body"],
    [{ user_agent: "a\nb" }, "invalid_body"],
    [{ name: "x" }, "invalid_body"],
  ])("is told what is wrong with %j", async (visitor, code) => {
    const answer = await render(visitor);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code });
  });
});

// The last one: the release that it publishes besides stays in the memory of this isolate.
describe("a person's first name, which no template names", () => {
  it("is not in a snapshot of a release that does not ask for it", async () => {
    await publishRelease({
      ...TEMPLATES,
      content: { ...TEMPLATES.content, hello: { html: "<p>Hi!</p>" }, note: { data: 1 } },
    });
    await told("u-1", "Jana");
    const browser = await returning();
    await login(browser, "u-1");
    expect(await inKv()).not.toContain('"person"');
  });
});
