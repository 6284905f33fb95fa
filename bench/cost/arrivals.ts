/** Visits as requests, each with the moment at which it arrives. */
import { type Browser, openBrowser, requestsOf, type Sent } from "./browser.ts";
import type { Visitor } from "./traffic.ts";

export interface Arrival {
  at: number;
  browser: Browser;
  sent: Sent;
}

/**
 * When each request arrives. Visits begin evenly, as many a second as make the rate; then time is stretched or squeezed a
 * little, the order kept, until events come at the very rate from beginning to end, as at a site that never began.
 */
export function arrivalsOf(
  visitors: readonly Visitor[],
  browsers: ReadonlyMap<Visitor, Browser>,
  visitOf: (visitor: Visitor) => Visitor["before"],
  start: number,
  { eventsPerSecond, eventsPerRequest }: { eventsPerSecond: number; eventsPerRequest: number },
): Arrival[] {
  const coming = visitors.filter((visitor) => visitOf(visitor));
  const requests = coming.map((visitor) => requestsOf(visitOf(visitor) ?? [], eventsPerRequest));
  const events = requests
    .flat()
    .reduce((sum, sent) => sum + (sent.kind === "events" ? sent.events.length : 0), 0);
  const seconds = events / eventsPerSecond;
  const natural = coming.flatMap((visitor, n) => {
    const browser = browsers.get(visitor) ?? openBrowser(visitor);
    return (requests[n] ?? []).map((sent) => ({
      at: (seconds * n) / coming.length + sent.after,
      browser,
      sent,
    }));
  });
  natural.sort((a, b) => a.at - b.at);
  const pace = natural.length / seconds;
  return natural.map(({ browser, sent }, n) => ({ at: start + (n / pace) * 1000, browser, sent }));
}
