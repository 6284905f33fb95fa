/**
 * The browser script in a real Chromium: what it records of clicks, forms, scrolling, slots and pages.
 */
import { describe, expect, it } from "vitest";
import {
  type Api,
  accepted,
  arrives,
  door,
  html,
  openGranted,
  origin,
  page,
  pageErrors,
  settle,
  TAG,
  tagWith,
  track,
  useSite,
} from "../setup/browser-page.ts";

useSite({
  "/": html(`<h1>Home</h1><a href="/second">Second</a>`),
  "/second": html(`<h1>Second</h1>`),
  "/actions": html(`
    <section data-doorstep-slot="hero" data-doorstep-offer="winter-hero" style="height:200px">
      <a id="cta" href="/second?from=cta" data-doorstep-click="hero-cta"><b>See   the skis</b></a>
    </section>
    <div id="host"></div>
    <form id="lead" data-doorstep-form="newsletter" data-doorstep-fields="email, first_name shoe_size secret">
      <input name="email" value="ida@example.com"><input name="first_name" value="Ida">
      <input name="last_name" value="Berg"><input name="shoe_size" value="43">
      <input name="secret" type="password" value="hunter2"><input name="elements" value="x"><button>Send</button>
    </form>
    <form id="bare" name="bare" data-doorstep-form><input name="email" value="ida@example.com"><button>Send</button></form>
    <form id="half" data-doorstep-form data-doorstep-fields="email"><input name="email" value="ida"><button>Send</button></form>
    <script src="/actions.js" defer></script>`),
  "/labels": html(
    `<p data-doorstep-click="size"><label for="m">Medium</label><input id="m" type="radio"></p>`,
  ),
  "/long": html(`<div style="height:5000px">Long</div>`),
  "/slots": html(`
    <div data-doorstep-slot="top" data-doorstep-offer="winter-hero" style="height:100px">Top</div>
    <div data-doorstep-slot="empty"></div>
    <div style="height:3000px"></div>
    <div id="below" data-doorstep-slot="below" style="height:100px">Below</div>
    <div style="height:3000px"></div>
    <div id="tall" data-doorstep-slot="tall" style="height:9000px">Tall</div>`),
  "/untyped": html(`
    <form data-doorstep-form="untyped" data-doorstep-fields="email first_name company phone">
      <input name="email" type="hidden" value="ida@example.com"><input name="first_name" type="checkbox" value="Ida">
      <input name="company" type="radio" value="A"><input name="company" type="radio" value="B" checked>
      <input name="phone" type="tel" value="+4790000000"><input name="phone" type="tel" value="">
      <input name="phone" type="tel" value="+4790000001"><button>Send</button>
    </form>
    <script>document.forms[0].addEventListener("submit", (event) => event.preventDefault());</script>`),
  "/beside": html("Beside another tracker", tagWith('data-pages="off"')),
  "/queue": html(
    "Queue",
    `<script>window.doorstep = [["track", "login", {"method": "password"}], ["nonsense"], ["consent.set", {"analytics": true}]]</script>${TAG}`,
  ),
  "/actions.js": `
    for (const form of document.forms) form.addEventListener("submit", (event) => { event.preventDefault(); event.stopPropagation(); });
    const root = document.getElementById("host").attachShadow({ mode: "open" });
    const button = document.createElement("button");
    button.dataset.doorstepClick = "shadowed";
    button.textContent = "In the shadow";
    root.append(button);`,
});

