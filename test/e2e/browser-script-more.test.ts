/**
 * What the browser script can besides the core, in a real Chromium: names and paths of the site's choice, the second file
 * and its features, signed tokens, being offline, and pages that make it hard. browser-script-managers.test.ts has what it
 * does beside consent managers.
 */
import { describe, expect, it } from "vitest";
import {
  type Api,
  accepted,
  arrives,
  context,
  door,
  eventually,
  html,
  openGranted,
  origin,
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
  "/inside": html(
    `<div id="list" style="height:200px;overflow:auto"><div style="height:5000px">Long</div></div>`,
  ),
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
    await arrives("page_view");
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

  it("reports no depth of a page that cannot scroll, whatever scrolls in it", async () => {
    await openGranted("/inside");
    await arrives("page_view");
    const scroll = (to: number) =>
      page.evaluate((top) => document.querySelector("#list")?.scrollTo(0, top), to);
    await scroll(900);
    await eventually(() => expect(pathsAsked()).toContain("/doorstep-more.js"));
    await settle(300);
    await scroll(1_800);
    await settle(1_500);
    expect(accepted("scroll")).toEqual([]);
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
    const back = Date.now();
    await context.setOffline(false);
    await arrives("login", 3);
    expect(Date.parse(door.posts.at(-1)?.sentAt ?? "") - back).toBeLessThan(1_000);
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
