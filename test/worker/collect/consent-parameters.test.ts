/** Consent strings and signals in the queries and bodies of the vendors' protocols, by the vendors' own names. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { ga4 } from "#collect/protocols/ga4";
import { jitsu } from "#collect/protocols/jitsu";
import { rudderstack } from "#collect/protocols/rudderstack";
import { snowplow } from "#collect/protocols/snowplow";
import { HOST, publishRelease } from "../product.ts";
import {
  decided,
  GRANTED,
  gppString,
  MEASURING,
  NOTHING,
  PURPOSES,
  type Sent,
  SOLD_NOT,
  send,
} from "./deciding.ts";

beforeAll(async () => void (await publishRelease()));

describe("the parameters of the IAB", () => {
  const HIT = { v: "2", tid: "wk_demo", cid: "1.2", en: "page_view", dl: `${HOST}/` };
  const DATA = btoa(
    JSON.stringify({ anonymousId: "a-1", event: "Signed In", properties: { method: "link" } }),
  );

  /** A request for each protocol that takes events from a query. */
  const asked: [string, (query: Record<string, string>) => Sent][] = [
    [
      "GA4's tag, GET",
      (query) => ({ protocol: ga4, method: "GET", path: "/g/collect", query: { ...HIT, ...query } }),
    ],
    [
      "GA4's tag, POST",
      (query) => ({ protocol: ga4, path: "/g/collect", query: { ...HIT, ...query }, body: "en=page_view" }),
    ],
    [
      "RudderStack's pixel",
      (query) => ({
        protocol: rudderstack,
        method: "GET",
        path: "/pixel/v1/page",
        query: { writeKey: "wk_demo", anonymousId: "a-1", ...query },
      }),
    ],
    [
      "Jitsu's pixel",
      (query) => ({
        protocol: jitsu,
        method: "GET",
        path: "/api/px/:type",
        params: { type: "track" },
        query: { data: DATA, ...query },
        headers: { "x-write-key": "jitsu:wk_demo" },
      }),
    ],
    [
      "Snowplow's pixel",
      (query) => ({
        protocol: snowplow,
        method: "GET",
        path: "/i",
        query: { e: "pv", p: "web", tv: "js-4", aid: "wk_demo", duid: "d-1", url: `${HOST}/`, ...query },
      }),
    ],
  ];

  it.each(asked)("%s: a TC string grants, denies, and where it is none denies", async (_, request) => {
    expect((await decided(request({ gdpr: "1", gdpr_consent: GRANTED }))).granted).toEqual(PURPOSES);
    const denied = { ...request({ gdpr: "1", gdpr_consent: NOTHING }), cookie: PURPOSES };
    expect((await decided(denied)).granted).toEqual([]);
    // A macro that nobody filled in.
    const { granted, grounds } = await decided({
      ...request({ gdpr_consent: "{GDPR_CONSENT_755}" }),
      cookie: PURPOSES,
    });
    expect(granted).toEqual([]);
    expect(grounds?.analytics).toBe("tcf:malformed");
  });

  it.each(asked)("%s: `gdpr=0` loosens nothing", async (_, request) => {
    expect((await decided(request({ gdpr: "0" }))).granted).toEqual([]);
    expect((await decided(request({ gdpr: "0", gdpr_consent: NOTHING }))).granted).toEqual([]);
    const us = { ...request({ gdpr: "0", gdpr_consent: NOTHING }), country: "US" };
    expect((await decided(us)).granted).toEqual([]);
  });

  it.each(asked)("%s: GPP, and us_privacy as its section 6, deny marketing", async (_, request) => {
    const us = { country: "US" };
    const granted = async (query: Record<string, string>) =>
      (await decided({ ...request(query), ...us })).granted;
    expect(await granted({ gpp: SOLD_NOT, gpp_sid: "8" })).toEqual(["analytics", "personalization"]);
    expect(await granted({ gpp: SOLD_NOT, gpp_sid: "all of them" })).toEqual([
      "analytics",
      "personalization",
    ]);
    expect(await granted({ us_privacy: "1YYN" })).toEqual(["analytics", "personalization"]);
    expect(await granted({ us_privacy: "1YNN" })).toEqual(PURPOSES);
    expect(await granted({ us_privacy: "1---" })).toEqual(PURPOSES);
    // An old one that says no and a new one that does not: both are GPP, and no date tells which is later.
    const neither = gppString("usca", { SaleOptOut: 2 });
    expect(await granted({ us_privacy: "1YYN", gpp: neither, gpp_sid: "8" })).toEqual([
      "analytics",
      "personalization",
    ]);
    expect(await granted({ us_privacy: "1YNN~1YNN" })).toEqual([]);
    expect(await granted({ us_privacy: "yes" })).toEqual([]);
  });

  it.each(asked)(
    "%s: no value is an error, and none that is not valid grants anything",
    async (_, request) => {
      const text = fc.oneof(
        fc.string({ unit: "binary" }),
        fc.constantFrom("null", "%", GRANTED.slice(1), NOTHING),
      );
      const query = fc.record(
        {
          gdpr: text,
          gdpr_consent: text,
          gpp: fc.oneof(text, fc.constant(SOLD_NOT)),
          gpp_sid: fc.oneof(text, fc.constantFrom("8", "-1", "7,8", ",", "1e9", "8,".repeat(200))),
          us_privacy: fc.oneof(text, fc.constantFrom("1YYN", "1---", "1YNN~1YNN")),
        },
        { requiredKeys: [] },
      );
      await fc.assert(
        fc.asyncProperty(query, async (given) => {
          expect((await decided(request(given))).granted).toEqual([]);
        }),
        { numRuns: 60 },
      );
    },
  );

  it("a string of one line of a hit counts for that event alone", async () => {
    const { events: accepted, refused } = await send({
      protocol: ga4,
      path: "/g/collect",
      query: { v: "2", tid: "wk_demo", cid: "1.2", dl: `${HOST}/`, gdpr_consent: GRANTED },
      body: `en=page_view\r\nen=scroll&epn.percent_scrolled=90&gdpr_consent=${NOTHING}`,
    });
    expect(accepted.map(({ name }) => name)).toEqual(["page_view"]);
    expect(refused.map(({ name, consent }) => [name, consent?.grounds.analytics])).toEqual([
      ["scroll", "tcf"],
    ]);
  });
});

