/**
 * The browser script in a real Chromium: how what it recorded reaches the door, in an outage too.
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
  settle,
  stored,
  track,
  useSite,
} from "../setup/browser-page.ts";

useSite({
  "/": html(`<h1>Home</h1><a href="/second">Second</a>`),
  "/second": html(`<h1>Second</h1>`),
});

/** How long the events of a request waited in the page, by its clock: ms. */
const waited = (post: (typeof door.posts)[number] | undefined): number =>
  Date.parse(post?.sentAt ?? "") - Date.parse(post?.events[0]?.occurred_at ?? "");

describe("delivery", () => {
  it("sends five events at once, and fewer within a second", async () => {
    await openGranted("/");
    await arrives("page_view");
    await page.evaluate(() => {
      for (let n = 0; n < 5; n++) (window as never as Api).doorstep.track("login");
    });
    await arrives("login", 5);
    expect(door.posts).toHaveLength(2);
    expect(waited(door.posts[1])).toBeLessThan(700);
    await page.evaluate(() => {
      for (let n = 0; n < 3; n++) (window as never as Api).doorstep.track("add_to_cart");
    });
    await arrives("add_to_cart", 3);
    expect(door.posts).toHaveLength(3);
    expect(waited(door.posts[2])).toBeLessThan(2_000);
  });

  it("loses nothing when the visitor leaves at once", async () => {
    await openGranted("/");
    for (let n = 0; n < 5; n++) {
      await page.evaluate(() => (window as never as Api).doorstep.track("add_to_cart"));
      await page.goto(`${origin}/second?${n}`);
    }
    await page.evaluate(() => (window as never as Api).doorstep.track("login"));
    await page.close();
    await arrives("login");
    expect(accepted("add_to_cart")).toHaveLength(5);
    expect(accepted("page_view")).toHaveLength(6);
  });

  it("uses a beacon where requests cannot outlive the page, and sends its events again with the same ids", async () => {
    await page.addInitScript(() => {
      delete (Request.prototype as { keepalive?: boolean }).keepalive;
    });
    await openGranted("/");
    await arrives("page_view");
    await track("login");
    await page.goto(`${origin}/second`);
    await arrives("login");
    expect(door.posts[1]?.type).toMatch(/^text\/plain/);
    await arrives("page_view", 2);
    expect(door.posts[2]?.events.map((event) => event.name)).toEqual(["login", "page_view"]);
    await eventually(async () => expect(await stored()).toEqual([]));
  });

  it("sends again what a 503 did not take, with the same ids", async () => {
    let failures = 0;
    door.answerEvents = () => ({ status: ++failures <= 2 ? 503 : 202 });
    await openGranted("/");
    await arrives("page_view", 1, 10_000);
    expect(door.posts.map((post) => post.status)).toEqual([503, 503, 202]);
    expect(new Set(door.posts.flatMap((post) => post.events.map((event) => event.id))).size).toBe(1);
    await eventually(async () => expect(await stored()).toEqual([]));
  });

  it("sends again after a reload what a 503 did not take", async () => {
    door.answerEvents = () => ({ status: 503 });
    await openGranted("/");
    await track("login");
    await eventually(() => expect(door.posts.length).toBeGreaterThan(0));
    const [first] = await stored();
    door.answerEvents = () => ({ status: 503, retryAfter: "60" });
    await page.reload();
    await eventually(async () => expect((await stored()).length).toBeGreaterThan(2));
    door.answerEvents = () => ({ status: 202 });
    await page.reload();
    await arrives("login");
    expect(accepted().map((event) => event.id)).toContain(first?.id);
    await arrives("page_view", 3);
    await eventually(async () => expect(await stored()).toEqual([]));
  });

  it("waits as long as Retry-After says, also when the page is left", async () => {
    door.answerEvents = () => ({ status: 429, retryAfter: "3" });
    await openGranted("/");
    await eventually(() => expect(door.posts).toHaveLength(1));
    door.answerEvents = () => ({ status: 202 });
    await page.evaluate(() => dispatchEvent(new Event("pagehide")));
    await settle(2_000);
    expect(door.posts).toHaveLength(1);
    await arrives("page_view");
  });

  it("does not send again what a 400 refused", async () => {
    door.answerEvents = () => ({ status: 400 });
    await openGranted("/");
    await eventually(() => expect(door.posts).toHaveLength(1));
    await eventually(async () => expect(await stored()).toEqual([]));
    await settle(2_500);
    expect(door.posts).toHaveLength(1);
    door.answerEvents = () => ({ status: 202 });
    await track("login");
    await arrives("login");
    expect(accepted("page_view")).toEqual([]);
  });

  it("lets one tab at a time try during an outage, and loses no tab's events", async () => {
    door.answerEvents = () => ({ status: 503 });
    await openGranted("/");
    const others = await Promise.all([1, 2, 3].map(() => context.newPage()));
    for (const other of others) await other.goto(`${origin}/second`);
    await settle(4_000);
    const attempts = door.posts.length;
    // One tab's backoff allows three or four tries in this time; without the lock it is ten.
    expect(attempts).toBeLessThanOrEqual(5);
    door.answerEvents = () => ({ status: 202 });
    await page.bringToFront();
    await arrives("page_view", 4, 15_000);
    await eventually(async () => expect(await stored()).toEqual([]));
  }, 120_000);

  it("bounds what it stores", async () => {
    door.answerEvents = () => ({ status: 503 });
    await openGranted("/");
    await page.evaluate(() => {
      for (let n = 0; n < 130; n++) (window as never as Api).doorstep.track("login", { n });
    });
    expect(await stored()).toHaveLength(100);
    await page.evaluate(() => {
      for (let n = 0; n < 5; n++)
        (window as never as Api).doorstep.track("login", { text: "ø".repeat(10_000) });
    });
    expect(Buffer.byteLength(JSON.stringify(await stored()))).toBeLessThanOrEqual(60_000);
    expect((await stored()).length).toBeGreaterThan(1);
  });
});
