/** Where a request comes from, as far as browsers say it: they set these headers, and scripts cannot. */

/** A page of our own origin sent it. What a browser without `Sec-Fetch-Site` sends tells by its `Origin`. */
export function isSameOrigin({ headers, url }: Request): boolean {
  const site = headers.get("sec-fetch-site");
  return site === null ? headers.get("origin") === new URL(url).origin : site === "same-origin";
}

/** A page of another site sent it. */
export const isCrossSite = ({ headers }: Request): boolean => headers.get("sec-fetch-site") === "cross-site";
