/**
 * Pages with slots in a real Chromium, with JavaScript and without: those that the door fills while they stream from a real
 * origin, and those that come out of a cache and are filled by /doorstep-slots.js.
 */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, launchKeepingPages } from "../setup/browser.ts";
import { page, type SlotsSite, startSlotsSite } from "../setup/slots-site.ts";

const SLOT = '<section data-doorstep-slot="hero"><h2>Baseline</h2></section>';
const TAG = '<script src="/doorstep-slots.js" async data-messages="promo" data-locale="sk"></script>';
const STRICT =
  "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; require-trusted-types-for 'script'; trusted-types doorstep";
/** Notes every shift of the layout, and of each frame what the first slot shows. */
const WATCH = `<script>
  window.shifts = 0; window.frames = []; window.told = [];
  new PerformanceObserver((list) => { for (const e of list.getEntries()) window.shifts += e.value; }).observe({ type: "layout-shift", buffered: true });
  document.addEventListener("doorstep:slot", (e) => window.told.push(e.detail));
  (function frame() { const s = document.querySelector("doorstep-slot,[data-doorstep-client]");
    if (s) window.frames.push(s.textContent.trim() + " " + Math.round(s.getBoundingClientRect().height));
    requestAnimationFrame(frame); })();
</script>`;
const STYLE = "<style>doorstep-slot{display:block;min-height:120px}</style>";
const CACHED = `<doorstep-slot name="hero"><h2>Baseline</h2></doorstep-slot><p id="below">below</p>`;

let site: SlotsSite;
let browser: Browser;
let context: BrowserContext | undefined;
/** Of what the origin has begun, and ends when the test says so. */
let endAtOrigin = () => {};

beforeAll(async () => {
  [site, browser] = await Promise.all([
    startSlotsSite(
      {
        slots: {
          hero: {},
          other: {},
          data: { kind: "json" },
          promo: { kind: "message" },
          news: { kind: "message" },
        },
        offers: {
          hero: { slot: "hero", content: "hero" },
          data: { slot: "data", content: "data" },
          promo: { slot: "promo", content: "promo" },
          news: { slot: "news", content: "news" },
        },
        content: {
          hero: {
            html: "<h2>Ponuka č. 1</h2><p>Offer</p>",
            locales: { en: { html: "<h2>Ponuka č. 1</h2><p>Offer</p>" } },
          },
          data: { data: { n: 1 } },
          promo: { html: "<h2>Sale</h2><p><a href='/sale'>See it</a></p>", message: { placement: "modal" } },
          news: { html: "<p><strong>News</strong> of today</p>", message: { placement: "banner-bottom" } },
        },
        policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
      },
      {
        "/": page(`${SLOT}<p>after</p>`),
        "/cached": page(
          `${CACHED}<div data-doorstep-slot="data" data-doorstep-client>none</div>`,
          WATCH + STYLE + TAG.replace(' data-messages="promo"', ""),
        ),
        "/tight": page(CACHED, WATCH + TAG.replace(' data-messages="promo"', "")),
        "/tight-form": page(
          '<doorstep-slot name="hero"><input></doorstep-slot>',
          `${WATCH}<style>doorstep-slot{display:block}</style>${TAG.replace(' data-messages="promo"', "")}`,
        ),
        "/modal": page('<button id="own">own</button>', WATCH + TAG),
        "/banner": page("<p>page</p>", WATCH + TAG.replace("promo", "news")),
        "/counted": page(
          CACHED,
          `${STYLE}${TAG}<script src="/doorstep.js" data-write-key="wk_demo" defer></script>`,
        ),
        "/strict": (_request, response) =>
          void response
            .writeHead(200, { "content-type": "text/html", "content-security-policy": STRICT })
            .end(page(CACHED, `<link rel="stylesheet" href="/style.css">${TAG.replace("promo", "news")}`)),
        "/style.css": (_request, response) =>
          void response
            .writeHead(200, { "content-type": "text/css" })
            .end("doorstep-slot{display:block;min-height:120px}"),
        "/windows-1250": (_request, response) =>
          void response
            .writeHead(200, { "content-type": "text/html" })
            .end(
              Buffer.concat([
                Buffer.from(`<!doctype html><meta charset="windows-1250"><p id="own">`),
                Buffer.from([0xe8, 0x9a, 0x9e]),
                Buffer.from(`</p>${SLOT}`),
              ]),
            ),
        "/slow": (_request, response) => {
          response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
          response.write(page(SLOT).slice(0, 90));
          endAtOrigin = () => void response.end(page(SLOT).slice(90));
        },
        "/file": (request, response) =>
          void (request.headers.range === "bytes=2-3"
            ? response
                .writeHead(206, { "content-type": "text/html", "content-range": "bytes 2-3/9" })
                .end("cd")
            : response.writeHead(200, { "content-type": "text/plain" }).end("abcdefghi")),
        "/form": (request, response) => {
          const parts: Buffer[] = [];
          request.on("data", (part: Buffer) => parts.push(part));
          request.on("end", () =>
            response
              .writeHead(303, { location: "/thanks", "set-cookie": ["a=1; Path=/", "b=2; Path=/; HttpOnly"] })
              .end(
                `${request.method} ${request.headers["content-type"]?.split(";")[0]} ${Buffer.concat(parts).length}`,
              ),
          );
        },
        "/broken": (_request, response) =>
          void response.writeHead(503, { "content-type": "text/html", "retry-after": "7" }).end(page(SLOT)),
        "/events": (_request, response) => {
          response.writeHead(200, { "content-type": "text/event-stream" });
          response.write("data: 1\n\n");
          endAtOrigin = () => void response.end();
        },
        "/cut": (_request, response) => {
          response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-length": 9_999 });
          response.write(page(SLOT));
          setTimeout(() => response.destroy(), 100);
        },
      },
    ),
    launchBrowser(),
  ]);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await site?.close();
});
afterEach(async () => {
  await context?.close();
  context = undefined;
});

