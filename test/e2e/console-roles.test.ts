/** The console in a real Chromium as each role: what they see, what they may do, and what the server refuses them. */
import { readFile } from "node:fs/promises";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Role } from "../../contracts/taxonomy.ts";
import { DEMO_ADMIN_TOKEN, DEMO_SECRET_KEY } from "../../scripts/local/demo.ts";
import { launchBrowser } from "../setup/browser.ts";
import { type Desk, openDesk, tokenOf } from "../setup/console-desk.ts";
import { type Product, startProduct } from "../setup/e2e.ts";

const ERASED = { email: "ida.berg@example.com", user: "customer-1701" };
const SHOWN = { email: "per.lind@example.com", user: "customer-1702" };
const BASE_TABS = [
  "Live",
  "Segments",
  "Offers",
  "Destinations",
  "Quarantine",
  "Consent",
  "Release",
  "Identity",
];

let product: Product;
let browser: Browser;
const tokens = new Map<Role, string>();

beforeAll(async () => {
  [product, browser] = await Promise.all([
    startProduct({ vars: { ERASURE_SETTLE_SECONDS: "1" } }),
    launchBrowser(),
  ]);
  for (const role of ["viewer", "marketer", "engineer"] as const)
    tokens.set(role, await tokenOf(product, role));
  tokens.set("privacy_officer", await tokenOf(product, "privacy_officer", { personal: true }));
  tokens.set("admin", await tokenOf(product, "admin", { personal: true }));
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await product?.close();
});

const as = (role: Role) => openDesk(browser, product, tokens.get(role) ?? "");
const isLoggedIn = ({ page }: Desk) => page.getByRole("button", { name: "Log out" }).isVisible();

