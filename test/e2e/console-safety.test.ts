/** The console in a real Chromium against hostile text, and its new pages by keyboard, on a phone and in the dark. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEMO_ADMIN_TOKEN, DEMO_SECRET_KEY, DEMO_WRITE_KEY } from "../../scripts/local/demo.ts";
import { launchBrowser } from "../setup/browser.ts";
import { openDesk } from "../setup/console-desk.ts";
import { contrastsOf } from "../setup/contrast.ts";
import { type Product, startProduct } from "../setup/e2e.ts";

const PAYLOADS = [
  '<img src=x onerror="alert(1)">',
  "<svg onload=alert(2)>",
  '"><script>alert(3)</script>',
  "javascript:alert(4)//",
  "{{constructor.constructor('alert(5)')()}}",
];
const [IMG = ""] = PAYLOADS;
const NEW_VIEWS = ["requests", "requests/new", "access", "audit"];

let product: Product;
let browser: Browser;

beforeAll(async () => {
  [product, browser] = await Promise.all([startProduct(), launchBrowser()]);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await product?.close();
});

const desk = (options = {}) => openDesk(browser, product, DEMO_ADMIN_TOKEN, options);

async function post(path: string, body: unknown): Promise<Response> {
  const response = await product.admin(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(response.ok, `${path}: ${await response.clone().text()}`).toBe(true);
  return response;
}

/** Sends events as whoever may: their fields are whatever somebody likes. */
async function plant(key: string, events: object[]): Promise<void> {
  await fetch(`${product.url}/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", origin: product.url },
    body: JSON.stringify({ events }),
  });
}

const GRANTED = { analytics: "granted", marketing: "granted", personalization: "granted" };

describe("hostile text", () => {
  it("in every field that somebody else can write is text on every page: nothing runs, and the policy has nothing to stop", async () => {
    const now = new Date().toISOString();
    const events = PAYLOADS.flatMap((payload, n) => [
      // What is accepted, what no contract knows, and what does not fit its contract.
      {
        id: `${payload}-${n}`,
        name: "purchase",
        occurred_at: now,
        user_id: payload,
        anonymous_id: payload,
        properties: { order_id: payload, value: 1, currency: "EUR", coupon: payload },
        context: { page: { url: `https://shop.example/${payload}`, title: payload, referrer: payload } },
        traits: { email: payload, first_name: payload },
        consent: GRANTED,
      },
      {
        id: `unknown-${n}`,
        name: payload,
        occurred_at: now,
        properties: { [payload]: payload },
        consent: GRANTED,
      },
      {
        id: `misfit-${n}`,
        name: "purchase",
        occurred_at: payload,
        properties: { value: payload },
        consent: GRANTED,
      },
    ]);
    for (const key of [DEMO_SECRET_KEY, DEMO_WRITE_KEY]) await plant(key, events);
    const active = (await (await product.admin("/releases/active")).json()) as { document: unknown };
    for (const payload of PAYLOADS) {
      await post("/access/tokens", { name: payload, role: "viewer", expires_in_days: 1 });
      await post("/releases", { document: active.document, note: payload });
      const made = await post("/subject-requests", {
        type: "erasure",
        regulation: "gdpr",
        // What looks like a field of a template names nobody, and is refused.
        identities: [{ identity_type: "user_id", identity_value: payload.replaceAll(/[{}]/g, "") }],
        verified: false,
        note: payload,
      });
      const { subject_request_id: id } = (await made.json()) as { subject_request_id: string };
      await post(`/subject-requests/${id}/cancel`, { reason: payload });
    }
    await product.settle();

    const { page, main, go, complaints, close } = await desk();
    const requests = (await (await product.admin("/subject-requests")).json()) as {
      requests: { subject_request_id: string }[];
    };
    const shown: [view: string, text: string | undefined][] = [
      ["live", IMG],
      [`live/${encodeURIComponent(`${IMG}-0`)}`, IMG],
      ["live/misfit-0", undefined],
      ["live/unknown-0", undefined],
      ["destinations", undefined],
      ["quarantine", IMG],
      ["consent", undefined],
      [`consent/${encodeURIComponent(`${IMG}-0`)}`, undefined],
      ["release", IMG],
      ["requests", undefined],
      ...requests.requests.map(
        ({ subject_request_id: id }) => [`requests/${id}`, "Cancelled: "] as [string, string],
      ),
      [`requests/${encodeURIComponent(IMG)}`, undefined],
      ["access", IMG],
      ["audit", undefined],
    ];
    for (const [view, text] of shown) {
      await go(view);
      await main.getByRole("heading", { level: 1 }).waitFor();
      if (text !== undefined) await main.getByText(text).filter({ visible: true }).first().waitFor();
      await page.waitForLoadState("networkidle");
      await page.evaluate(() => {
        for (const details of document.querySelectorAll("details")) details.open = true;
      });
      // What became an element would be one of these.
      const foreign = "#app img, #app script, #app [onerror], #app [onload], #app iframe";
      expect(await page.locator(foreign).count(), view).toBe(0);
      expect(await page.locator('#app a[href^="javascript"]').count(), view).toBe(0);
    }
    await page.waitForTimeout(500);
    expect(complaints).toEqual([]);
    await close();
  });

  it("could not become markup by mistake either: Trusted Types refuse it, and the policy lets no inline code run", async () => {
    const { page, complaints, close } = await desk();
    const refused = await page.evaluate(() => {
      const sinks: (() => void)[] = [
        () => {
          document.body.innerHTML = "<b>x</b>";
        },
        () => document.write("x"),
        () => {
          document.createElement("script").text = "window.ran = 1";
        },
        () => {
          document.createElement("iframe").srcdoc = "<b>x</b>";
        },
      ];
      return sinks.map((sink) => {
        try {
          sink();
          return "ran";
        } catch (error) {
          return (error as Error).name;
        }
      });
    });
    expect(refused).toEqual(["TypeError", "TypeError", "TypeError", "TypeError"]);
    await page.evaluate(() => {
      const button = document.createElement("button");
      button.setAttribute("style", "color: red");
      document.body.appendChild(button);
    });
    await expect.poll(() => complaints.some((one) => one.startsWith("policy: style-src"))).toBe(true);
    expect(await page.evaluate(() => "ran" in window)).toBe(false);
    await close();
  });

  it("each answer has a nonce of its own, and nothing else may run", async () => {
    const answers = await Promise.all([1, 2].map(() => fetch(`${product.url}/admin`)));
    const nonces = answers.map(({ headers }) =>
      /script-src 'nonce-([\w-]{22,})';/.exec(headers.get("content-security-policy") ?? "")?.at(1),
    );
    expect(new Set(nonces).size).toBe(2);
    expect(nonces).not.toContain(undefined);
    const [html = ""] = await Promise.all(answers.map((answer) => answer.text()));
    expect(html).toContain(`nonce="${nonces[0]}"`);
  });
});

