/** Where a request carries its write key or secret key. */

/**
 * The key of a request: `Authorization: Basic base64(key:)` or `Bearer key`, `X-Write-Key`, `?writeKey=`, or the one in
 * the body where the protocol puts it.
 */
export function keyOf(request: Request, inBody: string | undefined): string | undefined {
  const authorization = request.headers.get("authorization");
  if (authorization) {
    const [scheme, value] = authorization.split(" ", 2);
    if (scheme?.toLowerCase() === "bearer" && value) return value;
    if (scheme?.toLowerCase() === "basic" && value) return basicUser(value);
  }
  return request.headers.get("x-write-key") ?? inBody ?? queryKey(request.url);
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
