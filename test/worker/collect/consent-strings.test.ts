/** Consent strings and signals in native events: each event's own counts for it, and never loosens. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { MAX_NEW_STRINGS } from "#consent/signals/strings";
import { tcfString } from "../../setup/tcf-strings.ts";
import { Browser, event, publishRelease } from "../product.ts";
import {
  ALL,
  decided,
  events,
  GRANTED,
  MEASURING,
  NOTHING,
  PURPOSES,
  recently,
  SOLD_NOT,
  send,
} from "./deciding.ts";

beforeAll(async () => void (await publishRelease()));

describe("a string in a native event", () => {
  it("that denies goes before the visitor's cookie, which grants", async () => {
    expect(await decided({ cookie: PURPOSES, body: events({ tcf: NOTHING }) })).toEqual({
      granted: [],
      grounds: { analytics: "tcf", marketing: "tcf", personalization: "tcf" },
    });
    expect((await decided({ cookie: PURPOSES, body: events(undefined) })).granted).toEqual(PURPOSES);
  });

  it("that grants is consent where the regime is opt-in, without any cookie", async () => {
    expect(await decided({ body: events({ tcf: GRANTED }) })).toEqual({
      granted: PURPOSES,
      grounds: { analytics: "tcf", marketing: "tcf", personalization: "tcf" },
    });
    expect((await decided({ body: events({ tcf: MEASURING }) })).granted).toEqual(["analytics"]);
  });

  it("that grants does not bring back what the cookie or the event denies", async () => {
    expect((await decided({ cookie: ["analytics"], body: events({ tcf: GRANTED }) })).granted).toEqual([
      "analytics",
    ]);
    const said = { tcf: GRANTED, marketing: "denied", consent_mode: { personalization_storage: "denied" } };
    expect(await decided({ body: events(said) })).toEqual({
      granted: ["analytics"],
      grounds: { analytics: "tcf", marketing: "event", personalization: "consent_mode" },
    });
  });

  it.each([
    ["is none", "yes", "tcf:malformed"],
    ["is empty", "", "tcf:malformed"],
    ["is cut", GRANTED.slice(0, 30), "tcf:malformed"],
    ["is longer than 8 KB", `${GRANTED}.${"A".repeat(8_192)}`, "tcf:too_long"],
    ["is a megabyte", "C".repeat(400_000), "tcf:too_long"],
    ["is of version 1", "BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA", "tcf:tcf_version"],
    [
      "lacks the disclosed vendors",
      tcfString({ ...recently(1), purposes: ALL, disclosed: undefined }),
      /^tcf:tcf_/,
    ],
  ])("that %s denies, and says why", async (_, tcf, ground) => {
    const { granted, grounds } = await decided({ cookie: PURPOSES, body: events({ tcf }) });
    expect(granted).toEqual([]);
    expect(grounds?.analytics).toMatch(ground);
  });

  it("of GPP: a sale that was opted out of denies marketing where silence is consent", async () => {
    const us = { country: "US-CA" };
    expect((await decided({ ...us, body: events(undefined) })).granted).toEqual(PURPOSES);
    expect(await decided({ ...us, body: events({ gpp: SOLD_NOT, gpp_sid: [8] }) })).toEqual({
      granted: ["analytics", "personalization"],
      grounds: { analytics: "default", marketing: "gpp:usca", personalization: "default" },
    });
    const elsewhere = await decided({ ...us, body: events({ gpp: SOLD_NOT, gpp_sid: [7] }) });
    expect(elsewhere.grounds?.marketing).toBe("gpp:gpp_section_missing");
  });

  it("counts for its own event, and another for another", async () => {
    const { events: accepted, refused } = await send({
      body: events({ tcf: GRANTED }, { tcf: MEASURING }, { tcf: NOTHING }, undefined),
    });
    expect(accepted.map(({ consent }) => consent.granted)).toEqual([PURPOSES, ["analytics"]]);
    expect(refused.map(({ consent }) => consent?.grounds.analytics)).toEqual(["tcf", "default"]);
    expect(new Set(accepted.map(({ consent }) => consent.receipt)).size).toBe(2);
  });

  it("500 different ones in 500 events: eight are read, the others deny, and it is quick", async () => {
    const strings = Array.from({ length: 500 }, (_, n) =>
      tcfString({ ...recently(2), purposes: ALL, vendors: [n + 1, 900] }),
    );
    const started = performance.now();
    const { events: accepted, refused } = await send({ body: events(...strings.map((tcf) => ({ tcf }))) });
    expect(performance.now() - started).toBeLessThan(3_000);
    expect(accepted).toHaveLength(MAX_NEW_STRINGS);
    expect(refused).toHaveLength(500 - MAX_NEW_STRINGS);
    for (const { consent } of refused) expect(consent?.grounds.analytics).toBe("tcf:too_many_strings");
  });
});

describe("the consent of a native body", () => {
  it("holds for the events that have none of their own", async () => {
    const body = { ...events(undefined, { analytics: "granted" }), consent: { tcf: GRANTED } };
    const { events: accepted } = await send({ body });
    expect(accepted.map(({ consent }) => consent.granted)).toEqual([PURPOSES, ["analytics"]]);
    expect(accepted.map(({ consent }) => consent.grounds.analytics)).toEqual(["tcf", "event"]);
  });

  it("that cannot be read refuses those events, and no other", async () => {
    const { response, events: accepted } = await send({
      body: { ...events({ analytics: "granted" }, undefined), consent: { gpp: 1 } },
    });
    expect(accepted).toHaveLength(1);
    expect(await response.json()).toMatchObject({
      rejected: [{ index: 1, code: "invalid_consent", issues: [{ path: "consent.gpp" }] }],
    });
  });
});

it.each<[string, unknown, string]>([
  ["a TC string that is none", { tcf: 7 }, "consent.tcf"],
  ["a GPP string that is none", { gpp: ["DBAA"] }, "consent.gpp"],
  ["sections as a text", { gpp: "DBAA", gpp_sid: "7,8" }, "consent.gpp_sid"],
  ["a section that is no number", { gpp: "DBAA", gpp_sid: [7, "8"] }, "consent.gpp_sid.1"],
  ["types as a text", { consent_mode: "G111" }, "consent.consent_mode"],
  ["another word for a type", { consent_mode: { ad_storage: "yes" } }, "consent.consent_mode.ad_storage"],
  ["a purpose that is true", { tcf: GRANTED, analytics: true }, "consent.analytics"],
  ["null", null, "consent"],
  ["nothing but keys that nobody knows", { Marketing: "denied", tcf_string: GRANTED }, "consent"],
])("%s in a native event refuses it, and no other", async (_, consent, path) => {
  const { response, events: accepted } = await send({ body: events(consent, { tcf: GRANTED }) });
  expect(accepted).toHaveLength(1);
  expect(await response.json()).toMatchObject({
    accepted: 1,
    rejected: [{ index: 0, code: "invalid_consent", issues: [{ path }] }],
  });
});

it("Consent Mode in a native event grants and denies by Google's types", async () => {
  const types = { ad_storage: "granted", ad_user_data: "granted", analytics_storage: "denied" };
  expect(await decided({ body: events({ consent_mode: types }) })).toEqual({
    granted: ["marketing"],
    grounds: { analytics: "consent_mode", marketing: "consent_mode", personalization: "default" },
  });
});

it("no value of `consent` is an error, and none without a grant in it grants anything", async () => {
  const value = fc.jsonValue({ maxDepth: 3 });
  const consent = fc.oneof(
    value,
    fc.record(
      {
        analytics: fc.oneof(value, fc.constant("denied")),
        tcf: fc.oneof(value, fc.string(), fc.constant(GRANTED.slice(1)), fc.constant(NOTHING)),
        gpp: fc.oneof(value, fc.string(), fc.constant(`DBABMA~${NOTHING}`)),
        gpp_sid: fc.oneof(value, fc.array(fc.integer({ min: -2, max: 300 }), { maxLength: 3 })),
        consent_mode: fc.oneof(value, fc.dictionary(fc.string(), value)),
      },
      { requiredKeys: [] },
    ),
  );
  await fc.assert(
    fc.asyncProperty(consent, fc.boolean(), async (given, ofBody) => {
      const body = ofBody ? { ...events(undefined), consent: given } : events(given);
      const { response, events: accepted } = await send({ body });
      expect(response.status).toBe(202);
      expect(accepted).toEqual([]);
    }),
    { numRuns: 300 },
  );
}, 60_000);

it("over HTTP: a string is read once it is asked for, and the answer is the usual one", async () => {
  const browser = new Browser("SK");
  const response = await browser.send([
    event("page_view", {}, { consent: { tcf: GRANTED } }),
    event("page_view"),
  ]);
  expect(response.status).toBe(202);
  expect(await response.json()).toMatchObject({
    accepted: 1,
    dropped: [{ index: 1, code: "consent_denied" }],
    rejected: [],
  });
});

it("ingest is told of a visitor's decision once a session, and again when it changes", async () => {
  const cookies: string[] = [];
  const told = async (sources: { banner: string }) => {
    const { records, cookies: set } = await send({
      body: events(undefined),
      cookies: [...cookies, sources.banner],
    });
    for (const pair of set) {
      const name = pair.split("=", 1)[0] ?? "";
      cookies.splice(0, cookies.length, ...cookies.filter((one) => !one.startsWith(`${name}=`)), pair);
    }
    return records.map(({ granted }) => granted);
  };
  const banner = (purposes: number[]) => ({
    banner: `euconsent-v2=${tcfString({ ...recently(1), purposes })}`,
  });
  expect(await told(banner(ALL))).toEqual([PURPOSES]);
  expect(await told(banner(ALL))).toEqual([]);
  expect(await told(banner([1, 7, 8, 9, 10]))).toEqual([["analytics"]]);
  expect(await told(banner([1, 7, 8, 9, 10]))).toEqual([]);
  expect(await told(banner([]))).toEqual([[]]);
});
