/**
 * The browser script beside consent managers and Google's tags, in a real Chromium. The managers here are small scripts of
 * the page that follow the IAB's published APIs.
 */
import { describe, expect, it } from "vitest";
import {
  type Api,
  accepted,
  arrives,
  choose,
  DENIED,
  door,
  eventually,
  GRANTED,
  html,
  openDecided,
  openGranted,
  origin,
  type Purposes,
  page,
  settle,
  tagWith,
  track,
  useSite,
} from "../setup/browser-page.ts";

const ALL: Purposes = { analytics: "granted", marketing: "granted", personalization: "granted" };

/** A consent manager with IAB Europe's API: `cmp.say(status, purposes)` is the visitor's doing. */
const TCF = `<script>
  const listeners = [];
  let current = { eventStatus: "cmpuishown", gdprApplies: true, purpose: { consents: {} } };
  window.cmp = {
    say(eventStatus, purposes, more) {
      const consents = Object.fromEntries(purposes.map((purpose) => [purpose, true]));
      current = { eventStatus, gdprApplies: true, purpose: { consents }, ...more };
      listeners.forEach((listener, listenerId) => listener({ ...current, listenerId }, true));
    },
    start() {
      window.__tcfapi = (command, version, callback) => {
        if (command === "addEventListener") callback({ ...current, listenerId: listeners.push(callback) - 1 }, true);
      };
    },
  };
</script>`;

/** A consent manager with the Global Privacy Platform's API 1.1. */
const GPP = `<script>
  const listeners = [];
  const ping = { gppVersion: "1.1", signalStatus: "ready", applicableSections: [7], parsedSections: {} };
  window.cmp = (section, signalStatus = "ready", gppString) => {
    Object.assign(ping, { gppString, signalStatus, parsedSections: { usnat: [section, { SubsectionType: 1, Gpc: false }] } });
    for (const listener of listeners) listener({ eventName: "signalStatus", data: signalStatus, pingData: ping }, true);
  };
  window.__gpp = (command, callback) => {
    if (command !== "addEventListener") return;
    listeners.push(callback);
    callback({ eventName: "listenerRegistered", data: true, pingData: ping }, true);
  };
</script>`;

const GTAG = `<script>window.dataLayer = window.dataLayer || []; function gtag() { dataLayer.push(arguments); }</script>`;

useSite({
  "/": html(`<h1>Home</h1>`),
  "/tcf": html("TCF", TCF + tagWith(`data-use="tcf"`)),
  "/gpp": html("GPP", GPP + tagWith(`data-use="gpp"`)),
  "/mode": html(
    "Consent Mode",
    `${GTAG}<script>gtag("consent", "default", { analytics_storage: "granted", ad_storage: "granted", ad_user_data: "granted" });</script>${tagWith(`data-use="consent-mode"`)}`,
  ),
  "/out": html("Out", tagWith(`data-use="consent-mode-out"`)),
  "/in-and-out": html("In and out", GTAG + tagWith(`data-use="consent-mode consent-mode-out"`)),
  "/own-default": html(
    "Own default",
    `${GTAG}<script>gtag("consent", "default", { ad_storage: "denied" });</script>${tagWith(`data-use="consent-mode-out"`)}`,
  ),
  "/both": html("Both", GTAG + TCF + tagWith(`data-use="tcf consent-mode"`)),
});

const api = <T>(work: (doorstep: Api["doorstep"]) => T) =>
  page.evaluate(`(${work.toString()})(window.doorstep)`) as Promise<T>;
const inPage = (code: string) => page.evaluate(code);

