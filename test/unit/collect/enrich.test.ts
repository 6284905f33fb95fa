/** Enrichment: what the door adds to an event, by purpose. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type EventFacts, type EventSession, enrich } from "#collect/enrich";
import { attributionOf } from "#collect/enrich/attribution";
import { minimise } from "#consent/minimise";
import { type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import { enrichedContextSchema } from "#contracts/messages/event_envelope";
import { CLICK_IDS, PURPOSES, type Purpose } from "#contracts/taxonomy";
import type { RequestContext } from "#door/context";
import { deviceOf } from "#door/device";

const CHROME =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/154.0.0.0 Safari/537.36";
const PHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1";
const POLICY = { regimes: { strict: { default: "denied" as const } }, otherwise: "strict" };

const request = (
  about: { userAgent?: string; dev?: boolean; release?: Partial<ReleaseInput> } = {},
): RequestContext =>
  ({
    settings: { DEV: about.dev ?? false },
    release: { version: 1, document: releaseSchema.parse({ policy: POLICY, ...about.release }) },
    device: deviceOf(about.userAgent ?? CHROME),
    country: "SK",
    region: "BL",
  }) as RequestContext; // what enrichment reads of it

const SESSION: EventSession = { id: "s-1", number: 3, startedAt: 7, campaign: { source: "earlier" } };

/** As the door does: minimised, then enriched. */
function enriched(
  raw: Record<string, unknown>,
  granted: readonly Purpose[] = PURPOSES,
  {
    session,
    facts,
    ...about
  }: Parameters<typeof request>[0] & { session?: EventSession; facts?: EventFacts } = {},
) {
  const cut = minimise("page_view", { properties: {}, context: raw }, { context: raw }, granted);
  const context = enrich(cut.context, raw, request(about), session, granted, facts);
  return enrichedContextSchema.parse(context);
}
const page = (url: string, referrer?: string) => ({
  page: { url, ...(referrer !== undefined && { referrer }) },
});

describe("campaign and clicks", () => {
  const url =
    "https://shop.example/?utm_source=news&utm_id=w26&utm_campaign=winter%20sale&gclid=Cj0KCQ-x_1&ScCid=a-b&secret=1#f?fbclid=2";

  it("UTM is read from the page's URL for any purpose, its id included", () => {
    for (const purpose of PURPOSES)
      expect(enriched(page(url), [purpose]).utm).toEqual({
        source: "news",
        id: "w26",
        campaign: "winter sale",
      });
  });

  it("ids of clicks are kept with marketing alone, by name", () => {
    expect(enriched(page(url), ["marketing"]).click_ids).toEqual({ gclid: "Cj0KCQ-x_1", sccid: "a-b" });
    const without = enriched(page(url), ["analytics", "personalization"]);
    expect(without.click_ids).toBeUndefined();
    expect(JSON.stringify(without)).not.toMatch(/Cj0KCQ|a-b/);
  });

  it("ids of clicks that the sender names itself obey the same purpose, and stand before the URL's", () => {
    const raw = { ...page(url), click_ids: { gclid: "own", ttclid: "t" } };
    expect(enriched(raw, ["marketing"]).click_ids).toEqual({ gclid: "own", ttclid: "t", sccid: "a-b" });
    expect(enriched(raw, ["analytics"]).click_ids).toEqual({});
  });

  it("the sender's campaign stands before the URL's, and that before the session's", () => {
    const own = { utm: { source: "sender" } };
    expect(enriched({ ...page(url), ...own }, PURPOSES, { session: SESSION }).utm).toEqual(own.utm);
    expect(enriched(page(url), PURPOSES, { session: SESSION }).utm).toMatchObject({ source: "news" });
    expect(enriched(page("https://shop.example/"), PURPOSES, { session: SESSION }).utm).toEqual({
      source: "earlier",
    });
  });

  it.each<[string, object]>([
    ["https://s.example/?utm_source=ida%40example.com", { utm: { source: "[email]" } }],
    ["https://s.example/?gclid=ida%40example.com", {}],
    ["https://s.example/?gclid=a%20b&fbclid=%3Cscript%3E", {}],
    ["https://s.example/?UTM_Source=A&utm_source=b", { utm: { source: "A" } }],
    ["https://s.example/?utm_source=&gclid=", {}],
    ["https://s.example/?utm_source", {}],
    ["https://s.example/#?utm_source=a", {}],
    ["https://s.example/?utm_term=50%", { utm: { term: "50%" } }],
    ["https://s.example/?utm_term=a+b&&=&utm_medium=c", { utm: { term: "a b", medium: "c" } }],
    ["/relative?utm_source=a", { utm: { source: "a" } }],
    ["https://s.example/?__proto__=1&utm_constructor=2", {}],
  ])("%s", (text, found) => {
    expect(attributionOf(text, true)).toEqual(found);
  });

  it("takes any text, and gives listed names and bounded values alone", () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 300 }),
        fc.constantFrom("?utm_id=", "&gclid=", "?ScCid=%"),
        (text, name) => {
          const { utm, clickIds } = attributionOf(`https://s.example/?${text}${name}${text}`, true);
          for (const key of Object.keys(clickIds ?? {})) expect(CLICK_IDS).toContain(key);
          for (const value of Object.values(utm ?? {})) expect(value.length).toBeLessThanOrEqual(128 + 7);
        },
      ),
    );
  });
});