describe("by keyboard", () => {
  it("a dialog takes the focus, keeps it, closes with Escape, and gives it back", async () => {
    await post("/access/tokens", { name: "To be asked about", role: "viewer", expires_in_days: 1 });
    const { page, main, go, close } = await desk();
    await go("access");
    const revoke = main.getByRole("button", { name: "Revoke the token To be asked about" });
    await revoke.focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    for (let step = 0; step < 4; step++) {
      expect(
        await page.evaluate(() => document.querySelector("dialog")?.contains(document.activeElement)),
      ).toBe(true);
      await page.keyboard.press("Tab");
      // After the last control the focus is in the browser's own bar, never behind the dialog.
      if (await page.evaluate(() => document.activeElement === document.body))
        await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(await revoke.evaluate((element) => element === document.activeElement)).toBe(true);
    await close();
  });

  it("a request is entered without a mouse, and from page to page the focus is at the heading", async () => {
    const { page, main, go, close } = await desk();
    await go("requests");
    await main.getByRole("link", { name: "New request" }).focus();
    await page.keyboard.press("Enter");
    await main.getByRole("heading", { name: "New subject request" }).waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
    expect(await focused()).toBe("New subject request");
    const reached: string[] = [];
    for (let step = 0; step < 7; step++) {
      await page.keyboard.press("Tab");
      reached.push(
        await page.evaluate(() => {
          const control = document.activeElement as HTMLInputElement;
          return control.labels?.[0]?.textContent ?? control.ariaLabel ?? control.textContent ?? "";
        }),
      );
    }
    expect(reached).toEqual([
      "What the person asks for",
      "Under which law",
      "Kind of identifier",
      "Its value",
      "Add another",
      "Note",
      "I have verified that it is this person who asks",
    ]);
    await close();
  });
});

describe("their look", () => {
  it.each(["light", "dark"] as const)(
    "is readable in the %s: text has a contrast of at least 4.5 to 1",
    async (colorScheme) => {
      const { page, main, go, close } = await desk({ colorScheme });
      for (const view of NEW_VIEWS) {
        await go(view);
        await main.getByRole("heading", { level: 1 }).waitFor();
        await page.waitForLoadState("networkidle");
        const contrasts = await contrastsOf(page, "#app header *, #view *");
        expect(contrasts.length, view).toBeGreaterThan(12);
        expect(
          contrasts.filter(({ contrast }) => contrast < 4.5),
          view,
        ).toEqual([]);
      }
      await close();
    },
  );

  it("fits a phone without scrolling sideways, and every tab can be reached", async () => {
    const { page, main, go, close } = await desk({ viewport: { width: 320, height: 700 } });
    for (const view of NEW_VIEWS) {
      await go(view);
      await main.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForLoadState("networkidle");
      expect(await page.evaluate(() => document.documentElement.scrollWidth), view).toBe(320);
      const current = await page.locator('nav a[aria-current="page"]').boundingBox();
      expect((current?.x ?? -1) >= 0 && (current?.x ?? 0) + (current?.width ?? 0) <= 320, view).toBe(true);
    }
    await close();
  });
});