describe("a consent manager with the TCF", () => {
  it("decides once the visitor has, and the door hears of changes alone", async () => {
    await page.goto(`${origin}/tcf`);
    // The manager comes later than the script.
    await settle(600);
    await inPage(`cmp.start()`);
    await settle(600);
    expect(door.choices).toEqual([]);

    await inPage(`cmp.say("useractioncomplete", [1, 3, 4, 5, 6, 8, 9, 10])`);
    await arrives("page_view");
    expect(door.choices).toEqual([ALL]);

    await inPage(`cmp.say("useractioncomplete", [1, 3, 4, 5, 6, 8, 9, 10])`);
    await settle(300);
    expect(door.choices).toHaveLength(1);

    // Without storage nothing is left.
    await inPage(`cmp.say("useractioncomplete", [3, 4, 5, 6, 8, 9, 10])`);
    await eventually(() => expect(door.choices).toHaveLength(2));
    expect(door.choices[1]).toEqual({ analytics: "denied", marketing: "denied", personalization: "denied" });
    await track("login");
    await settle(1_300);
    expect(accepted("login")).toEqual([]);
  });

  it("is not repeated to the door on the next page", async () => {
    await openDecided("/tcf", { analytics: "granted", marketing: "denied", personalization: "denied" });
    await inPage(`cmp.start(); cmp.say("tcloaded", [1, 8, 9, 10])`);
    await arrives("page_view");
    await settle(600);
    expect(door.consentCalls).toEqual([]);
  });

  it("leaves the regime's default where its law does not apply", async () => {
    door.byDefault = ALL;
    await page.goto(`${origin}/tcf`);
    await inPage(`cmp.start(); cmp.say("tcloaded", [], { gdprApplies: false, purpose: undefined })`);
    await arrives("page_view");
    expect(door.choices).toEqual([]);
  });

  it("that takes a grant back before the door has answered ends with the denial", async () => {
    await page.goto(`${origin}/tcf`);
    await page.route("**/consent", async (route) => {
      if (route.request().method() === "PUT") await settle(700);
      await route.continue();
    });
    await inPage(`cmp.start()`);
    await settle(600);
    await inPage(`cmp.say("useractioncomplete", [1, 3, 4, 5, 6, 8, 9, 10])`);
    await settle(200);
    await inPage(`cmp.say("useractioncomplete", [])`);
    await eventually(() => expect(door.choices).toHaveLength(2));
    await eventually(async () =>
      expect(await api((doorstep) => doorstep.consent.get()?.purposes)).toEqual(DENIED),
    );
    await settle(1_300);
    expect(accepted()).toEqual([]);
    expect(await api((doorstep) => doorstep.consent.get()?.purposes)).toEqual(DENIED);
  });
});

describe("a consent manager that gives its string", () => {
  const decide = (status: string, tcString: string, purposes: number[]) =>
    inPage(`cmp.say("${status}", ${JSON.stringify(purposes)}, { tcString: "${tcString}" })`);

  it("is told to the door as it is, and what the door reads in it counts", async () => {
    door.reads = GRANTED;
    await page.goto(`${origin}/tcf`);
    await inPage(`cmp.start()`);
    await settle(600);
    // The door's rules differ from the script's: this is no grant for the script.
    await decide("useractioncomplete", "CQfirst", [1]);
    await arrives("page_view");
    expect(door.bodies).toEqual([{ choices: {}, tcf: "CQfirst" }]);
    expect(await api((doorstep) => doorstep.consent.get()?.purposes)).toEqual(GRANTED);
  });

  it("is not told again with the next page, and is when the visitor changes it", async () => {
    door.reads = GRANTED;
    await page.goto(`${origin}/tcf`);
    await inPage(`cmp.start()`);
    await settle(600);
    await decide("useractioncomplete", "CQfirst", [1]);
    await eventually(() => expect(door.bodies).toHaveLength(1));
    await page.goto(`${origin}/tcf`);
    await inPage(`cmp.start()`);
    await decide("tcloaded", "CQfirst", [1]);
    await settle(800);
    expect(door.bodies).toHaveLength(1);
    door.reads = DENIED;
    await decide("useractioncomplete", "CQsecond", []);
    await eventually(() => expect(door.bodies.at(-1)).toEqual({ choices: {}, tcf: "CQsecond" }));
    await eventually(async () =>
      expect(await api((doorstep) => doorstep.consent.get()?.purposes)).toEqual(DENIED),
    );
  });

  it("that refuses everything acts before the door has answered", async () => {
    await openDecided("/tcf", ALL);
    await inPage(`cmp.start()`);
    door.answerConsent = () => 503;
    await decide("useractioncomplete", "CQnothing", []);
    await eventually(async () =>
      expect(await api((doorstep) => doorstep.consent.get()?.purposes)).toEqual(DENIED),
    );
  });

  it("and another manager's refusal go to the door together", async () => {
    door.reads = GRANTED;
    await page.goto(`${origin}/both`);
    await inPage(`gtag("consent", "update", { ad_storage: "denied" }); cmp.start()`);
    await decide("useractioncomplete", "CQboth", [1, 3, 4, 8, 9, 10]);
    await eventually(() =>
      expect(door.bodies.at(-1)).toEqual({
        choices: {},
        tcf: "CQboth",
        purposes: { marketing: "denied" },
      }),
    );
  });

  it("of the GPP is the evidence of an objection", async () => {
    door.byDefault = ALL;
    door.reads = ALL;
    await page.goto(`${origin}/gpp`);
    await arrives("page_view");
    await inPage(`cmp({ SaleOptOut: 1 }, "ready", "DBABLA~BVQqAAAAAgA")`);
    await eventually(() =>
      expect(door.bodies).toEqual([
        { choices: {}, gpp: "DBABLA~BVQqAAAAAgA", gpp_sid: [7], purposes: { marketing: "denied" } },
      ]),
    );
  });
});

