/**
 * The browser script in a real Chromium: a guest of the page, which it neither disturbs nor is disturbed by.
 */
import { describe, expect, it } from "vitest";
import { MAX_GZIP_BYTES } from "../../scripts/build-browser.ts";
import {
  type Api,
  accepted,
  arrives,
  core,
  door,
  eventually,
  html,
  more,
  openGranted,
  origin,
  page,
  pageErrors,
  settle,
  stored,
  TAG,
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
  "/twice": html("Twice", TAG + TAG),
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
