/**
 * What the browser script can besides the core, in a real Chromium: names and paths of the site's choice, the second
 * file and its features, signed tokens, being offline, and pages that make it hard. The consent managers here are small
 * scripts of the page that follow the IAB's published APIs.
 */
import { describe, expect, it } from "vitest";
import {
  type Api,
  accepted,
  arrives,
  choose,
  context,
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
  pageErrors,
  requested,
  settle,
  stored,
  TAG,
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
const ITEM = `{ item_id: "wool-gloves", item_name: "Wool gloves", item_category: "winter", price: "39.00", quantity: 2 }`;

const strict = (script: string, tag: string) => ({
  html: html("<p>Strict</p>".repeat(100), tag),
  headers: {
    "content-security-policy": `default-src 'self'; script-src ${script}; require-trusted-types-for 'script'; trusted-types 'none'`,
  },
});

useSite({
  "/": html(`<h1>Home</h1>`),
  "/long": html(`<div style="height:5000px">Long</div>`),
  "/none": html(`<div style="height:5000px">Long</div>`, tagWith(`data-use=""`)),
  "/missing": html("Missing", tagWith(`data-use="datalayer" data-more="/not-there.mjs"`)),
  "/unknown": html("Unknown", tagWith(`data-use="scrol"`)),
  "/renamed": html(
    `<div style="height:5000px">Long</div>`,
    `<script>window.acme = [["track", "login", { method: "password" }]]</script>
     <script src="/assets/m/core.js" data-write-key="wk_demo" data-name="acme" data-events="/e" data-consent="/c"
       data-more="/more.js" defer></script>`,
  ),
  "/twice": html("Twice", TAG + tagWith(`data-name="other"`)),
  "/self": strict("'self'", tagWith(`data-use="scroll,ecommerce"`)),
  "/nonce": strict("'nonce-r4nd0m' 'strict-dynamic'", tagWith(`data-use="scroll,ecommerce" nonce="r4nd0m"`)),
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
  "/shop": html(
    "Shop",
    `${GTAG}<script>
      dataLayer.push({ ecommerce: null });
      dataLayer.push({ event: "view_item", ecommerce: { currency: "eur", value: 39, items: [${ITEM}] } });
      gtag("event", "begin_checkout", { currency: "EUR", value: 78, items: [${ITEM}] });
      gtag("js", new Date());
      gtag("config", "G-XXXX");
    </script>${tagWith(`data-use="datalayer"`)}`,
  ),
  "/own-layer": html("Own layer", tagWith(`data-use="datalayer" data-layer="shopData"`)),
  "/form": html(`
    <form id="lead" data-doorstep-form="lead" data-doorstep-fields="email">
      <input name="email" value="ida@example.com"><input name="iban" value="NO9386011117947">
      <textarea name="message">please-call-me</textarea>
      <select name="size"><option value="extra-large">XL</option></select>
      <input type="hidden" name="csrf" value="c5rf-t0ken"><input type="checkbox" name="terms" value="accepted-v7" checked>
      <input type="password" name="pin" value="p1n-4711"><button name="how" value="by-button">Send</button>
    </form>`),
  "/clobbered": html(
    `<form name="title"></form><form name="referrer"></form><img name="cookie" alt=""><a id="doorstep">x</a>
     <a href="#" data-doorstep-click="go">Go</a>`,
  ),
});

const api = <T>(work: (doorstep: Api["doorstep"]) => T) =>
  page.evaluate(`(${work.toString()})(window.doorstep)`) as Promise<T>;
const inPage = (code: string) => page.evaluate(code);
const pathsAsked = () => requested.map((url) => new URL(url).pathname);

describe("names and paths", () => {
  it("are all the site's to choose", async () => {
    await page.goto(`${origin}/renamed`);
    await inPage(`acme.consent.set({ analytics: true })`);
    await arrives("page_view");
    expect((await arrives("login"))[0]?.properties).toEqual({ method: "password" });
    await page.mouse.wheel(0, 9_000);
    await arrives("scroll", 4);
    expect(await inPage(`typeof doorstep`)).toBe("undefined");
    expect([...new Set(pathsAsked())].sort()).toEqual(
      ["/assets/m/c", "/assets/m/core.js", "/assets/m/e", "/assets/m/more.js", "/renamed"].sort(),
    );
  });

  it("load once, also under two names", async () => {
    await openGranted("/twice");
    await page.addScriptTag({ url: "/doorstep.js?again" });
    await inPage(`import("/doorstep-more.js")`);
    await settle(1_500);
    expect(accepted("page_view")).toHaveLength(1);
    expect(pageErrors).toEqual([]);
  });
});

describe("the second file", () => {
  it("is loaded when somebody scrolls, and only then", async () => {
    await openGranted("/long");
    await arrives("page_view");
    expect(pathsAsked()).not.toContain("/doorstep-more.js");
    await page.mouse.wheel(0, 2_000);
    await arrives("scroll", 2);
    await page.mouse.wheel(0, 9_000);
    await arrives("scroll", 4);
    expect(pathsAsked().filter((path) => path === "/doorstep-more.js")).toHaveLength(1);
  });

  it("is not loaded where the site wants nothing of it", async () => {
    await openGranted("/none");
    await page.mouse.wheel(0, 9_000);
    await settle(800);
    expect(accepted("scroll")).toEqual([]);
    expect(pathsAsked()).not.toContain("/doorstep-more.js");
  });

  it("may be missing: the rest goes on", async () => {
    await openGranted("/missing");
    await api((doorstep) => doorstep.ecommerce("view_item", { item_id: "x" }));
    await track("login");
    await arrives("page_view");
    await arrives("login");
    expect(pageErrors).toEqual([]);
  });

  it("says what it does not know", async () => {
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    await openGranted("/unknown");
    await eventually(() => expect(said).toContainEqual(expect.stringContaining("data-use knows no scrol")));
  });

  it.each(["/self", "/nonce"])("passes the strict policy with Trusted Types of %s", async (path) => {
    const violations: string[] = [];
    page.on("console", (message) => message.type() === "error" && violations.push(message.text()));
    await openGranted(path);
    await page.mouse.wheel(0, 9_000);
    await arrives("scroll", 4);
    await api((doorstep) => doorstep.ecommerce("view_item", { items: [{ item_id: "wool-gloves" }] }));
    expect((await arrives("view_item"))[0]?.properties).toEqual({ product_id: "wool-gloves" });
    expect(violations).toEqual([]);
    expect(pageErrors).toEqual([]);
  });
});

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
    await settle(500);
    expect(await api((doorstep) => doorstep.consent.get()?.purposes)).toEqual({
      analytics: "denied",
      marketing: "denied",
      personalization: "denied",
    });
    await settle(1_300);
    expect(accepted()).toEqual([]);
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

describe("e-commerce", () => {
  const GLOVES = {
    product_id: "wool-gloves",
    name: "Wool gloves",
    category: "winter",
    price: 39,
    quantity: 2,
  };

  it("is read from the data layer: what was pushed before, what comes, and what gtag pushes", async () => {
    await openGranted("/shop");
    expect((await arrives("view_item"))[0]?.properties).toEqual({ ...GLOVES, value: 39, currency: "EUR" });
    expect((await arrives("begin_checkout"))[0]?.properties).toEqual({
      value: 78,
      currency: "EUR",
      items: [GLOVES],
    });

    await inPage(`dataLayer.push({ ecommerce: null }, { event: "scroll_banner" })`);
    const order = { transaction_id: 1001, value: 84.5, tax: "6.5", currency: "EUR", coupon: "" };
    await inPage(
      `dataLayer.push({ event: "purchase", ecommerce: { ...${JSON.stringify(order)}, items: [${ITEM}, { item_name: "Cap" }, {}] } })`,
    );
    expect((await arrives("purchase", 1, 900))[0]?.properties).toEqual({
      order_id: "1001",
      value: 84.5,
      tax: 6.5,
      currency: "EUR",
      items: [GLOVES, { product_id: "Cap", name: "Cap" }],
    });
    expect(await inPage(`dataLayer.length`)).toBe(8);
    expect(pageErrors).toEqual([]);
  });

  it("forgets with ecommerce: null, and only then", async () => {
    await openGranted("/own-layer");
    await eventually(async () => expect(await inPage(`Array.isArray(window.shopData)`)).toBe(true));
    await inPage(`shopData.push({ ecommerce: { currency: "EUR", items: [${ITEM}] } })`);
    await inPage(`shopData.push({ event: "view_cart", ecommerce: { value: 78 } })`);
    expect((await arrives("view_cart"))[0]?.properties).toEqual({
      value: 78,
      currency: "EUR",
      items: [GLOVES],
    });
    await inPage(`shopData.push({ ecommerce: null }); shopData.push({ event: "view_cart" })`);
    expect((await arrives("view_cart", 2))[1]?.properties).toEqual({});
  });

  it("survives what else a data layer holds", async () => {
    await openGranted("/own-layer");
    await eventually(async () => expect(await inPage(`Array.isArray(window.shopData)`)).toBe(true));
    await inPage(`
      const trap = {};
      Object.defineProperty(trap, "ecommerce", { get() { throw new Error("trap"); } });
      shopData.push(null, 7, "purchase", () => {}, [], ["event"], ["event", "purchase"], trap, Symbol("x"));
      shopData.push({ event: "constructor", ecommerce: "x" }, { event: "select_item", ecommerce: { items: 7 } });
    `);
    expect((await arrives("purchase"))[0]?.properties).toEqual({});
    expect((await arrives("select_item"))[0]?.properties).toEqual({});
    expect(pageErrors).toEqual([]);
  });

  it("can be called, in GA4's names or in ours", async () => {
    await openGranted("/");
    await api((doorstep) =>
      doorstep.ecommerce("add_to_cart", {
        currency: "EUR",
        items: [{ item_id: "cap", quantity: 1.5, price: -1 }, { item_id: "scarf" }],
      }),
    );
    expect((await arrives("add_to_cart"))[0]?.properties).toEqual({
      product_id: "cap",
      currency: "EUR",
      items: [{ product_id: "cap" }, { product_id: "scarf" }],
    });
    await track("purchase", { order_id: "A-1", value: 1, currency: "EUR" });
    expect((await arrives("purchase", 1, 900))[0]?.properties).toEqual({
      order_id: "A-1",
      value: 1,
      currency: "EUR",
    });
  });
});

describe("identify", () => {
  it("says who the visitor is, with the token that proves it", async () => {
    await openGranted("/");
    await api((doorstep) => {
      doorstep.identify("u-1", { traits: { email: "ida@example.com" }, token: "aaa.bbb.ccc" });
      doorstep.identify(77);
      doorstep.track("login", { method: "password" }, { userId: "u-1", token: "aaa.bbb.ccc" });
    });
    const [known, number] = await arrives("identify", 2);
    expect(known).toMatchObject({
      properties: {},
      user_id: "u-1",
      token: "aaa.bbb.ccc",
      traits: { email: "ida@example.com" },
    });
    expect(number).toMatchObject({ user_id: "77" });
    expect(number).not.toHaveProperty("token");
    expect((await arrives("login"))[0]).toMatchObject({ user_id: "u-1", token: "aaa.bbb.ccc" });
  });
});

describe("a network that goes and comes", () => {
  it("is waited for, and used at once when it is back", async () => {
    await openGranted("/");
    await arrives("page_view");
    await context.setOffline(true);
    for (let n = 0; n < 3; n++) await track("login", { n });
    // Long enough for the backoff to have grown to some seconds.
    await settle(6_000);
    expect(await stored()).toHaveLength(3);
    expect(accepted("login")).toEqual([]);
    await context.setOffline(false);
    await arrives("login", 3, 1_000);
    await eventually(async () => expect(await stored()).toEqual([]));
  });

  it("loses nothing of a page that was closed without it", async () => {
    await openGranted("/");
    await arrives("page_view");
    await context.setOffline(true);
    await track("purchase", { order_id: "A-1", value: 1, currency: "EUR" });
    await settle(200);
    await page.close();
    await context.setOffline(false);
    await (await context.newPage()).goto(`${origin}/`);
    await arrives("purchase");
    await arrives("page_view", 2);
  });

  it("comes back into a wait that the server wished for, which it does not end", async () => {
    door.answerEvents = () => ({ status: 429, retryAfter: "3" });
    await openGranted("/");
    await eventually(() => expect(door.posts).toHaveLength(1));
    door.answerEvents = () => ({ status: 202 });
    await inPage(`dispatchEvent(new Event("online"))`);
    await settle(1_500);
    expect(door.posts).toHaveLength(1);
    await arrives("page_view");
  });
});

describe("what a visitor typed", () => {
  it("never leaves and is never stored, but for listed traits", async () => {
    await openGranted("/form");
    await inPage(
      `document.getElementById("lead").addEventListener("submit", (event) => event.preventDefault())`,
    );
    const bodies: string[] = [];
    page.on("request", (request) => bodies.push(request.url(), request.postData() ?? ""));
    door.answerEvents = () => ({ status: 503 });
    await page.click("#lead button");
    await eventually(() => expect(bodies.join()).toContain("form_submit"));
    const kept = JSON.stringify(await stored());
    expect(kept).toContain("ida@example.com");
    for (const secret of ["NO938", "please-call", "extra-large", "c5rf", "accepted-v7", "p1n", "by-button"])
      expect(kept + bodies.join()).not.toContain(secret);
    door.answerEvents = () => ({ status: 202 });
    const [submit] = await arrives("form_submit");
    expect(submit?.properties.fields).toEqual(["email", "iban", "message", "size", "csrf", "terms"]);
  });
});

describe("a page that makes it hard", () => {
  it("may freeze the history, take the global and hide properties of the document", async () => {
    await page.addInitScript(() => {
      Object.freeze(history);
      Object.freeze(Object.prototype);
      Object.freeze(Array.prototype);
      Object.defineProperty(window, "doorstep", { value: "mine", writable: false, configurable: false });
      console.warn = () => {
        throw new Error("no console");
      };
    });
    await openGranted("/clobbered");
    await page.click("[data-doorstep-click]");
    await arrives("page_view");
    expect((await arrives("cta_click"))[0]?.properties).toMatchObject({ cta_id: "go" });
    await page.addScriptTag({ url: "/doorstep.js?again" });
    await settle(1_200);
    expect(accepted("page_view")).toHaveLength(1);
    expect(await inPage(`doorstep`)).toBe("mine");
    expect(pageErrors).toEqual([]);
  });

  it("may break fetch, beacons, locks and timeouts for a while", async () => {
    await page.addInitScript(() => {
      const { fetch } = window;
      Object.assign(window, {
        fetch: () => undefined,
        repair: () => Object.assign(window, { fetch }),
      });
      Object.defineProperty(navigator, "locks", {
        value: { request: () => Promise.reject(new Error("no")) },
      });
      Object.defineProperty(AbortSignal, "timeout", { value: undefined });
    });
    await openGranted("/");
    await track("login");
    await settle(500);
    expect(await stored()).toHaveLength(2);
    await inPage(`repair()`);
    await arrives("login");
    expect(pageErrors).toEqual([]);
  });
});