describe("a banner of the site's own", () => {
  it("has asked for nothing that a consent manager said just before it, and keeps what it asked before that", async () => {
    await page.goto(`${origin}/mode`);
    await eventually(() => expect(door.consentCalls).toEqual(["GET"]));
    await settle(300);
    door.answerConsent = () => 503;
    await inPage(`gtag("consent", "update", { ad_storage: "granted", ad_user_data: "granted" })`);
    await eventually(() => expect(door.consentCalls).toContain("PUT"));
    await api((doorstep) => void doorstep.consent.set({ analytics: true }));
    await api((doorstep) => void doorstep.consent.set({ personalization: true }));
    door.answerConsent = () => 200;
    await eventually(() => expect(door.bodies).toHaveLength(1));
    expect(door.bodies[0]).toMatchObject({ purposes: ALL });
    expect(door.bodies[0]?.choices).toEqual({ analytics: true, personalization: true });
  });

  it("names its version, and what the visitor was asked about", async () => {
    await openGranted("/");
    await api((doorstep) => doorstep.consent.set({ analytics: false }, { evidence: { banner: "v12" } }));
    expect(door.bodies).toEqual([
      {
        purposes: { ...GRANTED, analytics: "denied" },
        choices: { analytics: false },
        evidence: { banner: "v12" },
      },
    ]);
  });
});

describe("a consent manager with the GPP", () => {
  it("takes marketing away, and gives back only what was taken back here", async () => {
    door.byDefault = ALL;
    await page.goto(`${origin}/gpp`);
    await arrives("page_view");
    await inPage(`cmp({ SaleOptOut: 1, SharingOptOut: 2, TargetedAdvertisingOptOut: 2 }, "not ready")`);
    await inPage(`cmp({ SaleOptOut: 2, SharingOptOut: 2, TargetedAdvertisingOptOut: 0 })`);
    await settle(500);
    expect(door.choices).toEqual([]);
    await inPage(`cmp({ SaleOptOut: 2, SharingOptOut: 1, TargetedAdvertisingOptOut: 2 })`);
    await eventually(() => expect(door.choices).toEqual([{ ...ALL, marketing: "denied" }]));
    await inPage(`cmp({ SaleOptOut: 2, SharingOptOut: 2, TargetedAdvertisingOptOut: 2 })`);
    await eventually(() => expect(door.choices[1]).toEqual(ALL));
  });

  it("grants nothing that was denied elsewhere", async () => {
    await openDecided("/gpp", { ...ALL, marketing: "denied" });
    await inPage(`cmp({ SaleOptOut: 2, SharingOptOut: 2, TargetedAdvertisingOptOut: 2 })`);
    await settle(800);
    expect(door.choices).toEqual([]);
  });
});

