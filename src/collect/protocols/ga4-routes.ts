/** Paths of GA4's tag and of its Measurement Protocol. Bodies are read as text: a tag's has lines, or nothing at all. */
import type { Route } from "./protocol.ts";

export const HIT_GET: Route = { method: "GET", path: "/g/collect", body: "none" };
export const HIT: Route = { method: "POST", path: "/g/collect", body: "text" };
export const MEASUREMENT: Route = { method: "POST", path: "/mp/collect", body: "text" };
export const VALIDATION: Route = { method: "POST", path: "/debug/mp/collect", body: "text" };
