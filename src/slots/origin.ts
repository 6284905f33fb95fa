/**
 * Fronting the CMS: the request goes to the origin as it came, without our own cookies, and the origin's answer comes
 * back as it is, whatever its status; only redirects to the origin's own host are turned to the public one. Pure but
 * for the `fetch` it is given; serve.ts decides which answers are pages to be personalised.
 */
import { logError } from "#core/log";
import { Problem } from "#core/problem";

export interface OriginDeps {
  /** `https://cms.example.com`, with a path prefix if the site has one there. */
  origin: string;
  fetch(request: Request): Promise<Response>;
}

/** Our cookies are nobody's business but ours. */
const OWN_COOKIES = new Set(["ds_id", "ds_session", "ds_consent", "ds_preview"]);

/** The origin's answer. Throws a Problem (502) only where the origin cannot be reached at all. */
export async function frontOrigin(request: Request, { origin, fetch }: OriginDeps): Promise<Response> {
  const { base, prefix } = siteOf(origin);
  const { url, method, body } = request;
  const path = url.indexOf("/", url.indexOf("//") + 2);
  // As one text: a path of `//other.example` relative to the origin would be another host.
  const target = `${base}${prefix}${url.slice(path)}`;
  const headers = originHeaders(request, url.slice(0, path));
  let response: Response;
  try {
    // `duplex` is for runtimes that ask for it where a body streams; the types of this one do not know it.
    const init = { method, headers, body, redirect: "manual", duplex: "half" } as RequestInit;
    response = await fetch(new Request(target, init));
  } catch (error) {
    logError("the origin cannot be reached", error);
    throw new Problem(502, "origin_unreachable", "The site behind this address cannot be reached.");
  }
  const location = response.headers.get("location");
  if (!location) return response;
  const rewritten = publicLocation(location, new URL(target), base, prefix, url.slice(0, path));
  if (!rewritten || rewritten === location) return response;
  const redirect = new Response(response.body, response);
  redirect.headers.set("location", rewritten);
  return redirect;
}

/** Of the setting: its scheme and host, and the path below which the site is. */
interface Site {
  base: string;
  prefix: string;
}

let site: (Site & { of: string }) | undefined;

function siteOf(origin: string): Site {
  if (site?.of !== origin) {
    const { origin: base, pathname } = new URL(origin);
    site = { of: origin, base, prefix: pathname.replace(/\/$/, "") };
  }
  return site;
}

/** Whether the visitor's browser asks for a page, rather than for one of its parts. */
export const asksForPage = ({ method, headers }: Request): boolean =>
  method === "GET" && (headers.get("accept")?.includes("text/html") ?? false) && !headers.has("range");

/** A browser asks for what its visitor may never see. https://wicg.github.io/nav-speculation/#sec-purpose-header */
export const isPrefetch = ({ headers }: Request): boolean =>
  PURPOSE_HEADERS.some((name) => /prefetch|prerender|preview/i.test(headers.get(name) ?? ""));

const PURPOSE_HEADERS = ["sec-purpose", "purpose", "x-moz", "x-purpose"];

const HTML = /^\s*text\/html\s*(?:;|$)/i;
/** What the runtime reads by itself. Whatever else a page may be packed in goes on as it is. */
const READABLE = /^(?:identity|gzip|x-gzip|br)?$/i;

/** Whether an answer is a page that may be rewritten. */
export const isPage = (request: Request, response: Response): boolean =>
  request.method === "GET" && !request.headers.has("range") && isWholePage(response);

function isWholePage({ status, headers }: Response): boolean {
  return (
    status === 200 &&
    HTML.test(headers.get("content-type") ?? "") &&
    READABLE.test(headers.get("content-encoding")?.trim() ?? "") &&
    !/\bno-transform\b/i.test(headers.get("cache-control") ?? "") &&
    !/^\s*attachment\b/i.test(headers.get("content-disposition") ?? "")
  );
}

/** The answer to a HEAD, of what a GET would have: no cache may take it as news of the page that it keeps. */
export const headOf = (request: Request, response: Response): Response =>
  request.method === "HEAD" && isWholePage(response) ? asPersonal(response) : response;

/**
 * The page as one visitor's own: for no shared cache, and without what the origin says of its own bytes. It goes on
 * unpacked; Cloudflare packs it again as the browser likes it.
 */
export function asPersonal(response: Response): Response {
  const personal = new Response(response.body, response);
  personal.headers.set("cache-control", "private, no-store");
  for (const name of OF_THE_BYTES) personal.headers.delete(name);
  for (const name of [...personal.headers.keys()])
    if (FOR_SHARED_CACHES.test(name)) personal.headers.delete(name);
  return personal;
}

const OF_THE_BYTES =
  "etag last-modified content-length content-encoding accept-ranges content-md5 digest content-digest repr-digest expires age".split(
    " ",
  );

/**
 * What caches in front of us obey before `Cache-Control`: a site may stay behind a CDN of its own. RFC 9213 names the first;
 * others may be called by any product, `Fastly-CDN-Cache-Control` for one.
 */
const FOR_SHARED_CACHES = /cdn-cache-control$|^(?:surrogate-control|x-accel-expires|edge-control)$/;

/** @param visited scheme and host that the visitor asked */
function originHeaders(request: Request, visited: string): Headers {
  const headers = new Headers(request.headers);
  const cookies = headers.get("cookie");
  if (cookies !== null) {
    const theirs = cookies.split(";").filter((pair) => !OWN_COOKIES.has(pair.split("=", 1)[0]?.trim() ?? ""));
    if (theirs.length > 0) headers.set("cookie", theirs.join(";").trim());
    else headers.delete("cookie");
  }
  // A page that the browser once kept is another visitor's page by now: the origin is to send it whole.
  if (asksForPage(request)) {
    headers.delete("if-none-match");
    headers.delete("if-modified-since");
    headers.set("accept-encoding", readableOf(headers.get("accept-encoding")));
  }
  headers.delete("host"); // `fetch` writes the origin's own.
  const [scheme = "", host = ""] = visited.split("://");
  headers.set("x-forwarded-host", host);
  headers.set("x-forwarded-proto", scheme);
  return headers;
}

/** Of the ways of packing that the browser knows, those that we can read. */
function readableOf(accepted: string | null): string {
  const known = (accepted ?? "").split(",").filter((one) => /^\s*(?:gzip|br)\s*(?:;|$)/i.test(one));
  return known.length > 0 ? known.map((one) => one.trim()).join(", ") : "identity";
}

/** A redirect's target, at the public host where it names the origin's. */
function publicLocation(
  location: string,
  from: URL,
  origin: string,
  prefix: string,
  visited: string,
): string | undefined {
  if (!URL.canParse(location, from.href)) return undefined;
  const to = new URL(location, from.href);
  const inside =
    to.origin === origin && (prefix === "" || to.pathname === prefix || to.pathname.startsWith(`${prefix}/`));
  if (!inside) return location;
  if (prefix === "" && !/^([a-z][a-z0-9+.-]*:)?\/\//i.test(location)) return location;
  return `${visited}${to.pathname.slice(prefix.length) || "/"}${to.search}${to.hash}`;
}