describe("Google's Consent Mode", () => {
  it("counts updates, not defaults", async () => {
    await page.goto(`${origin}/mode`);
    await settle(800);
    expect(door.choices).toEqual([]);
    await inPage(`gtag("consent", "update", { analytics_storage: "granted", ad_storage: "granted" })`);
    await eventually(() =>
      expect(door.choices).toEqual([
        { analytics: "granted", marketing: "denied", personalization: "denied" },
      ]),
    );
    await inPage(
      `gtag("consent", "update", { ad_user_data: "granted", personalization_storage: "granted" })`,
    );
    await eventually(() => expect(door.choices[1]).toEqual(ALL));
    await inPage(`gtag("consent", "update", { analytics_storage: "denied", ad_storage: "denied" })`);
    await eventually(() =>
      expect(door.choices[2]).toEqual({
        analytics: "denied",
        marketing: "denied",
        personalization: "granted",
      }),
    );
  });

  it("and the TCF have to agree, where a site has both", async () => {
    await page.goto(`${origin}/both`);
    await inPage(`cmp.start()`);
    await inPage(`cmp.say("tcloaded", [1, 3, 4, 8, 9, 10])`);
    await eventually(() => expect(door.choices).toEqual([GRANTED]));
    await inPage(`gtag("consent", "update", { ad_storage: "denied", personalization_storage: "granted" })`);
    await eventually(() => expect(door.choices[1]).toEqual({ ...GRANTED, marketing: "denied" }));
    await settle(300);
    expect(door.choices).toHaveLength(2);
  });

  it("does not speak over Global Privacy Control", async () => {
    await page.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, "globalPrivacyControl", { value: true });
    });
    await page.goto(`${origin}/mode`);
    const update = { analytics_storage: "granted", ad_storage: "granted", ad_user_data: "granted" };
    await inPage(`gtag("consent", "update", ${JSON.stringify(update)})`);
    await eventually(() =>
      expect(door.choices).toEqual([
        { analytics: "granted", marketing: "denied", personalization: "denied" },
      ]),
    );
    // The site's own banner is the visitor's explicit word.
    await choose({ marketing: true });
    expect(door.choices[1]).toEqual(GRANTED);
  });
});

describe("Google's tags", () => {
  const commands = () =>
    page.evaluate(() =>
      (window as unknown as { dataLayer: ArrayLike<unknown>[] }).dataLayer
        .filter((entry) => entry[0] === "consent")
        .map((entry) => [Object.prototype.toString.call(entry), entry[1], entry[2]]),
    );
  const types = (ads: string, analytics: string, personal: string) => ({
    ad_storage: ads,
    ad_user_data: ads,
    ad_personalization: ads,
    analytics_storage: analytics,
    personalization_storage: personal,
    functionality_storage: personal,
  });
  const ARGUMENTS = "[object Arguments]";

  it("are told what the visitor has consented to, from denials on, and hear of every change", async () => {
    await page.goto(`${origin}/out`);
    await eventually(async () => expect(await commands()).toHaveLength(2));
    await choose({ analytics: true });
    expect(await commands()).toEqual([
      [ARGUMENTS, "default", { ...types("denied", "denied", "denied"), wait_for_update: 500 }],
      [ARGUMENTS, "update", types("denied", "denied", "denied")],
      [ARGUMENTS, "update", types("denied", "granted", "denied")],
    ]);
  });

  it("do not hear their own echo: what was told is no consent manager's word", async () => {
    await page.goto(`${origin}/in-and-out`);
    await eventually(async () => expect(await commands()).not.toHaveLength(0));
    await settle(300);
    const before = (await commands()).length;
    await inPage(`gtag("consent", "update", { analytics_storage: "granted" })`);
    await eventually(async () => expect(await commands()).toHaveLength(before + 2));
    await choose({ marketing: true, analytics: false });
    await eventually(() => expect(door.choices).toHaveLength(2));
    await settle(600);
    expect(door.choices).toHaveLength(2);
    // The page's own command, and one of ours for each decision.
    expect(await commands()).toHaveLength(before + 3);
  });

  it("keep the page's own default", async () => {
    await page.goto(`${origin}/own-default`);
    await eventually(async () => expect(await commands()).toHaveLength(2));
    expect((await commands())[0]).toEqual([ARGUMENTS, "default", { ad_storage: "denied" }]);
  });
});