/** A person who is known by e-mail address and user id, here and at HubSpot. */
async function take(person: typeof ERASED): Promise<void> {
  const response = await fetch(`${product.url}/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${DEMO_SECRET_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({
      events: [
        {
          id: person.user,
          name: "identify",
          occurred_at: new Date().toISOString(),
          user_id: person.user,
          traits: { email: person.email },
          consent: { analytics: "granted", marketing: "granted", personalization: "granted" },
        },
      ],
    }),
  });
  expect(await response.json()).toMatchObject({ accepted: 1 });
  await product.settle();
}

describe("what each role sees", () => {
  it.each<[role: Role, words: string, more: string[]]>([
    ["viewer", "viewer", []],
    ["marketer", "marketer", []],
    ["engineer", "engineer", ["Access"]],
    ["privacy_officer", "privacy officer", ["Profiles", "Conflicts", "Requests", "Audit"]],
    ["admin", "admin", ["Profiles", "Conflicts", "Requests", "Access", "Audit"]],
  ])(
    "whoever is %s has the tabs of their permissions and no other, and reads who they are",
    async (role, words, more) => {
      const desk = await as(role);
      expect(await desk.tabs()).toEqual([...BASE_TABS, ...more]);
      const who = desk.page.getByLabel("Logged in as");
      expect(await who.textContent()).toContain(`Test ${role}${words} · until `);
      for (const tab of await desk.tabs()) {
        await desk.page.getByRole("link", { name: tab, exact: true }).click();
        await desk.main.getByRole("heading", { level: 1 }).waitFor();
        expect(await desk.main.getByText(`You may not see this: ${tab}`).count()).toBe(0);
      }
      await desk.page.waitForLoadState("networkidle");
      expect(desk.complaints).toEqual([]);
      await desk.close();
    },
  );

  it.each<[role: Role, view: string, permission: string, who: string]>([
    ["viewer", "access", "access:manage", "engineer and admin may"],
    ["marketer", "audit", "audit:read", "privacy officer and admin may"],
    ["engineer", "requests", "subjects:read", "privacy officer and admin may"],
    ["privacy_officer", "access", "access:manage", "engineer and admin may"],
  ])(
    "a link to what is not for %s (%s) names the permission and who has it, and asks the server for nothing",
    async (role, view, permission, who) => {
      const desk = await as(role);
      desk.asked.length = 0;
      await desk.go(view);
      const said = desk.main.getByText("You may not see this:").locator("..");
      expect(await said.textContent()).toContain(permission);
      expect(await said.textContent()).toContain(who);
      expect(await said.textContent()).toContain("an admin can make you a token of such a role");
      await desk.page.waitForTimeout(300);
      expect(desk.asked.filter((path) => /^(access|audit|subject|keys)/.test(path))).toEqual([]);
      expect(await isLoggedIn(desk)).toBe(true);
      await desk.close();
    },
  );

  it("a token of some sources does not see what belongs to all, and one without personal data sees no person", async () => {
    const limited = await tokenOf(product, "privacy_officer", { personal: true, sources: ["web"] });
    const desk = await openDesk(browser, product, limited);
    expect(await desk.tabs()).not.toContain("Requests");
    await desk.go("requests");
    await desk.main.getByText("Your token is for some sources alone").waitFor();
    await desk.close();
    const blind = await openDesk(browser, product, await tokenOf(product, "privacy_officer"));
    await blind.go("consent");
    await blind.main.getByText("your token does not let you see any").waitFor();
    expect(await blind.main.getByRole("button", { name: "Look up" }).count()).toBe(0);
    await blind.close();
  });
});

describe("behind Cloudflare Access", () => {
  /** Says on the page that Access stands before it, and adds to each request who asks, as Access does. */
  async function behindAccess(token: string) {
    const page = await browser.newPage();
    await page.route("**/admin", async (route) => {
      const response = await route.fetch();
      const meta = '<meta name="doorstep-access" content="1">';
      await route.fulfill({ response, body: (await response.text()).replace("</head>", `${meta}</head>`) });
    });
    await page.route("**/admin/api/**", (route) =>
      route.continue({
        headers: { ...route.request().headers(), ...(token && { authorization: `Bearer ${token}` }) },
      }),
    );
    await page.goto(`${product.url}/admin`);
    return page;
  }

  it("one comes in without a token, as whom it names, and again after having logged out", async () => {
    const page = await behindAccess(tokens.get("viewer") ?? "");
    const who = page.getByRole("group", { name: "Logged in as" });
    await who.getByText("Test viewer").waitFor();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("button", { name: "Come in through Cloudflare Access" }).click();
    await who.getByText("Test viewer").waitFor();
    await page.close();
  });

  it("whoever has no role gets the log-in form, and is told why", async () => {
    const page = await behindAccess("");
    await page.getByText("Cloudflare Access names nobody who has a role here.").waitFor();
    await page.getByLabel("Console token").fill(tokens.get("viewer") ?? "");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("group", { name: "Logged in as" }).getByText("Test viewer").waitFor();
    await page.close();
  });
});

describe("what each role may change", () => {
  it("a viewer finds no button that changes anything, and is told why", async () => {
    const desk = await as("viewer");
    for (const [view, permission, button] of [
      ["destinations", "delivery:operate", /^(Pause|Resume|Replay)/],
      ["quarantine", "quarantine:repair", /^(Repair|Replay|Discard)/],
      ["release", "release:write", /^(Publish|Promote|Abort|Roll back|Change)/],
      ["segments", "release:write", /^(New|Delete|Save)/],
      ["offers", "release:write", /^(New|Stop|Delete|Save)/],
    ] as const) {
      await desk.go(view);
      const notice = desk.main.locator("p.read-only");
      await notice.waitFor();
      expect(await notice.textContent()).toContain(permission);
      await desk.page.waitForLoadState("networkidle");
      expect(await desk.main.getByRole("button", { name: button }).count()).toBe(0);
    }
    await desk.close();
  });

  it("what the server refuses is said in its words, and logs nobody out: a page that believes that it may", async () => {
    const desk = await as("viewer");
    await desk.page.route("**/admin/api/me", async (route) => {
      const response = await route.fetch();
      const me = (await response.json()) as { permissions: string[] };
      me.permissions.push(
        "delivery:operate",
        "audit:read",
        "access:manage",
        "subjects:read",
        "subjects:manage",
      );
      await route.fulfill({ response, json: me });
    });
    await desk.page.reload();
    await desk.page.getByRole("navigation", { name: "Views" }).waitFor();
    await desk.go("destinations");
    await desk.main.getByRole("button", { name: "Pause hubspot" }).click();
    await desk.main
      .getByText("This needs the permission `delivery:operate`, which the role viewer has not.")
      .waitFor();
    for (const [view, permission] of [
      ["requests", "subjects:read"],
      ["access", "access:manage"],
      ["audit", "audit:read"],
    ]) {
      await desk.go(view ?? "");
      await desk.main.getByText(`This needs the permission \`${permission}\``).first().waitFor();
    }
    expect(await isLoggedIn(desk)).toBe(true);
    expect(desk.complaints).toEqual([]);
    await desk.close();
  });

  it("a marketer publishes a release, and may not pause a destination", async () => {
    const desk = await as("marketer");
    const draft = await fetch(`${product.url}/admin/api/drafts/from-a-marketer`, {
      method: "PUT",
      headers: { authorization: `Bearer ${tokens.get("marketer")}`, "content-type": "application/json" },
      body: JSON.stringify({ revision: 0 }),
    });
    expect(draft.ok).toBe(true);
    await desk.go("release/draft/from-a-marketer");
    await desk.main.getByLabel("Note").fill("From a marketer");
    await desk.main.getByRole("button", { name: "Publish" }).click();
    await desk.main.getByText(/^Version \d+ is published/).waitFor();
    await desk.go("destinations");
    await desk.main.getByText("hubspot", { exact: true }).waitFor();
    expect(await desk.main.getByRole("button", { name: "Pause hubspot" }).count()).toBe(0);
    await desk.close();
  });

  it("an engineer pauses and resumes a destination and sees the keys, and makes no token", async () => {
    const desk = await as("engineer");
    await desk.go("destinations");
    await desk.main.getByRole("button", { name: "Pause ga4" }).click();
    await desk.main.getByText("ga4 is paused.").waitFor();
    await desk.main.getByRole("button", { name: "Resume ga4" }).click();
    await desk.main.getByText("ga4 is running again.").waitFor();
    await desk.go("access");
    await desk.main.getByRole("heading", { name: "Master secret, version 1" }).waitFor();
    expect(await desk.main.getByText("New token").count()).toBe(0);
    await desk.close();
  });
});