async function open(path: string, options: { javaScriptEnabled?: boolean } = {}): Promise<Page> {
  context ??= await browser.newContext({
    locale: "sk-SK",
    viewport: { width: 1000, height: 800 },
    ...options,
  });
  const opened = await context.newPage();
  await opened.goto(site.url + path);
  return opened;
}
interface Watched {
  shifts: number;
  frames: string[];
  told: { slot: string; outcome: string; offer: string | null; data?: unknown }[];
}
const watched = (opened: Page) =>
  opened.evaluate(() => {
    const { shifts, frames, told } = window as unknown as Watched;
    return { shifts, frames: frames.filter((frame, n) => frame !== frames[n - 1]), told };
  });
const agree = (opened: Page) =>
  opened.evaluate(async () => {
    const purposes = { analytics: "granted", marketing: "granted", personalization: "granted" };
    await fetch("/consent", { method: "PUT", body: JSON.stringify({ purposes }) });
  });
const get = (path: string, init: RequestInit = {}) =>
  fetch(site.url + path, {
    redirect: "manual",
    ...init,
    headers: { accept: "text/html", ...(init.headers as Record<string, string>) },
  });

describe("a page that the door fills", () => {
  it("is personal in its HTML, and needs no JavaScript for it", async () => {
    const opened = await open("/", { javaScriptEnabled: false });
    expect(await opened.locator("section").textContent()).toBe("Ponuka č. 1Offer");
    expect(await opened.locator("section").getAttribute("data-doorstep-offer")).toBe("hero");
  });

  it.each(["gzip", "br", "none"])("comes whole however the origin packs it: %s", async (enc) => {
    for (const accepted of ["gzip, deflate, br", "gzip", "identity"]) {
      const answer = await get(`/?enc=${enc}`, { headers: { "accept-encoding": accepted } });
      expect(await answer.text()).toBe(
        page(`${SLOT}<p>after</p>`).replace(
          "><h2>Baseline</h2>",
          ' data-doorstep-offer="hero"><h2>Ponuka č. 1</h2><p>Offer</p>',
        ),
      );
      expect(answer.headers.get("etag")).toBeNull();
      expect(answer.headers.get("cache-control")).toBe("private, no-store");
    }
  });

  it("in a packing that we do not read goes through as it came, and the browser reads it", async () => {
    const answer = await get("/?enc=deflate");
    expect(answer.headers.get("etag")).toBe('"1"');
    expect(await answer.text()).toBe(page(`${SLOT}<p>after</p>`));
  });

  it("in an encoding that only its meta tag names reads right, its own letters and ours", async () => {
    const opened = await open("/windows-1250", { javaScriptEnabled: false });
    expect(await opened.locator("#own").textContent()).toBe("čšž");
    expect(await opened.locator("section").textContent()).toBe("Ponuka č. 1Offer");
  });

  it("that comes slowly begins at once", async () => {
    // Packed it would wait in the packing, which is Miniflare's here and Cloudflare's elsewhere.
    const slow = await get("/slow", { headers: { "accept-encoding": "identity" } });
    const reader = slow.body?.getReader();
    // The origin has not ended it yet.
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
    endAtOrigin();
    await reader?.cancel();
  });

  it("that breaks off at the origin breaks off", async () => {
    await expect(get("/cut").then((answer) => answer.text())).rejects.toThrow();
  });
});

