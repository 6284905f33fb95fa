/**
 * A preview link that is followed: `?ds_preview=<token>` on an address of the site. The browser gets the cookie and is sent
 * to the same address without the parameter, so that no link on that page and no log behind it learns the token; `off`
 * takes the cookie away again. A link that is over, or none of ours, is said to be so on a page of its own. Called by
 * src/app.ts for addresses that are not Doorstep's.
 */
import { transportHeaders } from "#core/headers";
import type { Keyring } from "#privacy/keys";
import { endPreview, LEAVE, PREVIEW_PARAMETER, previewCookie } from "./cookie.ts";
import { openPreview } from "./token.ts";

interface Given {
  keys: Keyring;
  /** Epoch ms. */
  now: number;
  /** Local development: plain http. */
  dev: boolean;
  /** Path that a link has where the Worker is not in front of the site: it leads to where the token says. */
  entry: string;
}

/** The token of a followed link; undefined where a request is none. */
export function tokenIn(request: Request): string | undefined {
  const { method, url } = request;
  if (!url.includes(`${PREVIEW_PARAMETER}=`) || (method !== "GET" && method !== "HEAD")) return undefined;
  return new URL(url).searchParams.get(PREVIEW_PARAMETER) ?? undefined;
}

/** The answer to a followed link. */
export async function followLink(request: Request, token: string, given: Given): Promise<Response> {
  const { keys, now, dev, entry } = given;
  const url = new URL(request.url);
  const here = withoutParameter(url);
  const headers = { ...HEADERS, ...transportHeaders(request.url, dev) };
  if (token === LEAVE) {
    // There is no page at the entry itself: it is where links to other sites come in.
    if (url.pathname === entry) return page(LEFT, { ...headers, "set-cookie": endPreview(!dev) });
    return redirect(here, endPreview(!dev), headers);
  }
  const opened = await openPreview(keys, token, now);
  if (opened.ok) {
    const to = url.pathname === entry ? new URL(opened.terms.to, url.origin).href : here;
    return redirect(to, previewCookie(token, !dev), headers);
  }
  return page(REFUSALS[opened.why], headers);
}

type Said = readonly [status: number, title: string, text: string, out?: string];

function page([status, title, text, out = ""]: Said, headers: Record<string, string>): Response {
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<h1>${title}</h1>
<p>${text}</p>
${out}
</html>
`;
  return new Response(html, {
    status,
    headers: { ...headers, "content-type": "text/html; charset=utf-8", "content-security-policy": POLICY },
  });
}

/** Nothing is told to where a link on the page leads, and no cache keeps an address that has a token in it. */
const HEADERS = {
  "cache-control": "private, no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-robots-tag": "noindex",
};
const POLICY = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'";

const OUT = `<p><a href="?${PREVIEW_PARAMETER}=${LEAVE}">Go to the page as visitors see it</a></p>`;
const LEFT: Said = [200, "The preview is over", "The pages of the site are what visitors see again."];

const REFUSALS = {
  forged: [
    403,
    "This is no preview link of this site",
    "It was not made here, or not all of it has arrived. Ask whoever sent it for the whole link.",
    OUT,
  ],
  expired: [
    410,
    "This preview is over",
    "Links to previews hold for some hours. Ask whoever sent it for another.",
    OUT,
  ],
} as const;

const redirect = (location: string, cookie: string, headers: Record<string, string>): Response =>
  new Response(null, { status: 303, headers: { ...headers, location, "set-cookie": cookie } });

/** The whole address, since a path of `//other.example` by itself would be another host; what else is asked stays as it is. */
function withoutParameter({ origin, pathname, search }: URL): string {
  const rest = search
    .slice(1)
    .split("&")
    .filter((part) => part.split("=", 1)[0] !== PREVIEW_PARAMETER);
  return `${origin}${pathname}${rest.length > 0 && rest[0] !== "" ? `?${rest.join("&")}` : ""}`;
}
