/**
 * Where events may come in, before it is known by which protocol: what is loaded with the first of them is loaded for nothing
 * else. A test holds the routes of all protocols against it.
 */

/** Hono paths below the base path. */
export const COLLECT_PATHS = [
  "/events",
  "/v1/*",
  "/beacon/*",
  "/pixel/*",
  "/i",
  "/g/*",
  "/mp/*",
  "/debug/mp/*",
  "/api/s/*",
  "/api/px/*",
];

/** Snowplow's `/vendor/version`: a vendor has a dot. No pattern of routes, since beside it Hono's fast router gives up for all. */
const VENDOR_PATH = /^\/[a-z0-9][\w-]*\.[\w.-]+\/[^/]+$/i;

/** @param path below the base path */
export const isVendorPath = (method: string, path: string): boolean =>
  (method === "POST" || method === "OPTIONS") && VENDOR_PATH.test(path);
