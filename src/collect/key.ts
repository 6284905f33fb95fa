/** Where a request carries its write key or secret key. */

import { queryOf } from "./query.ts";

/**
 * The keys that a request offers: the one where its protocol puts it, and with an `Authorization` header, or without
 * the first, also `Basic base64(key:)`, `Bearer key`, `X-Write-Key` and `?writeKey=`. Several, because a site behind
 * Basic authentication makes browsers send that along with everything.
 */
export function keysOf(headers: Headers, url: string, inBody: string | undefined): string[] {
  const authorization = headers.get("authorization");
  if (authorization === null && inBody) return [inBody];
  const [scheme, value] = (authorization ?? "").split(" ", 2);
  const bearer = scheme?.toLowerCase() === "bearer" ? value : undefined;
  const basic = scheme?.toLowerCase() === "basic" && value ? basicUser(value) : undefined;
  const offered = [bearer, basic, headers.get("x-write-key"), inBody, queryKey(url)];
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
  return url.includes("writeKey=") ? (queryOf(url).get("writeKey") ?? undefined) : undefined;
}