describe("what else the origin answers", () => {
  it("is a part of a file, a file, a page that is not there, and an error of its own", async () => {
    const part = await get("/file", { headers: { range: "bytes=2-3" } });
    expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([
      206,
      "bytes 2-3/9",
      "cd",
    ]);
    expect(await (await get("/file")).text()).toBe("abcdefghi");
    expect(await (await get("/nothing")).text()).toBe("<h1>nothing here</h1>");
    const broken = await get("/broken");
    expect([broken.status, broken.headers.get("retry-after"), await broken.text()]).toEqual([
      503,
      "7",
      page(SLOT),
    ]);
  });

  it("is what becomes of a form, with its cookies and the address that it leads to", async () => {
    const body = new FormData();
    body.append("file", new Blob([new Uint8Array(200_000)]), "a.bin");
    const answer = await get("/form", { method: "POST", body });
    expect(answer.status).toBe(303);
    expect(answer.headers.get("location")).toBe("/thanks");
    expect(answer.headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2; Path=/; HttpOnly"]);
    expect(await answer.text()).toMatch(/^POST multipart\/form-data 200\d{3}$/);
    const put = await get("/form", { method: "PUT", body: "x".repeat(99) });
    expect(await put.text()).toBe("PUT text/plain 99");
  });

  it("is a stream of events, one by one, and a web socket", async () => {
    const reader = (await get("/events", { headers: { accept: "text/event-stream" } })).body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("data: 1\n\n");
    endAtOrigin();
    await reader?.cancel();
    const socket = new WebSocket(`${site.url.replace("http", "ws")}/socket`);
    const heard = new Promise((resolve, reject) => {
      socket.onmessage = ({ data }) => resolve(data);
      socket.onerror = () => reject(new Error("the socket failed"));
    });
    socket.onopen = () => socket.send("hello");
    expect(await heard).toBe("hello");
    socket.close();
  });
});

// What is painted when is the browser's, which shares two cores with three other files: tried again before it counts.
describe("a page out of a cache", { retry: 2 }, () => {
  it("shows its own content without JavaScript", async () => {
    const opened = await open("/cached", { javaScriptEnabled: false });
    expect(await opened.locator("doorstep-slot").textContent()).toBe("Baseline");
  });

  it("is filled in one go: nothing moves, nothing is empty in between, and the page is told", async () => {
    const opened = await open("/cached");
    await opened.waitForFunction(() => (window as unknown as Watched).told.length === 2);
    await opened.waitForTimeout(300);
    const { shifts, frames, told } = await watched(opened);
    expect(shifts).toBe(0);
    expect(frames.length).toBeLessThanOrEqual(2);
    expect(frames.at(-1)).toBe("Ponuka č. 1Offer 120");
    expect(frames.every((frame) => /^(Baseline|Ponuka č. 1Offer) 120$/.test(frame))).toBe(true);
    expect(told).toEqual([
      { slot: "hero", outcome: "offer", offer: "hero" },
      { slot: "data", outcome: "offer", offer: "data", data: { n: 1 } },
    ]);
  });

  it("asks once for all of its slots, and again only for what is added", async () => {
    context = await browser.newContext();
    const asked: unknown[] = [];
    context.on("request", (request) => {
      if (request.url().endsWith("/slots")) asked.push(JSON.parse(request.postData() ?? "").slots);
    });
    const opened = await open("/cached");
    await opened.waitForFunction(() => (window as unknown as Watched).told.length === 2);
    await opened.evaluate(() => {
      document.body.insertAdjacentHTML("beforeend", '<doorstep-slot name="other"></doorstep-slot>');
    });
    await opened.waitForFunction(() => (window as unknown as Watched).told.length === 3);
    expect(asked).toEqual([["hero", "data"], ["other"]]);
  });

  it.each([
    ["fails", (opened: BrowserContext) => opened.route("**/slots", (route) => route.abort())],
    [
      "answers with an error",
      (opened: BrowserContext) =>
        opened.route("**/slots", (route) => route.fulfill({ status: 500, body: "{" })),
    ],
    ["does not answer in time", (opened: BrowserContext) => opened.route("**/slots", () => {})],
  ])("keeps its own content where the door %s", async (_title, breakIt) => {
    context = await browser.newContext();
    await breakIt(context);
    const opened = await open("/cached");
    await opened.waitForFunction(() => (window as unknown as Watched).told.length === 2, undefined, {
      timeout: 15_000,
    });
    const { shifts, frames, told } = await watched(opened);
    expect([shifts, frames, told[0]?.outcome]).toEqual([0, ["Baseline 120"], "error"]);
  });

  it("keeps it, too, where what was chosen would move what is already seen", async () => {
    context = await browser.newContext();
    // The page is painted before the answer comes.
    await context.route("**/slots", async (route) => {
      const answer = await route.fetch();
      await new Promise((resolve) => setTimeout(resolve, 400));
      await route.fulfill({ response: answer });
    });
    const opened = await open("/tight");
    await opened.waitForFunction(() => (window as unknown as Watched).told.length === 1);
    await opened.waitForTimeout(200);
    const { shifts, told } = await watched(opened);
    expect([shifts, told[0]?.outcome]).toEqual([0, "no_room"]);
    expect(await opened.locator("doorstep-slot").textContent()).toBe("Baseline");
  });

  it("goes on with what the visitor does in it, where what was chosen has no room", async () => {
    context = await browser.newContext();
    let answer = () => {};
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await context.route("**/slots", async (route) => {
      const response = await route.fetch();
      await asked;
      await route.fulfill({ response });
    });
    const opened = await open("/tight-form");
    await opened.locator("input").pressSequentially("ida@", { delay: 20 });
    await opened.evaluate(() => {
      const input = document.querySelector("input");
      Object.assign(window, { input, left: 0 });
      for (const type of ["blur", "focusout", "change"])
        input?.addEventListener(type, () => (window as unknown as { left: number }).left++);
    });
    answer();
    await opened.waitForFunction(() => (window as unknown as Watched).told.length === 1);
    await opened.waitForTimeout(200);
    await opened.keyboard.type("example.com");
    const { shifts, told } = await watched(opened);
    expect([shifts, told[0]?.outcome]).toEqual([0, "no_room"]);
    expect(
      await opened.evaluate(() => {
        const { input, left } = window as unknown as { input: HTMLInputElement; left: number };
        return [
          document.activeElement === input,
          input.value,
          left,
          document.querySelectorAll("input").length,
        ];
      }),
    ).toEqual([true, "ida@example.com", 0, 1]);
  });

  it("is asked for anew where it comes back and the visitor has changed their mind meanwhile, and only then", async () => {
    const keeping = await launchKeepingPages();
    try {
      context = await keeping.newContext();
      // As out of another cache than the door: what the door serves is never kept.
      await context.route("**/cached", async (route) => {
        const response = await route.fetch();
        const { "cache-control": _, ...headers } = response.headers();
        await route.fulfill({ response, headers });
      });
      const opened = await open("/cached");
      const offer = opened.locator("[data-doorstep-offer=hero]");
      const mark = () => opened.evaluate(() => Object.assign(window, { mark: 1 }) && undefined);
      const isAsBefore = () => opened.evaluate(() => (window as unknown as { mark?: number }).mark === 1);
      const comeBack = async (meanwhile: () => Promise<unknown>) => {
        await offer.waitFor();
        await mark();
        await opened.goto(`${site.url}/tight`);
        await meanwhile();
        await opened.goBack({ waitUntil: "commit" });
        await offer.waitFor();
      };
      await comeBack(async () => {});
      expect(await isAsBefore()).toBe(true);
      await comeBack(() => agree(opened));
      await opened.waitForFunction(() => (window as unknown as { mark?: number }).mark === undefined);
      await comeBack(async () => {});
      expect(await isAsBefore()).toBe(true);
    } finally {
      await context?.close();
      context = undefined;
      await keeping.close();
    }
  });

  it("may have the strictest of policies", async () => {
    context = await browser.newContext();
    const problems: string[] = [];
    context.on("console", (message) => {
      if (message.type() === "error" && !message.text().includes("favicon")) problems.push(message.text());
    });
    const opened = await open("/strict");
    await opened.locator("[data-doorstep-offer=hero]").getByText("Ponuka č. 1").waitFor();
    await opened.getByRole("region", { name: "News" }).waitFor();
    expect(problems).toEqual([]);
  });

  it("has its offers counted by the page's other script", async () => {
    const opened = await open("/counted");
    await agree(opened);
    const sent = opened.waitForRequest(
      (request) => (request.postData() ?? "").includes('"content_impression"'),
      { timeout: 15_000 },
    );
    await opened.reload();
    const { events } = JSON.parse((await sent).postData() ?? "{}") as {
      events: { name: string; properties: unknown }[];
    };
    expect(events.find(({ name }) => name === "content_impression")?.properties).toMatchObject({
      slot: "hero",
      offer: "hero",
    });
  });
});

describe("a page out of a cache, in a preview", () => {
  it("says so, gives a way out, and leaves alone what the visitor's browser remembers", async () => {
    const opened = await open("/banner");
    const isPreview = { value: true };
    // Its script is done then: nobody agreed, so it would remove what it finds.
    await opened.getByRole("region", { name: "News" }).waitFor();
    await opened.evaluate(() => sessionStorage.setItem("ds_closed", '["own"]'));
    await opened.route("**/slots", async (route) => {
      const answer = await route.fetch();
      const preview = isPreview.value ? { preview: true } : {};
      await route.fulfill({ json: { ...(await answer.json()), ...preview } });
    });
    // As a cache has it: the door's own bar is not in it.
    await opened.reload();
    const leave = opened.getByRole("link", { name: "Preview – leave" });
    await leave.waitFor();
    expect(await opened.evaluate(() => sessionStorage.getItem("ds_closed"))).toBe('["own"]');
    isPreview.value = false;
    const left = opened.waitForResponse((response) => response.url().endsWith("/preview?ds_preview=off"));
    await leave.click();
    expect((await (await left).allHeaders())["set-cookie"]).toContain("ds_preview=;");
    await opened.getByRole("region", { name: "News" }).waitFor();
    expect(await leave.count()).toBe(0);
  });
});

describe("a message", () => {
  const names = (opened: Page) => opened.evaluate(() => sessionStorage.getItem("ds_closed"));

  it("that is a modal takes the focus, gives it back by Escape, and stays closed for the session of whoever agreed", async () => {
    const opened = await open("/modal");
    const dialog = opened.getByRole("dialog", { name: "Sale" });
    await dialog.waitFor();
    expect(await opened.evaluate(() => document.activeElement?.localName)).toBe("doorstep-message");
    for (let n = 0; n < 4; n++) await opened.keyboard.press("Tab");
    expect(await opened.evaluate(() => document.activeElement?.id)).not.toBe("own");
    expect((await watched(opened)).shifts).toBe(0);
    await opened.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    // Nobody agreed to anything: it is remembered nowhere.
    expect(await names(opened)).toBeNull();
    await agree(opened);
    await opened.reload();
    await dialog.waitFor();
    // In the very moment: whoever leaves the page at once sees no frame after it.
    const kept = await opened.evaluate(() => {
      const press = new KeyboardEvent("keydown", {
        key: "Escape",
        bubbles: true,
        composed: true,
        cancelable: true,
      });
      document.querySelector("doorstep-message")?.shadowRoot?.activeElement?.dispatchEvent(press);
      return [sessionStorage.getItem("ds_closed"), press.defaultPrevented];
    });
    expect(kept).toEqual(['["promo promo"]', true]);
    await opened.reload();
    await opened.waitForFunction(() => (window as unknown as Watched).told.length === 1);
    expect((await watched(opened)).told[0]?.outcome).toBe("closed");
    expect(await dialog.count()).toBe(0);
  });

  it("that is a modal gives the keyboard back by its button, too", async () => {
    const opened = await open("/modal");
    await opened.getByRole("dialog").waitFor();
    await opened.getByRole("button", { name: "Close" }).click();
    expect(await opened.locator("doorstep-message").count()).toBe(0);
    await opened.keyboard.press("Tab");
    expect(await opened.evaluate(() => document.activeElement?.id)).toBe("own");
  });

  it("that is a banner lies over the page, leaves the focus where it is, and can be closed by its button", async () => {
    const opened = await open("/banner");
    const banner = opened.getByRole("region", { name: "News" });
    await banner.waitFor();
    const box = await banner.boundingBox();
    expect(Math.round((box?.y ?? 0) + (box?.height ?? 0))).toBe(800);
    expect(await opened.evaluate(() => document.activeElement?.localName)).toBe("body");
    expect((await watched(opened)).shifts).toBe(0);
    await opened.getByRole("button", { name: "Close" }).click();
    expect(await banner.count()).toBe(0);
  });
});
