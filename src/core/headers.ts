/**
 * Headers that keep browsers from making more of an answer than it is: from guessing its type, framing it, running
 * something in it, or reading it from another site. Problems and answers about a person carry DATA_HEADERS themselves;
 * src/app.ts puts `strictHeaders` before what only operators and the persons concerned ask for. What pages ask for with
 * every visit carries no more than it needs. docs/security/headers.md says which answer carries what; a test holds it.
 */
import type { MiddlewareHandler } from "hono";

/** Shown as a document, such an answer can load, run and send nothing, and nobody can put it into a frame. */
export const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** Of JSON: what it repeats of a request stays text, whoever is led to its address. */
export const DATA_HEADERS = {
  "x-content-type-options": "nosniff",
  "content-security-policy": DATA_POLICY,
} as const;

/** For whoever asks from a page of ours, and nobody else. */
const OWN_HEADERS = {
  ...DATA_HEADERS,
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
} as const;

/** Two years, of this host alone: what lies beside it is the site's. */
const HSTS = "max-age=63072000";

/** `Strict-Transport-Security`, where browsers take it: not over plain http, nor in local development. */
export const transportHeaders = (url: string, dev: boolean): Record<string, string> =>
  !dev && url.startsWith("https:") ? { "strict-transport-security": HSTS } : {};

/** Puts onto every answer, errors too, what it does not carry already: a page has a policy of its own. */
export function strictHeaders(dev: boolean): MiddlewareHandler {
  return async (c, next) => {
    await next();
    const headers = { ...OWN_HEADERS, ...transportHeaders(c.req.url, dev) };
    for (const [name, value] of Object.entries(headers)) if (!c.res.headers.has(name)) c.header(name, value);
  };
}
