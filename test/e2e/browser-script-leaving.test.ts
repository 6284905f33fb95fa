/**
 * The browser script in a real Chromium, part five: a decision whose page is left before the door has answered to it. With the
 * back-forward cache on, in which a page may come back with a request that was under way.
 */
import { describe, expect, it } from "vitest";
import { launchKeepingPages } from "../setup/browser.ts";
import {
  type Api,
  accepted,
  arrives,
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
  settle,
  track,
  useSite,
} from "../setup/browser-page.ts";

useSite(
  {
    "/": html(`<h1>Home</h1>
      <script>addEventListener("pageshow", ({ persisted }) => { window.isBack = persisted; });</script>`),
    "/second": html(`<h1>Second</h1>`),
  },
  launchKeepingPages,
);

const never = () => new Promise<number>(() => {});
const decide = (choices: Record<string, boolean>) =>
  page.evaluate((c) => void (window as never as Api).doorstep.consent.set(c), choices);
const kept = () => page.evaluate(() => sessionStorage.getItem("ds_d"));
const state = () => page.evaluate(() => (window as never as Api).doorstep.consent.get());
const puts = () => door.consentCalls.filter((method) => method === "PUT").length;

describe("a decision that was not answered before its page was left", () => {
  it("and could not even be sent is said by the next page", async () => {
    door.answerConsent = never;
    await page.goto(`${origin}/`);
    await eventually(() => expect(door.consentCalls).toEqual(["GET"]));
    await decide({ analytics: true, marketing: false });
    door.answerConsent = () => 200;
    await page.goto(`${origin}/second`);
    await eventually(() => expect(door.bodies).toEqual([{ choices: { analytics: true, marketing: false } }]));
    await arrives("page_view");
    await eventually(async () => expect(await kept()).toBeNull());
    expect(await state()).toMatchObject({ purposes: { ...DENIED, analytics: "granted" }, explicit: true });
    await page.goto(`${origin}/`);
    await arrives("page_view", 2);
    expect(puts()).toBe(1);
  });

  it.each([
    ["everything", { analytics: false, marketing: false, personalization: false }, DENIED, 1],
    ["one purpose", { marketing: false }, { ...GRANTED, marketing: "denied" }, 2],
  ] as const)("holds on the next page, where it takes back %s", async (_what, choices, decision, views) => {
    await openGranted("/");
    await arrives("page_view");
    door.answerConsent = never;
    await decide(choices);
    await eventually(() => expect(puts()).toBe(1));
    await page.goto(`${origin}/second`);
    await eventually(() => expect(puts()).toBe(2));
    await track("purchase");
    await settle(1_500);
    expect(accepted()).toHaveLength(1);
    expect(await state()).toBeNull();
    // Of two visitors one leaves again at once.
    door.answerConsent = () => 200;
    await page.goto(`${origin}/second`);
    await eventually(() => expect(door.decision).toEqual(decision));
    await settle(1_500);
    expect(accepted("page_view")).toHaveLength(views);
    expect(await kept()).toBeNull();
  });

  it("is not said again after a later one that was made elsewhere", async () => {
    await page.goto(`${origin}/`);
    await eventually(() => expect(door.consentCalls).toEqual(["GET"]));
    door.answerConsent = never;
    await decide({ analytics: true });
    await eventually(() => expect(puts()).toBe(1));
    // As the site's own page for it does, which loads no script.
    await openDecided("/second", DENIED);
    await settle(1_500);
    expect(puts()).toBe(1);
    expect(accepted()).toEqual([]);
    expect(await kept()).toBeNull();
    expect(await state()).toMatchObject({ purposes: DENIED, explicit: true });
  });

  it("takes what is added to it on the next page along", async () => {
    await openGranted("/");
    door.answerConsent = never;
    await decide({ marketing: false });
    await page.goto(`${origin}/second`);
    await eventually(() => expect(puts()).toBe(2));
    door.answerConsent = () => 200;
    await decide({ personalization: true });
    // The one before is still under way, and decisions arrive in order.
    await page.goto(`${origin}/second`);
    await eventually(() =>
      expect(door.decision).toEqual({
        analytics: "granted",
        marketing: "denied",
        personalization: "granted",
      }),
    );
  });

  it("is not repeated by a page that comes back once another has had it answered", async () => {
    await openGranted("/");
    await arrives("page_view");
    door.answerConsent = () => 503;
    await decide({ marketing: false });
    await eventually(() => expect(puts()).toBe(1));
    door.answerConsent = () => 200;
    await page.goto(`${origin}/second`);
    await eventually(() => expect(door.decision).toEqual({ ...GRANTED, marketing: "denied" }));
    await page.evaluate(() => (window as never as Api).doorstep.consent.set({ marketing: true }));
    expect(door.decision).toEqual(GRANTED);
    const before = puts();
    await page.goBack({ waitUntil: "commit" }); // nothing is loaded
    expect(await page.evaluate(() => (window as never as { isBack: boolean }).isBack)).toBe(true);
    await settle(3_000);
    expect(puts()).toBe(before);
    expect(door.decision).toEqual(GRANTED);
    await track("purchase");
    const [purchase] = await arrives("purchase");
    expect(purchase?.consent).toBeUndefined();
    expect((await context.cookies()).map(({ name }) => name)).toContain("ds_consent");
  });

  it("is no reason to stop where the tab keeps nonsense", async () => {
    await page.goto(`${origin}/`);
    for (const nonsense of ["", "{", "null", "{\n", "null\n"]) {
      await page.evaluate((text) => sessionStorage.setItem("ds_d", text), nonsense);
      await page.reload();
      await settle(300);
    }
    await page.evaluate(() => (window as never as Api).doorstep.consent.set({ analytics: true }));
    expect(door.decision).toEqual({ ...DENIED, analytics: "granted" });
    expect(await kept()).toBeNull();
  });
});