describe("Consent Mode of Google's protocols", () => {
  const hit = (query: Record<string, string>): Sent => ({
    protocol: ga4,
    method: "GET",
    path: "/g/collect",
    query: { v: "2", tid: "wk_demo", cid: "1.2", en: "page_view", dl: `${HOST}/`, ...query },
  });

  it("is named as the ground, and a string beside it restricts", async () => {
    expect(await decided(hit({ gcs: "G111" }))).toEqual({
      granted: ["analytics", "marketing"],
      grounds: { analytics: "consent_mode", marketing: "consent_mode", personalization: "default" },
    });
    const beside = await decided(hit({ gcs: "G111", gdpr_consent: MEASURING }));
    expect(beside).toEqual({
      granted: ["analytics"],
      grounds: { analytics: "tcf", marketing: "tcf", personalization: "tcf" },
    });
    expect((await decided(hit({ gcs: "G1x1" }))).grounds?.analytics).toBe("consent_mode:malformed");
    expect((await decided({ ...hit({ gcs: "G100" }), cookie: PURPOSES })).granted).toEqual([
      "personalization",
    ]);
  });

  it("of the Measurement Protocol is read from the body, for all of its events", async () => {
    const measured = async (consent: unknown) =>
      decided({
        protocol: ga4,
        path: "/mp/collect",
        query: { measurement_id: "wk_demo" },
        body: { client_id: "1.2", consent, events: [{ name: "login", params: { method: "password" } }] },
      });
    expect((await measured({ ad_user_data: "GRANTED", ad_personalization: "GRANTED" })).granted).toEqual([
      "marketing",
    ]);
    expect((await measured({ ad_user_data: "GRANTED", ad_personalization: "DENIED" })).granted).toEqual([]);
    expect((await measured("GRANTED")).grounds?.analytics).toBe("consent_mode");
  });
});
