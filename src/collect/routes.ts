/** Every protocol's paths and their preflights. */
import type { Params } from "hono/router";
import { TrieRouter } from "hono/router/trie-router";
import { after } from "#core/after";
import { originOf } from "#core/origin";
import { Problem } from "#core/problem";
import { corsHeaders, preflight } from "#door/cors";
import { anyOriginAllowed } from "#door/source";
import { accept, type CollectDeps, type Now } from "./accept.ts";
import type { Protocol, Route } from "./protocols/protocol.ts";
import { PROTOCOLS } from "./protocols/registry.ts";

type Handle = (request: Request, params: Params) => Response | Promise<Response>;

export interface CollectRoutes {
  /**
   * The answer of the protocol whose path it is; undefined where it is no protocol's. A Problem that it rejects with, the page
   * may read.
   * @param path below the base path, as our routes know it
   */
  answer(request: Request, path: string): Response | Promise<Response> | undefined;
}

const NO_PARAMS = {};

/** @param state what holds when a request arrives */
export function collectRoutes(state: () => Now | Promise<Now>, deps: CollectDeps): CollectRoutes {
  const fixed = new Map<string, Handle>();
  const patterns = new TrieRouter<Handle>();
  const add = (method: string, path: string, handle: Handle) =>
    path.includes(":") ? patterns.add(method, path, handle) : fixed.set(`${method} ${path}`, handle);
  for (const protocol of Object.values<Protocol>(PROTOCOLS)) {
    for (const route of protocol.routes) {
      add(route.method, route.path, take(protocol, route, state, deps));
      // A GET is only preflighted where it carries a header of its own.
      if (route.method === "POST" || protocol.allowHeaders)
        add("OPTIONS", route.path, answerPreflight(protocol, state));
    }
  }
  return {
    answer(request, path) {
      const isHead = request.method === "HEAD";
      const method = isHead ? "GET" : request.method;
      const handle = fixed.get(`${method} ${path}`);
      if (handle) return isHead ? headersAlone() : handle(request, NO_PARAMS);
      const [matched] = patterns.match(method, path);
      const [found, params] = matched[0] ?? [];
      // Without a stash of values, as the trie answers, they are texts.
      return found && (isHead ? headersAlone() : found(request, params as Params));
    },
  };
}

/** Whoever asks for headers, as checkers of links do, was not there: nothing is recorded. */
const headersAlone = (): Response => new Response(null, { headers: { "cache-control": "no-store" } });

const take =
  (protocol: Protocol, route: Route, state: () => Now | Promise<Now>, deps: CollectDeps): Handle =>
  (request, params) => {
    const taken = (now: Now) =>
      accept(request, protocol, route, params, now, deps).catch((error) => {
        throw readable(error, request, now);
      });
    return after(state(), taken);
  };

/** A page may only read an error if the answer says so; an origin that no source lists may not. */
function readable(error: unknown, { headers, url }: Request, { settings }: Now): unknown {
  if (!(error instanceof Problem)) return error;
  const origin = headers.get("origin");
  const own = originOf(url);
  const known = origin !== null && anyOriginAllowed(settings.SOURCES, origin, own);
  if (known) Object.assign(error.headers, corsHeaders(origin, own));
  return error;
}

const answerPreflight =
  ({ allowHeaders }: Protocol, state: () => Now | Promise<Now>): Handle =>
  async (request) => {
    const { settings } = await state();
    const origin = request.headers.get("origin");
    const allowed = origin !== null && anyOriginAllowed(settings.SOURCES, origin, originOf(request.url));
    return preflight(request, allowed, allowHeaders);
  };
