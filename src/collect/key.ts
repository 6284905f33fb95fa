/** Where a request carries its write key or secret key. */

/**
 * The keys that a request offers, in the order in which they are tried: `Authorization: Basic base64(key:)` or `Bearer
 * key`, `X-Write-Key`, the one in the body where the protocol puts it, `?writeKey=`. Several, because a site behind
 * Basic authentication makes browsers send that along with everything.
 */
export function keysOf(request: Request, inBody: string | undefined): string[] {
  const [scheme, value] = (request.headers.get("authorization") ?? "").split(" ", 2);
  const bearer = scheme?.toLowerCase() === "bearer" ? value : undefined;
  const basic = scheme?.toLowerCase() === "basic" && value ? basicUser(value) : undefined;
  const offered = [bearer, basic, request.headers.get("x-write-key"), inBody, queryKey(request.url)];
  return offered.filter((key): key is string => typeof key === "string" && key !== "");
}

function basicUser(value: string): string | undefined {
  try {
    return atob(value).split(":", 1)[0] || undefined;
  } catch {
    return undefined; // Not base64: no key, and the caller answers 401.
  }
}

function queryKey(url: string): string | undefined {
  return url.includes("writeKey=") ? (new URL(url).searchParams.get("writeKey") ?? undefined) : undefined;
}
