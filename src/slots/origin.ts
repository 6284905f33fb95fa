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
const OWN_COOKIES = new Set(["ds_id", "ds_session", "ds_consent"]);

/** The origin's answer. Throws a Problem (502) only where the origin cannot be reached at all. */
export async function frontOrigin(request: Request, { origin, fetch }: OriginDeps): Promise<Response> {
  const base = new URL(origin);
  const prefix = base.pathname.replace(/\/$/, "");
  const visited = new URL(request.url);
  // As one text: a path of `//other.example` relative to the origin would be another host.
  const target = new URL(`${base.origin}${prefix}${visited.pathname}${visited.search}`);
  let response: Response;
  try {
    response = await fetch(
      new Request(new Request(target, request), {
        headers: originHeaders(request, visited),
        redirect: "manual",
      }),
    );
  } catch (error) {
    logError("the origin cannot be reached", error);
    throw new Problem(502, "origin_unreachable", "The site behind this address cannot be reached.");
  }
  const location = response.headers.get("location");
  const rewritten = location && publicLocation(location, target, base.origin, prefix, visited.origin);
  if (!rewritten || rewritten === location) return response;
  const redirect = new Response(response.body, response);
  redirect.headers.set("location", rewritten);
  return redirect;
}

/** Whether the visitor's browser asks for a page, rather than for one of its parts. */
export const asksForPage = (request: Request): boolean =>
  request.method === "GET" && (request.headers.get("accept")?.includes("text/html") ?? false);

/** Whether an answer is a page that may be rewritten. */
export const isPage = (request: Request, response: Response): boolean =>
  request.method === "GET" &&
  response.status === 200 &&
  /^text\/html\b/i.test(response.headers.get("content-type") ?? "") &&
  !/\bno-transform\b/i.test(response.headers.get("cache-control") ?? "");

/** The page as one visitor's own: for no shared cache, and without validators of the page that the origin knows. */
export function asPersonal(response: Response): Response {
  const personal = new Response(response.body, response);
  personal.headers.set("cache-control", "private, no-store");
  for (const name of ["etag", "last-modified", "content-length", "expires", "age"])
    personal.headers.delete(name);
  return personal;
}

function originHeaders(request: Request, visited: URL): Headers {
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
  }
  headers.delete("host"); // `fetch` writes the origin's own.
  headers.set("x-forwarded-host", visited.host);
  headers.set("x-forwarded-proto", visited.protocol.slice(0, -1));
  return headers;
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
