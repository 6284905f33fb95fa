/** A page of the demo's site with a vendor's client on it, in Chromium, and a note of all that it asks for. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { EventEntry, LiveEntry } from "../../src/console/entry.ts";
import type { Product } from "./e2e.ts";
import { eventually } from "./eventually.ts";

export interface VendorPage {
  page: Page;
  context: BrowserContext;
  /** Method and path of each request to us, oldest first. */
  ours: string[];
  /** Addresses of requests to anybody else. */
  others: string[];
}

/** A new visitor who has consented to everything, on a page with the client's script, if there is one. */
export async function openVendorPage(
  browser: Browser,
  product: Product,
  script?: string,
): Promise<VendorPage> {
  const context = await browser.newContext({ bypassCSP: true });
  // The site's own measuring script stays away: here, all events come from the vendor's client.
  await context.route("**/doorstep.js", (route) => route.abort());
  const page = await context.newPage();
  const ours: string[] = [];
  const others: string[] = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin === product.url) ours.push(`${request.method()} ${url.pathname}`);
    else if (!/^(data|blob):$/.test(url.protocol)) others.push(request.url());
  });
  await page.goto(`${product.url}/`);
  await page.evaluate(async () => {
    const purposes = { analytics: "granted", marketing: "granted", personalization: "granted" };
    const response = await fetch("/consent", {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ purposes }),
    });
    if (!response.ok) throw new Error(await response.text());
  });
  if (script !== undefined) await page.addScriptTag({ content: script });
  return { page, context, ours, others };
}

/** Events of the live view, newest first, those of `protocol` alone where one is given. */
export async function liveEvents(product: Product, protocol?: string): Promise<EventEntry[]> {
  const { events } = (await (await product.admin("/live?limit=500")).json()) as { events: LiveEntry[] };
  return events.filter((entry): entry is EventEntry => {
    if (entry.kind !== "event") return false;
    const door = entry.receipts.find((receipt) => receipt.stage === "door");
    return protocol === undefined || door?.protocol === protocol;
  });
}

/** Waits until `names` have come in under `protocol`, since the events of `before`; fails with what came instead. */
export async function arrived(
  product: Product,
  protocol: string,
  names: readonly string[],
  before: ReadonlySet<string> = new Set(),
): Promise<EventEntry[]> {
  return eventually(async () => {
    const events = (await liveEvents(product, protocol)).filter(({ event_id }) => !before.has(event_id));
    const found = events.map(({ name, outcome }) => (outcome === "accepted" ? name : `${name} ${outcome}`));
    if (JSON.stringify(found.sort()) !== JSON.stringify([...names].sort()))
      throw new Error(`came in: ${found.join(", ")}; not: ${names.join(", ")}`);
    return events;
  });
}

export const idsOf = (events: readonly EventEntry[]): Set<string> =>
  new Set(events.map(({ event_id }) => event_id));
