/** Paths of Snowplow's collector: the pixel, and a POST whose path a site renames as it likes. */
import type { Route } from "./protocol.ts";

export const PIXEL: Route = { method: "GET", path: "/i", body: "none" };

/** A vendor has a dot and starts with a letter or digit, so that `/.well-known/…` is none. */
export const COLLECTOR: Route = {
  method: "POST",
  path: "/:vendor{[a-zA-Z0-9][a-zA-Z0-9_-]*[.][a-zA-Z0-9._-]+}/:version",
  body: "json",
};
