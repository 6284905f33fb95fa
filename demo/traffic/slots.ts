/**
 * What a played visitor sees in the slots of a page, told from its HTML as the browser script would: an impression of each, and
 * a click on a link of an offer now and then.
 */
import type { OpenedPage, VisitorBrowser } from "./browser.ts";

const SLOT = /<[a-z-]+[^>]* data-doorstep-slot="([^"]+)"[^>]*>/g;
const OFFER = / data-doorstep-offer="([^"]+)"/;
const LINK = /<a [^>]*href="([^"]+)"[^>]*data-doorstep-click="([^"]+)"/;

/** One slot of a page. `link` is what one can click in its offer. */
interface ShownSlot {
  slot: string;
  offer?: string;
  link?: { href: string; id: string };
}

/** The slots of a page, in its order. A link belongs to the last slot before it. */
export function slotsOf({ html }: OpenedPage): ShownSlot[] {
  const found = [...html.matchAll(SLOT)];
  return found.map((match, place) => {
    const [tag, slot = ""] = match;
    const [, offer] = OFFER.exec(tag) ?? [];
    if (offer === undefined) return { slot };
    const [, href, id] = LINK.exec(html.slice(match.index, found[place + 1]?.index)) ?? [];
    return { slot, offer, ...(href && id && { link: { href, id } }) };
  });
}

/** Notes an impression of each slot. @returns the slots */
export function look(browser: VisitorBrowser, page: OpenedPage): ShownSlot[] {
  const slots = slotsOf(page);
  const about = page.content === undefined ? {} : { content: page.content };
  for (const { slot, offer } of slots)
    browser.event("content_impression", { slot, ...(offer && { offer }), ...about });
  return slots;
}

/** Clicks the first offer that can be clicked, and opens where it leads. */
export async function clickOffer(browser: VisitorBrowser, slots: readonly ShownSlot[]): Promise<void> {
  const chosen = slots.find(({ link }) => link);
  if (!chosen?.link) return;
  const { slot, offer, link } = chosen;
  const url = new URL(link.href, browser.page.url);
  browser.event("cta_click", { cta_id: link.id, href: url.href, slot, offer });
  await browser.flush();
  await browser.open(url.pathname);
}
