/** What every measured request shares: its sender, the page that it was made on, and what Cloudflare adds. */
import { type BenchVisitor, SITE } from "../visitors.ts";
import { CF_HEADER } from "../workerd.ts";
import type { BenchRequest } from "./request.ts";

/** What Cloudflare tells of a request, cut to what a Worker usually sees. */
const SLOVAKIA = {
  colo: "VIE",
  country: "SK",
  isEUCountry: "1",
  continent: "EU",
  region: "Bratislava Region",
  regionCode: "BL",
  city: "Bratislava",
  timezone: "Europe/Bratislava",
  asn: 6855,
  httpProtocol: "HTTP/2",
  tlsVersion: "TLSv1.3",
  clientTcpRtt: 12,
};
/** Of a country where silence is consent. */
const UNITED_STATES = {
  ...SLOVAKIA,
  colo: "EWR",
  country: "US",
  isEUCountry: undefined,
  continent: "NA",
  region: "New York",
  regionCode: "NY",
  city: "New York",
  timezone: "America/New_York",
};
export const CF_OF_SLOVAKIA = JSON.stringify(SLOVAKIA);
export const CF_OF_THE_US = JSON.stringify(UNITED_STATES);

/** Each visitor sends some requests in a row, as on a visit, of which the first is a stranger's. */
export const REQUESTS_PER_VISITOR = 4;

export const PAGE = {
  url: `http://${SITE}/articles/first-winter-on-skis?utm_source=newsletter&utm_medium=email&utm_campaign=sunday-letter`,
  path: "/articles/first-winter-on-skis",
  search: "?utm_source=newsletter&utm_medium=email&utm_campaign=sunday-letter",
  title: "First winter on skis and what to wear",
  referrer: "https://www.google.com/",
  locale: "sk-SK",
};

/** What a page's script puts into the cart. */
export const GLOVES = {
  product_id: "wool-gloves",
  name: "Wool gloves",
  category: "winter",
  price: 39,
  quantity: 1,
  currency: "EUR",
};

/** Headers of a browser that asks for something of its own page's site. @param ownCookies of the vendor's client */
export function browserHeaders(visitor: BenchVisitor, ...ownCookies: string[]): Record<string, string> {
  return {
    host: SITE,
    "user-agent": visitor.userAgent,
    "accept-language": "sk-SK,sk;q=0.9,en;q=0.8",
    "accept-encoding": "gzip, br",
    referer: `http://${SITE}/articles/first-winter-on-skis`,
    "sec-fetch-site": "same-origin",
    "sec-fetch-mode": "cors",
    "sec-fetch-dest": "empty",
    "cf-connecting-ip": visitor.address,
    cookie: [visitor.cookie, ...ownCookies].join("; "),
    [CF_HEADER]: CF_OF_SLOVAKIA,
  };
}

/** The same for a POST of a page's script. */
export const postHeaders = (
  visitor: BenchVisitor,
  contentType: string,
  ...ownCookies: string[]
): Record<string, string> => ({
  ...browserHeaders(visitor, ...ownCookies),
  accept: "*/*",
  "content-type": contentType,
  origin: `http://${SITE}`,
});

/** Requests of each visitor in a row. */
export const ofEach = (
  visitors: readonly BenchVisitor[],
  make: (visitor: BenchVisitor) => BenchRequest,
): BenchRequest[] =>
  visitors.flatMap((visitor) => Array.from({ length: REQUESTS_PER_VISITOR }, () => make(visitor)));