describe("a privacy officer", () => {
  it("enters an erasure, watches it to its end, saves the proof, and finds the address suppressed until it is lifted", async () => {
    await take(ERASED);
    expect(await product.contacts()).toHaveLength(1);
    const desk = await as("privacy_officer");
    const { main, page } = desk;
    await desk.go("requests");
    await main.getByRole("link", { name: "New request" }).click();
    await main.getByLabel("What the person asks for").selectOption("erasure");
    await main.getByLabel("Under which law").selectOption("gdpr");
    await main.getByLabel("Its value").fill(ERASED.email);
    await main.getByRole("button", { name: "Add another" }).click();
    await main.getByLabel("Kind of identifier").nth(1).selectOption("user_id");
    await main.getByLabel("Its value").nth(1).fill(ERASED.user);
    await main.getByLabel("Note").fill("Came to the desk with an identity card");
    await main.getByLabel("I have verified that it is this person who asks").check();
    await main.getByRole("button", { name: "Start it now" }).click();

    await main.getByRole("heading", { name: "Erasure · GDPR" }).waitFor();
    await main.locator(".view-head .chip", { hasText: "completed" }).waitFor({ timeout: 45_000 });
    const step = (title: string) =>
      main.locator(".step").filter({ has: page.getByRole("heading", { name: title, exact: true }) });
    expect(await step("Suppress, and erase the profile").textContent()).toContain("confirmed");
    expect(await step("hubspot").textContent()).toMatch(/confirmed|requested|vendor offers none/);
    expect(await step("Proof of erasure").textContent()).toContain("confirmed");
    expect(await product.contacts()).toEqual([]);

    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      main.getByRole("button", { name: "Download the proof (JSON)" }).click(),
    ]);
    const proof = await readFile(await saved.path(), "utf8");
    expect(JSON.parse(proof)).toMatchObject({ verified: true });
    for (const secret of [ERASED.email, ERASED.user, "ida.berg"]) expect(proof).not.toContain(secret);
    expect(await main.getByText("it verifies").count()).toBe(1);

    await desk.go("requests");
    await main.getByLabel("Its value").fill(ERASED.email);
    await main.getByRole("button", { name: "Check" }).click();
    await main.getByRole("button", { name: "Lift the suppression…" }).click();
    const dialog = page.getByRole("dialog", { name: "Lift the suppression?" });
    await dialog.getByLabel("Reason").fill("They are a customer again");
    await dialog.getByRole("button", { name: "Lift it" }).click();
    await main.getByText("It is lifted").waitFor();
    await main.getByRole("button", { name: "Check" }).click();
    await main.getByText("It is not suppressed").waitFor();
    expect(desk.complaints).toEqual([]);
    // Nothing of what was typed is in an address.
    expect(desk.asked.join()).not.toContain("ida");
    await desk.close();
  });

  it("keeps a request until it is verified, extends it, and cancels it with a reason", async () => {
    const desk = await as("privacy_officer");
    const { main, page } = desk;
    await desk.go("requests/new");
    await main.getByLabel("Its value").fill("someone@example.com");
    await main.getByLabel("Note").fill("By letter, no signature");
    await main.getByRole("button", { name: "Keep it until it is verified" }).click();
    await main.getByText("Nobody has made sure yet who asks").waitFor();
    const id = new URL(page.url()).hash.split("/").at(-1) ?? "";
    await main.getByRole("button", { name: "Extend…" }).click();
    await page.getByRole("dialog").getByLabel("Reason").fill("Many requests at once");
    await page.getByRole("dialog").getByRole("button", { name: "Extend it" }).click();
    await main.getByText("(extended)").waitFor();
    expect(await main.getByRole("button", { name: "Extend…" }).count()).toBe(0);
    await main.getByRole("button", { name: "Cancel…" }).click();
    await page.getByRole("dialog").getByLabel("Reason").fill("The letter was not theirs");
    await page.getByRole("dialog").getByRole("button", { name: "Cancel the request" }).click();
    await main.getByText("Cancelled: The letter was not theirs").waitFor();
    await desk.go("requests");
    await main.getByRole("button", { name: /^Cancelled/ }).click();
    const row = main.getByRole("row").filter({ hasText: id.slice(0, 8) });
    expect(await row.textContent()).toContain("cancelled");
    await main.getByRole("button", { name: /^Completed/ }).click();
    expect(await row.count()).toBe(0);
    await desk.close();
  });

  it("hands on what was found for an access request, as a page and as JSON", async () => {
    await take(SHOWN);
    const desk = await as("privacy_officer");
    const { main, page } = desk;
    await desk.go("requests/new");
    await main.getByLabel("What the person asks for").selectOption("access");
    await main.getByLabel("Its value").fill(SHOWN.email);
    await main.getByLabel("Note").fill("Asked by phone, called back");
    await main.getByLabel("I have verified that it is this person who asks").check();
    await main.getByRole("button", { name: "Start it now" }).click();
    await main.getByRole("heading", { name: "What was found" }).waitFor({ timeout: 30_000 });
    for (const [name, opening] of [
      ["Readable page", "<!doctype html>"],
      ["JSON", "{"],
    ] as const) {
      const [saved] = await Promise.all([
        page.waitForEvent("download"),
        main.getByRole("button", { name, exact: true }).click(),
      ]);
      const text = await readFile(await saved.path(), "utf8");
      expect(text.trimStart().slice(0, opening.length).toLowerCase()).toBe(opening);
      expect(text).toContain(SHOWN.email);
    }
    await desk.close();
    const blind = await openDesk(browser, product, await tokenOf(product, "privacy_officer"));
    await blind.go(page.url().split("#/")[1] ?? "");
    await blind.main.getByText("You may not see this: the person's data").waitFor();
    await blind.close();
  });
});