describe("where the visitor came from", () => {
  it("a page has a class of referrer, also where it has none", () => {
    const url = "https://shop.example/";
    expect(enriched(page(url)).referrer).toEqual({ class: "direct" });
    expect(enriched(page(url, "https://chatgpt.com/")).referrer).toEqual({
      class: "ai_assistant",
      name: "ChatGPT",
    });
    expect(enriched({}).referrer).toBeUndefined();
  });
});

describe("device, place and session", () => {
  it("are the request's for an event of a browser", () => {
    expect(enriched({}, PURPOSES, { session: SESSION })).toEqual({
      device: { type: "desktop", os: "Windows", browser: "Chrome 154" },
      geo: { country: "SK", region: "BL" },
      session: { id: "s-1", number: 3, startedAt: 7 },
      utm: { source: "earlier" },
    });
  });

  it("the session needs analytics or personalization", () => {
    expect(enriched({}, ["marketing"], { session: SESSION }).session).toBeUndefined();
  });

  it("an app's own user agent stands before its HTTP library's, which is no bot then", () => {
    const context = enriched({}, PURPOSES, { userAgent: "okhttp/4.12.0", facts: { userAgent: PHONE } });
    expect(context.device).toEqual({ type: "mobile", os: "iOS", browser: "Mobile Safari 26" });
    expect(context.bot).toBeUndefined();
  });

  it("a bot stays one, whatever user agent its events claim", () => {
    const context = enriched({}, PURPOSES, { userAgent: "GPTBot/1.2", facts: { userAgent: PHONE } });
    expect(context).toMatchObject({ bot: true, agent: { kind: "ai_crawler", name: "GPTBot" } });
  });

  it("a server's own device and place say nothing of the person; the person's user agent does", () => {
    const from = { userAgent: "node", session: SESSION };
    expect(enriched({}, PURPOSES, { userAgent: "node", facts: { fromServer: true } })).toEqual({});
    expect(enriched({}, PURPOSES, { ...from, facts: { fromServer: true, userAgent: PHONE } })).toEqual({
      device: { type: "mobile", os: "iOS", browser: "Mobile Safari 26" },
      utm: { source: "earlier" },
    });
    expect(
      enriched({}, PURPOSES, { ...from, facts: { fromServer: true, userAgent: "ChatGPT-User/1.0" } }),
    ).toMatchObject({ bot: true, agent: { kind: "ai_assistant", name: "ChatGPT-User" } });
  });

  it("in local development nobody is a bot", () => {
    const about = { dev: true, userAgent: "curl/8.1", facts: { fromServer: true, userAgent: "curl/8.1" } };
    expect(enriched({}, PURPOSES, about).bot).toBeUndefined();
  });
});

describe("references", () => {
  const catalogue = { content: ["first-winter"], products: ["fjell-skis", "wool-gloves"] };
  const flags = (properties: Record<string, unknown>, release: Partial<ReleaseInput> = { catalogue }) =>
    enriched({}, PURPOSES, { release, facts: { properties } }).flags;

  it.each<[string, Record<string, unknown>, string[] | undefined]>([
    ["known content", { content: { content_id: "first-winter" } }, undefined],
    ["unknown content", { content: { content_id: "frist-winter" } }, ["unknown_content"]],
    ["a known product", { product_id: "wool-gloves" }, undefined],
    ["an unknown product", { product_id: "wool-glove" }, ["unknown_product"]],
    [
      "one unknown of several",
      { items: [{ product_id: "fjell-skis" }, { product_id: "x" }] },
      ["unknown_product"],
    ],
    [
      "both",
      { content: { content_id: "x" }, items: [{ product_id: "x" }] },
      ["unknown_content", "unknown_product"],
    ],
    ["none of either", { order_id: "A" }, undefined],
    ["odd shapes", { content: null, items: [null, 7], product_id: 7 }, undefined],
  ])("%s", (_title, properties, expected) => {
    expect(flags(properties)).toEqual(expected);
  });

  it("the release's own content is known", () => {
    const release = { catalogue, content: { "winter-hero": { html: "<p>" } } };
    expect(flags({ content: { content_id: "winter-hero" } }, release)).toBeUndefined();
  });

  it("a list that is absent checks nothing", () => {
    const unknown = { content: { content_id: "x" }, product_id: "x" };
    expect(flags(unknown, {})).toBeUndefined();
    expect(flags(unknown, { catalogue: { products: [] } })).toEqual(["unknown_product"]);
  });
});