describe("what is recorded", () => {
  it("records a marked click with its label, link, slot and offer, at once", async () => {
    await openGranted("/actions");
    await page.click("#cta b", { modifiers: ["Control"] });
    const [click] = await arrives("cta_click", 1, 900);
    expect(click?.properties).toEqual({
      cta_id: "hero-cta",
      label: "See the skis",
      href: `${origin}/second?from=cta`,
      slot: "hero",
      offer: "winter-hero",
    });
  });

  it("records a click on a field's label once, and each of two clicks", async () => {
    await openGranted("/labels");
    await page.click("label");
    await arrives("cta_click", 1, 900);
    await page.click("label");
    await arrives("cta_click", 2);
    await settle(1_200);
    expect((await arrives("cta_click", 2)).map(({ properties }) => properties.cta_id)).toEqual([
      "size",
      "size",
    ]);
  });

  it("records a marked click in a shadow tree, and none outside of marked elements", async () => {
    await openGranted("/actions");
    await page.click("h1, #lead input");
    await page.click("#host button");
    const [click] = await arrives("cta_click");
    expect(click?.properties).toEqual({ cta_id: "shadowed", label: "In the shadow" });
  });

  it("records names of fields, and values only of listed traits", async () => {
    await openGranted("/actions");
    await page.click("#lead button");
    const [lead] = await arrives("form_submit", 1, 900);
    expect(lead?.properties).toEqual({
      form_id: "newsletter",
      fields: ["email", "first_name", "last_name", "shoe_size", "elements"],
    });
    expect(lead?.traits).toEqual({ email: "ida@example.com", first_name: "Ida" });

    await page.click("#bare button");
    await page.click("#half button");
    const [, bare, half] = await arrives("form_submit", 3);
    expect(bare).toMatchObject({ properties: { form_id: "bare", fields: ["email"] } });
    expect(bare?.traits).toBeUndefined();
    expect(half).toMatchObject({ properties: { form_id: "half", fields: ["email"] } });
    expect(half?.traits).toBeUndefined();
    for (const secret of ["hunter2", "Berg", "43"])
      expect(JSON.stringify(door.posts.map((p) => p.events))).not.toContain(`"${secret}"`);
  });

  it("reads no value that nobody typed, and of a field that is there twice what was typed last", async () => {
    await openGranted("/untyped");
    await page.click("button");
    const [form] = await arrives("form_submit");
    expect(form?.properties.fields).toEqual(["email", "first_name", "company", "phone"]);
    expect(form?.traits).toEqual({ phone: "+4790000001" });
  });

  it("leaves the page views to another tracker where the tag says so", async () => {
    await openGranted("/beside");
    await track("login");
    await page.evaluate(() => history.pushState({}, "", "/beside?second"));
    await settle(300);
    await track("share");
    await arrives("login");
    await arrives("share");
    expect(accepted("page_view")).toEqual([]);
    await page.evaluate(() => (window as never as Api).doorstep.page());
    await arrives("page_view");
  });

  it("records each depth of scrolling once per page", async () => {
    await openGranted("/long");
    await page.mouse.wheel(0, 2_000);
    await settle(400);
    await page.mouse.wheel(0, -2_000);
    await settle(400);
    await page.mouse.wheel(0, 9_000);
    const depths = await arrives("scroll", 4);
    expect(depths.map((event) => event.properties)).toEqual(
      [25, 50, 75, 100].map((percent) => ({ percent })),
    );
  });

  it("records an impression once half of a slot was visible for a second", async () => {
    await openGranted("/slots");
    await settle(600);
    expect(accepted("content_impression")).toEqual([]);
    const [first] = await arrives("content_impression");
    expect(first?.properties).toEqual({
      slot: "top",
      offer: "winter-hero",
      content: { content_id: "first-winter", content_type: "article" },
    });

    // Passed by too fast.
    await page.evaluate(() => document.getElementById("below")?.scrollIntoView({ block: "center" }));
    await settle(500);
    await page.evaluate(() => scrollTo(0, 0));
    await settle(1_300);
    expect(accepted("content_impression")).toHaveLength(1);

    // 300 px of a viewport of 800 are not half of it; 500 px are.
    const scrollTall = (visible: number) =>
      page.evaluate(
        (px) => scrollTo(0, (document.getElementById("tall")?.offsetTop ?? 0) - innerHeight + px),
        visible,
      );
    await scrollTall(300);
    await settle(2_300);
    expect(accepted("content_impression")).toHaveLength(1);
    await scrollTall(500);
    const seen = await arrives("content_impression", 2);
    expect(seen[1]?.properties).toMatchObject({ slot: "tall" });
  });

  it("records an impression of a slot that is filled later, and again when it gets another offer", async () => {
    await openGranted("/");
    await page.evaluate(() => {
      const slot = document.createElement("div");
      slot.id = "late";
      slot.dataset.doorstepSlot = "late";
      slot.dataset.doorstepOffer = "one";
      slot.textContent = "Late";
      document.body.appendChild(slot);
      // A page that never rests must not keep the second from passing.
      setInterval(() => document.body.append(""), 50);
    });
    await arrives("content_impression");
    await page.evaluate(() => document.getElementById("late")?.setAttribute("data-doorstep-offer", "two"));
    const seen = await arrives("content_impression", 2);
    expect(seen.map((event) => event.properties.offer)).toEqual(["one", "two"]);
  });

  it("records a page view for each change of URL in a single-page site", async () => {
    await openGranted("/long");
    await page.evaluate(async () => {
      history.pushState({}, "", "/app/one");
      history.replaceState({}, "", "/app/one?tab=2");
      document.title = "One";
      await new Promise((resolve) => setTimeout(resolve, 50));
      history.replaceState({ changed: true }, "", location.href);
      document.title = JSON.stringify(history.state);
      location.hash = "section";
      await new Promise((resolve) => setTimeout(resolve, 50));
      location.hash = "#/route";
      await new Promise((resolve) => setTimeout(resolve, 50));
      history.back();
    });
    await settle(300);
    const views = await arrives("page_view", 4);
    const urls = ["/long", "/app/one?tab=2", "/app/one?tab=2#/route", "/app/one?tab=2#section"];
    expect(views.map((view) => view.context.page.url)).toEqual(urls.map((path) => origin + path));
    expect(views[1]?.context.page).toMatchObject({ title: "One", referrer: `${origin}/long` });
    expect(views[2]?.context.page.title).toBe('{"changed":true}');
  });

  it("takes events and traits from the page, and copies them", async () => {
    await openGranted("/");
    await page.evaluate(() => {
      const { doorstep } = window as never as Api;
      const properties: Record<string, unknown> = { method: "password" };
      doorstep.track("login", properties, { traits: { customer_id: "C-77" } });
      properties.method = "changed";
      properties.self = properties;
      doorstep.track("circular", properties);
      doorstep.track("huge", { text: "x".repeat(40_000) });
      doorstep.identify({ email: "ida@example.com" });
      doorstep.page({ content: { content_id: "by-hand", content_type: "page" } });
      doorstep.push(["track", "add_to_cart", { product_id: "wool-gloves" }]);
    });
    const [login] = await arrives("login");
    expect(login).toMatchObject({
      properties: { method: "password" },
      traits: { customer_id: "C-77" },
    });
    expect((await arrives("identify"))[0]).toMatchObject({
      properties: {},
      traits: { email: "ida@example.com" },
    });
    expect((await arrives("page_view", 2))[1]?.properties).toEqual({
      content: { content_id: "by-hand", content_type: "page" },
    });
    await arrives("add_to_cart");
    expect(accepted("circular").concat(accepted("huge"))).toEqual([]);
    expect(pageErrors).toEqual([]);
  });

  it("makes the calls that were queued before it loaded", async () => {
    await page.goto(`${origin}/queue`);
    expect((await arrives("login"))[0]?.properties).toEqual({ method: "password" });
    await arrives("page_view");
    expect(pageErrors).toEqual([]);
  });
});