describe("an admin", () => {
  it("makes a token that is shown once and lets somebody in, revokes it, and the audit log has both", async () => {
    const desk = await as("admin");
    const { main, page } = desk;
    await desk.go("access");
    await main.getByText("New token").click();
    await main.getByLabel("Name").fill("Dashboard on the wall");
    await main.getByLabel("Role", { exact: true }).selectOption("viewer");
    await main.getByLabel("Ends after").selectOption("7");
    await main.getByRole("button", { name: "Make the token" }).click();
    const token = await main.getByRole("textbox", { name: "The token" }).inputValue();
    expect(token).toMatch(/^dst_/);
    await main.getByText("it is not shown again").waitFor();
    await main.getByRole("button", { name: "Done" }).click();
    expect(await main.getByRole("textbox", { name: "The token" }).count()).toBe(0);
    expect(await page.content()).not.toContain(token);

    const other = await openDesk(browser, product, token);
    expect(await other.tabs()).toEqual(BASE_TABS);
    await main.getByRole("button", { name: "Revoke the token Dashboard on the wall" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke it" }).click();
    await main.getByText("“Dashboard on the wall” is revoked.").waitFor();
    await other.go("destinations");
    await other.page.getByText("You are not let in any more. Log in again.").waitFor();
    await other.close();

    await desk.go("audit");
    const entries = main.getByRole("row");
    await entries.filter({ hasText: "access_token.create" }).first().waitFor();
    await entries.filter({ hasText: "access_token.revoke" }).first().waitFor();
    await main.getByRole("button", { name: "Check the chain" }).click();
    await main.getByText(/^Whole: \d+ entries/).waitFor();
    await main.getByRole("combobox", { name: "Action" }).fill("access_token.revoke");
    await main.getByRole("button", { name: "Filter" }).click();
    await expect.poll(() => entries.filter({ hasText: "access_token.create" }).count()).toBe(0);
    expect(await entries.filter({ hasText: "access_token.revoke" }).count()).toBeGreaterThan(0);
    // What is hidden is not seen, whatever display its class sets: a button to go on where nothing is left, for one.
    const seen = (all: Element[]) => all.filter((one) => getComputedStyle(one).display !== "none").length;
    expect(await page.locator("[hidden]").count()).toBeGreaterThan(0);
    expect(await page.locator("[hidden]").evaluateAll(seen)).toBe(0);
    expect(desk.complaints).toEqual([]);
    await desk.close();
  });

  it("with ADMIN_TOKEN is root, of role admin and without an end", async () => {
    const desk = await openDesk(browser, product, DEMO_ADMIN_TOKEN);
    expect(await desk.page.getByLabel("Logged in as").textContent()).toMatch(/admin$/);
    expect(await desk.tabs()).toEqual([...BASE_TABS, "Profiles", "Conflicts", "Requests", "Access", "Audit"]);
    await desk.close();
  });
});
