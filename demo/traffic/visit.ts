/**
 * One played visit, from the landing page to wherever this visitor was going: reading, looking at offers and clicking some,
 * subscribing, filling a cart, buying once or twice. It goes through the site as a browser does, pages and forms
 * included, so the Worker sees what it would see of people.
 */
import { z } from "zod";
import type { OpenedPage, Tally, VisitorBrowser } from "./browser.ts";
import { openBrowser } from "./browser.ts";
import type { Persona } from "./persona.ts";
import { clickOffer, look } from "./slots.ts";

const order = z.looseObject({ order_id: z.string() });
const member = z.object({
  user_id: z.string(),
  token: z.string(),
  traits: z.record(z.string(), z.string()),
});
const product = z.looseObject({ product_id: z.string() });

/** A cart that was left: with `comeBack` its visitor looks at the site once more. */
export interface LeftCart {
  /** ms since 1970 */
  leftAt: number;
  comeBack(): Promise<void>;
}

/**
 * Plays a visit; its outcome is in the tally. Rejects when the Worker cannot be reached or `signal` ends it.
 * @returns the cart that was left, if one was
 */
export async function playVisit(
  origin: string,
  persona: Persona,
  tally: Tally,
  signal: AbortSignal,
): Promise<LeftCart | undefined> {
  const browser = openBrowser(origin, persona, tally, signal);
  const home = await browser.open(persona.landing);
  await answerConsent(browser, persona);
  seen(browser, home);
  await browser.flush();

  if (persona.signsIn) {
    await browser.open("/login");
    browser.event("login", { method: "password" });
    await browser.flush();
    const home = await browser.submit("/login", { email: persona.email });
    const who = member.safeParse(jsonBlock(home, "member"));
    if (who.success) browser.event("identify", {}, who.data);
    await browser.flush();
  }

  const topic = await browser.open(`/topics/${persona.topic}`);
  seen(browser, topic);
  for (const slug of linksTo("articles", topic).slice(0, persona.articles)) {
    browser.event("cta_click", { cta_id: `article-${slug}`, label: slug.replaceAll("-", " ") });
    await browser.flush();
    const article = await browser.open(`/articles/${slug}`);
    seen(browser, article);
    for (const percent of [25, 50, 75, 90].slice(0, persona.articles + 1))
      browser.event("scroll", { percent });
    await browser.flush();
  }

  await tryOut(browser, persona);

  const gear = linksTo("products", topic);
  if (persona.intent === "subscribe") await subscribe(browser, persona);
  if (persona.intent === "cart" || persona.intent === "buy" || persona.intent === "buy_again")
    await fillCart(browser, gear[0]);
  if (persona.intent === "buy" || persona.intent === "buy_again") await buy(browser, persona);
  if (persona.intent === "buy_again") {
    await fillCart(browser, gear[1] ?? gear[0]);
    await buy(browser, persona);
  }
  await tryOut(browser, { curious: [], clicks: persona.clicks });
  tally.visitors += 1;
  if (persona.intent !== "cart") return undefined;
  return {
    leftAt: Date.now(),
    comeBack: () => tryOut(browser, { curious: ["cart"], clicks: persona.clicks }),
  };
}

async function answerConsent(browser: VisitorBrowser, { consent }: Persona): Promise<void> {
  if (consent === "silent") return;
  const all = consent === "all";
  await browser.setConsent({ analytics: consent !== "none", marketing: all, personalization: all });
}

function seen(browser: VisitorBrowser, page: OpenedPage): void {
  browser.event("page_view", page.content === undefined ? {} : { content: page.content });
  look(browser, page);
}

/** The pages that show what Doorstep does, as far as this visitor is curious; offers that are of interest are clicked. */
async function tryOut(
  browser: VisitorBrowser,
  { curious, clicks }: Pick<Persona, "curious" | "clicks">,
): Promise<void> {
  for (const path of ["/", ...curious.map((slug) => `/try/${slug}`)]) {
    const page = await browser.open(path);
    browser.event("page_view", page.content === undefined ? {} : { content: page.content });
    const slots = look(browser, page);
    await browser.flush();
    if (clicks) await clickOffer(browser, slots);
  }
}

async function subscribe(browser: VisitorBrowser, { email, firstName }: Persona): Promise<void> {
  seen(browser, await browser.open("/newsletter"));
  browser.event("form_submit", { form_id: "newsletter" }, { traits: { email, first_name: firstName } });
  await browser.flush();
  await browser.submit("/newsletter", { email, first_name: firstName });
}

async function fillCart(browser: VisitorBrowser, slug = "ember-flask"): Promise<void> {
  const page = await browser.open(`/products/${slug}`);
  seen(browser, page);
  const details = product.safeParse(jsonBlock(page, "product"));
  if (!details.success) return;
  browser.event("add_to_cart", { ...details.data, quantity: 1 });
  await browser.flush();
  await browser.submit("/cart", { product: slug, quantity: "1" });
}

async function buy(browser: VisitorBrowser, { email, firstName, lastName }: Persona): Promise<void> {
  const traits = { email, first_name: firstName, last_name: lastName };
  await browser.open("/checkout");
  browser.event("form_submit", { form_id: "checkout" }, { traits });
  await browser.flush();
  const thanks = await browser.submit("/checkout", traits);
  const placed = order.safeParse(jsonBlock(thanks, "order"));
  if (placed.success) browser.event("purchase", placed.data);
  await browser.flush();
}

function linksTo(kind: "articles" | "products", page: OpenedPage): string[] {
  return [
    ...new Set(
      [...page.html.matchAll(new RegExp(`href="/${kind}/([a-z0-9-]+)"`, "g"))].map((match) => match[1] ?? ""),
    ),
  ];
}

function jsonBlock(page: OpenedPage, id: string): unknown {
  const text = new RegExp(`<script type="application/json" id="${id}">([^<]*)</script>`).exec(page.html)?.[1];
  return text === undefined ? undefined : JSON.parse(text);
}
