/**
 * The browser script in a real Chromium: consent, what is recorded, delivery, and how it behaves as a guest of the page.
 * Only the script's own behaviour is tested here; the door behind it has its own tests.
 */
import { describe, expect, it } from "vitest";
import { MAX_GZIP_BYTES } from "../../scripts/build-browser.ts";
import {
  type Api,
  accepted,
  arrives,
  choose,
  context,
  core,
  DENIED,
  door,
  eventually,
  html,
  more,
  openDecided,
  openGranted,
  origin,
  page,
  pageErrors,
  settle,
  stored,
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
  "/twice": html("Twice", TAG + TAG),
  "/queue": html(
    "Queue",
    `<script>window.doorstep = [["track", "login", {"method": "password"}], ["nonsense"], ["consent.set", {"analytics": true}]]</script>${TAG}`,
  ),
  "/frame": html(`<iframe src="/second" sandbox="allow-scripts"></iframe>`),
  "/actions.js": `
    for (const form of document.forms) form.addEventListener("submit", (event) => { event.preventDefault(); event.stopPropagation(); });
    const root = document.getElementById("host").attachShadow({ mode: "open" });
    const button = document.createElement("button");
    button.dataset.doorstepClick = "shadowed";
    button.textContent = "In the shadow";
    root.append(button);`,
  "/strict": {
    html: html("Strict"),
    headers: {
      "content-security-policy":
        "default-src 'self'; script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'",
    },
  },
  "/based": html(
    "Based",
    TAG.replace("/doorstep.js", "/static/core.js?v=1/2").replace("defer", `defer data-base="/ds/"`),
  ),
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
    expect(await storedKeys()).toEqual([]);
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

describe("delivery", () => {
  it("sends five events at once, and fewer within a second", async () => {
    await openGranted("/");
    await arrives("page_view");
    await page.evaluate(() => {
      for (let n = 0; n < 5; n++) (window as never as Api).doorstep.track("login");
    });
    await arrives("login", 5, 700);
    expect(door.posts).toHaveLength(2);
    await page.evaluate(() => {
      for (let n = 0; n < 3; n++) (window as never as Api).doorstep.track("add_to_cart");
    });
    await arrives("add_to_cart", 3, 2_000);
    expect(door.posts).toHaveLength(3);
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
  }, 30_000);

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

describe("a guest in the page", () => {
  it.each(["{", "null", "7", `"text"`, "{}", `[null, 1, "x", {"id": 5}, []]`])(
    "tolerates %s in the stored queue",
    async (broken) => {
      await openGranted("/");
      await page.evaluate((text) => localStorage.setItem("ds_q", text), broken);
      await page.reload();
      await arrives("page_view", 2);
      await eventually(async () => expect(await stored()).toEqual([]));
      expect(pageErrors).toEqual([]);
    },
  );

  it("works without storage and without random UUIDs", async () => {
    await page.addInitScript(() => {
      Object.defineProperty(window, "localStorage", {
        get: () => {
          throw new DOMException("denied", "SecurityError");
        },
      });
      Object.defineProperty(Crypto.prototype, "randomUUID", { value: undefined });
      Object.defineProperty(Navigator.prototype, "locks", { value: undefined });
    });
    await openGranted("/");
    const [view] = await arrives("page_view");
    // Four random numbers of 32 bits.
    expect(view?.id).toMatch(/^\d+-\d+-\d+-\d+$/);
    expect(pageErrors).toEqual([]);
  });

  it("works with full storage", async () => {
    await page.addInitScript(() => {
      Storage.prototype.setItem = () => {
        throw new DOMException("full", "QuotaExceededError");
      };
    });
    let failures = 0;
    door.answerEvents = () => ({ status: ++failures === 1 ? 503 : 202 });
    await openGranted("/");
    await arrives("page_view");
    expect(pageErrors).toEqual([]);
  });

  it("neither disturbs the page's listeners nor is disturbed by theirs", async () => {
    await openGranted("/actions");
    await page.evaluate(() => {
      const seen: string[] = [];
      Object.assign(window, { seen });
      window.addEventListener("click", () => {
        throw new Error("the page's own mistake");
      });
      document.addEventListener("click", (event) => {
        seen.push("click");
        event.preventDefault();
        event.stopImmediatePropagation();
      });
      document.dispatchEvent(new Event("submit"));
    });
    await page.click("#cta");
    await arrives("cta_click");
    expect(await page.evaluate(() => (window as never as { seen: string[] }).seen)).toEqual(["click"]);
    await page.evaluate(() => {
      const { doorstep } = window as never as { doorstep: Record<string, (...args: unknown[]) => unknown> };
      for (const bad of [undefined, null, 5, "x", Symbol("s"), () => {}]) {
        doorstep.track?.(bad, bad, bad);
        doorstep.page?.(bad);
        doorstep.identify?.(bad, bad);
        doorstep.push?.(bad);
        void (window as never as Api).doorstep.consent.set(bad as never);
        (window as never as Api).doorstep.consent.onChange(bad as never);
      }
    });
    await settle(500);
    expect(pageErrors.filter((message) => message !== "the page's own mistake")).toEqual([]);
  });

  it("does nothing when it is loaded again", async () => {
    await openGranted("/twice");
    await page.addScriptTag({ url: "/doorstep.js" });
    await settle(1_500);
    expect(accepted("page_view")).toHaveLength(1);
  });

  it("takes its base from the tag, whatever the script is called", async () => {
    await openGranted("/based");
    const sent = page.waitForRequest(`${origin}/ds/events`);
    await sent;
    await arrives("page_view");
  });

  it("runs under a strict policy with Trusted Types", async () => {
    const violations: string[] = [];
    page.on("console", (message) => message.type() === "error" && violations.push(message.text()));
    await openGranted("/strict");
    await arrives("page_view");
    expect(violations).toEqual([]);
    expect(pageErrors).toEqual([]);
  });

  it("stays silent in a frame that has no origin", async () => {
    await page.goto(`${origin}/frame`);
    await settle(800);
    expect(pageErrors).toEqual([]);
  });

  it("weighs at most 4 kB and has no code that makes code, nor anybody else's address", () => {
    expect(core.gzipBytes).toBeLessThanOrEqual(MAX_GZIP_BYTES);
    for (const { code } of [core, more])
      expect(code).not.toMatch(
        /\beval\b|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write|cssText|https?:\/\//,
      );
  });
});
