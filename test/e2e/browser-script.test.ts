/**
 * The browser script in a real Chromium, part one of five: consent. What is recorded, delivery and how it behaves as a
 * guest of the page are in the files beside this one. Only the script's own behaviour is tested; the door behind it has its
 * own tests.
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
  page,
  pageErrors,
  settle,
  stored,
  track,
  useSite,
} from "../setup/browser-page.ts";

useSite({
  "/": html(`<h1>Home</h1><a href="/second">Second</a>`),
  "/second": html(`<h1>Second</h1>`),
});

const storedKeys = () => page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]);

describe("consent", () => {
  it("sends and stores nothing before the visitor has decided", async () => {
    await page.goto(`${origin}/`);
    await track("login");
    await settle(1_500);
    expect(door.consentCalls).toEqual(["GET"]);
    expect(door.posts).toEqual([]);
    expect(await storedKeys()).toEqual([]);
  });

  it("sends what waited, once, when consent is granted, and spares the next page the question", async () => {
    await page.goto(`${origin}/`);
    await settle(200);
    await choose({ analytics: true });
    const [view] = await arrives("page_view");
    expect(view).toMatchObject({
      properties: { content: { content_id: "first-winter", content_type: "article" } },
      context: { page: { url: `${origin}/`, title: "A page", referrer: "" }, locale: "nb-NO" },
    });
    expect(view?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(door.posts[0]).toMatchObject({
      writeKey: "wk_demo",
      sentAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    await settle(1_300);
    expect(door.posts).toHaveLength(1);
    expect(door.decision).toEqual({ analytics: "granted", marketing: "denied", personalization: "denied" });

    await page.goto(`${origin}/second`);
    await arrives("page_view", 2);
    expect(door.consentCalls).toEqual(["GET", "PUT"]);
    await eventually(async () => expect(await stored()).toEqual([]));
  });

  it("drops what waited when consent is denied, and records nothing more", async () => {
    await page.goto(`${origin}/`);
    await choose({ analytics: false });
    await track("login");
    await settle(1_300);
    await choose({ analytics: true });
    await settle(1_300);
    expect(door.posts).toEqual([]);
  });

  it("keeps the first 50 events in memory, no more", async () => {
    await page.goto(`${origin}/`);
    for (let n = 0; n < 60; n++) await track("login", { n });
    await choose({ analytics: true });
    await eventually(() => expect(accepted()).toHaveLength(50));
    expect(accepted().map((event) => event.name)[0]).toBe("page_view");
  });

  it.each([
    ["one purpose", { marketing: false }, { ...GRANTED, marketing: "denied" }, 1],
    ["everything", { analytics: false, marketing: false, personalization: false }, DENIED, 0],
  ])(
    "that is denied %s before it knows what holds has that recorded, and sends what waited as the rest allows",
    async (_what, choices, recorded, views) => {
      door.byDefault = GRANTED;
      door.answerConsent = (method) => (method === "GET" ? 503 : 200);
      await page.goto(`${origin}/`);
      await choose(choices);
      await eventually(() => expect(door.decision).toEqual(recorded));
      await settle(1_300);
      expect(accepted("page_view")).toHaveLength(views);
    },
  );

  it("that is made in two parts before it knows what holds is one", async () => {
    door.byDefault = GRANTED;
    door.answerConsent = (method) => (method === "GET" ? 503 : 200);
    await page.goto(`${origin}/`);
    await page.evaluate(() => {
      const { consent } = (window as never as Api).doorstep;
      void consent.set({ analytics: false });
      return consent.set({ marketing: false });
    });
    expect(door.bodies).toEqual([{ choices: { analytics: false, marketing: false } }]);
    expect(door.decision).toEqual({ ...GRANTED, analytics: "denied", marketing: "denied" });
  });

  it("waits for the server's answer to a grant, through failures", async () => {
    let attempts = 0;
    door.answerConsent = (method) => (method === "PUT" && ++attempts < 2 ? 503 : 200);
    await page.goto(`${origin}/`);
    await choose({ analytics: true });
    expect(attempts).toBe(2);
    await arrives("page_view");
  });

  it("clears the stored queue when consent is withdrawn, without waiting for the server", async () => {
    await openGranted("/");
    await arrives("page_view");
    door.answerEvents = () => ({ status: 503 });
    await track("login");
    await eventually(async () => expect(await stored()).toHaveLength(1));
    door.answerConsent = () => 503;
    await page.evaluate(() => {
      void (window as never as Api).doorstep.consent.set({ analytics: false, marketing: false });
    });
    // But what they said, until the door has answered.
    expect(await storedKeys()).toEqual(["ds_d"]);
    await settle(500);
    door.answerEvents = () => ({ status: 202 });
    await track("purchase");
    await settle(2_500);
    expect(accepted("login")).toEqual([]);
    expect(accepted("purchase")).toEqual([]);
    expect(door.consentCalls.filter((method) => method === "PUT").length).toBeGreaterThan(1);
    // The next page may not go on with the cookie of the decision that was withdrawn.
    expect((await context.cookies()).filter((cookie) => cookie.name === "ds_consent")).toEqual([]);
  });

  const cookies = async () => (await context.cookies()).filter(({ name }) => name === "ds_consent");
  const begin = (choices: Record<string, boolean>) =>
    page.evaluate((c) => void (window as never as Api).doorstep.consent.set(c), choices);

  it("lets no event go on with what was just taken back, although the door has not heard of it yet", async () => {
    await openGranted("/");
    await arrives("page_view");
    door.answerConsent = () => 503;
    await begin({ marketing: false });
    await track("purchase");
    const [purchase] = await arrives("purchase");
    expect(purchase?.consent).toEqual({ ...DENIED, analytics: "granted" });
    // If the page goes now, the next one may not go on with the cookie that still grants it.
    await eventually(async () => expect(await cookies()).toEqual([]));
    // A second decision on top of it takes nothing of it away.
    await begin({ personalization: true });
    await track("login");
    const [login] = await arrives("login");
    expect(login?.consent).toEqual({ analytics: "granted", marketing: "denied", personalization: "granted" });
    door.answerConsent = () => 200;
    await eventually(() => expect(door.choices).toHaveLength(1));
    await eventually(async () => expect(await cookies()).toHaveLength(1));
    await track("search", { search_term: "gloves" });
    const [search] = await arrives("search");
    expect(search?.consent).toBeUndefined();
  });

  it("lets no event go on with what was taken back where the door refuses to record it", async () => {
    await openGranted("/");
    await arrives("page_view");
    door.answerConsent = () => 400;
    await choose({ marketing: false });
    expect(await storedKeys()).not.toContain("ds_d");
    await track("purchase");
    const [purchase] = await arrives("purchase");
    expect(purchase?.consent).toEqual({ ...DENIED, analytics: "granted" });
    expect(await cookies()).toEqual([]);
  });

  it("keeps the decision that is on record where one that only adds to it cannot be recorded", async () => {
    await openDecided("/", DENIED);
    door.answerConsent = () => 503;
    await begin({ analytics: true });
    await eventually(() => expect(door.consentCalls).toContain("PUT"));
    await settle(200);
    expect(await cookies()).toHaveLength(1);
  });

  it("follows a withdrawal in another tab", async () => {
    await openGranted("/");
    await arrives("page_view");
    const other = await context.newPage();
    await other.goto(`${origin}/second`);
    await arrives("page_view", 2);
    await other.evaluate(() =>
      (window as never as Api).doorstep.consent.set({
        analytics: false,
        marketing: false,
        personalization: false,
      }),
    );
    await track("purchase");
    await settle(1_300);
    expect(accepted("purchase")).toEqual([]);
    expect(await page.evaluate(() => (window as never as Api).doorstep.consent.get()?.purposes)).toEqual(
      DENIED,
    );
  });

  it("tells its listeners, and outlives one that throws", async () => {
    await page.goto(`${origin}/`);
    await page.evaluate(() => {
      const { consent } = (window as never as Api).doorstep;
      const heard: boolean[] = [];
      Object.assign(window, { heard });
      consent.onChange(() => {
        throw new Error("the page's own mistake");
      });
      const stop = consent.onChange(() => heard.push(false));
      stop();
      consent.onChange((state) => heard.push(state.explicit));
    });
    await choose({ analytics: true });
    await arrives("page_view");
    expect(await page.evaluate(() => (window as never as { heard: boolean[] }).heard.at(-1))).toBe(true);
    expect(
      await page.evaluate(() => (window as never as { heard: boolean[] }).heard.length),
    ).toBeLessThanOrEqual(2);
    expect(pageErrors).toEqual([]);
  });

  it.each([
    ["an expired", { p: "am", r: "gdpr", t: 1, x: 2 }],
    ["a broken", { nonsense: true }],
  ])("asks the server in spite of %s cookie", async (_, payload) => {
    const value = `1.${Buffer.from(JSON.stringify(payload)).toString("base64url")}.sig`;
    await context.addCookies([{ name: "ds_consent", value, url: origin }]);
    await page.goto(`${origin}/`);
    await settle(1_300);
    expect(door.consentCalls).toEqual(["GET"]);
    expect(door.posts).toEqual([]);
  });
});
