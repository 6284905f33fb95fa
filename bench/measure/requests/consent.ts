/** One event of our own script on a site with a consent manager: a TCF string and OneTrust's cookies come besides ours. */
import { tcfString } from "../../../test/setup/tcf-strings.ts";
import type { BenchVisitor } from "../visitors.ts";
import { eventRequest } from "./native.ts";
import type { BenchRequest } from "./request.ts";

/** Different strings that the visitors of one site have: less than an isolate remembers. */
const STRINGS = 20;
const VENDORS = 900;
const DAY_MS = 86_400_000;
const GROUPS = "C0001:1,C0002:1,C0003:1,C0004:1,C0005:1";

/** Cookies of a visitor who accepted everything, by name; the strings have some 350 characters. */
export function consentCookies(number: number, now: number): Record<string, string> {
  const given = now - (2 + (number % STRINGS)) * DAY_MS;
  const string = tcfString({
    created: given - (given % DAY_MS),
    updated: given - (given % DAY_MS),
    purposes: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
    interests: [2, 7, 8, 9, 10, 11],
    vendors: Array.from({ length: VENDORS }, (_, n) => n + 1).filter((id) => id % 7 !== number % 7),
    disclosed: Array.from({ length: VENDORS }, (_, n) => n + 1),
  });
  const optanon = new URLSearchParams({
    isGpcEnabled: "0",
    datestamp: `${new Date(given).toUTCString().replace("GMT", "GMT+0000")} (Greenwich Mean Time)`,
    version: "202505.1.0",
    browserGpcFlag: "0",
    hosts: "",
    landingPath: "NotLandingPage",
    consentId: "00000000-0000-0000-0000-000000000000",
    interactionCount: "1",
    groups: GROUPS,
    isIABGlobal: "false",
    geolocation: "SK;BL",
    isAnonUser: "1",
    AwaitingReconsent: "false",
  });
  return {
    "euconsent-v2": string,
    OptanonConsent: optanon.toString(),
    OptanonAlertBoxClosed: new Date(given).toISOString(),
  };
}

/** `POST /events` of one event with these cookies. */
export function consentRequest(visitor: BenchVisitor, now: number): BenchRequest {
  const request = eventRequest(visitor, 1, now);
  const own = Object.entries(consentCookies(visitor.number, now)).map(([name, value]) => `${name}=${value}`);
  return { ...request, headers: { ...request.headers, cookie: [visitor.cookie, ...own].join("; ") } };
}
