/**
 * CORS for the collection endpoints: the allowed origin is echoed, with credentials, never `*`. A request without an
 * `Origin` header is not a cross-origin one and gets no headers.
 */

/** Headers for an answer to an allowed origin; none where it is our own, which may read the answer anyway. */
export function corsHeaders(origin: string | null, ownOrigin: string): Record<string, string> {
  if (origin === null || origin === ownOrigin) return {};
  return {
    "access-control-allow-origin": origin,
    "access-control-allow-credentials": "true",
    vary: "Origin",
  };
}

const ALLOWED_HEADERS = ["authorization", "content-type", "content-encoding", "x-write-key"];

/** The answer to a preflight. @param headers that are allowed besides the usual ones */
export function preflight(request: Request, allowed: boolean, headers: readonly string[] = []): Response {
  const origin = request.headers.get("origin");
  if (origin === null || !allowed) return new Response(null, { status: 403 });
  return new Response(null, {
    status: 204,
    headers: {
      ...corsHeaders(origin, ""),
      "access-control-allow-methods": "GET, POST, PUT, OPTIONS",
      "access-control-allow-headers": [...ALLOWED_HEADERS, ...headers].join(", "),
      "access-control-max-age": "86400",
    },
  });
}
