/**
 * Before every route of the operator's API: who asks, whether they may, and the entry in the audit log, which is written
 * before anything is done. What cannot be audited is not done. The route is the one that the router has found, so that no
 * second reading of the path can differ from it. Mounted by src/console/routes.ts.
 */
import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes, routePath } from "hono/route";
import type { Clock, NewId } from "#core/clock";
import { logError } from "#core/log";
import { Problem } from "#core/problem";
import { isSameOrigin } from "#door/consent/same-origin";
import type { Actor } from "#privacy/actor";
import { hasCredentials } from "./authenticate.ts";
import { permissionsOf, ROUTES, type RouteRule } from "./permissions.ts";
import type { AccessVariables, Session } from "./session.ts";

export interface GuardDeps {
  authenticate: (headers: Headers) => Promise<Session>;
  /** Appends to the audit log; it is there once this has returned. */
  audit: (entry: Act) => Promise<unknown>;
  clock: Clock;
  newId: NewId;
}

/** What somebody is about to do. `detail` is empty: what a request says otherwise may be a person's. */
export interface Act {
  at: number;
  actor: Actor;
  action: string;
  target: string;
  detail: Record<string, never>;
}

export const guard = ({
  authenticate,
  audit,
  clock,
  newId,
}: GuardDeps): MiddlewareHandler<{
  Variables: AccessVariables;
}> => {
  return async (c, next) => {
    const session = await authenticate(c.req.raw.headers).catch((error: unknown) => {
      // The absence of a token is what every console opens with; a wrong one is worth a line.
      if (error instanceof Problem && hasCredentials(c.req.raw.headers)) logRefusal(error.code, undefined);
      throw error;
    });
    const { actor } = session;
    const route = routeOf(c);
    const rule = Object.hasOwn(ROUTES, route.name) ? ROUTES[route.name] : undefined;
    const problem = rule ? refusal(c, session, rule) : forbidden("This route is open to nobody.");
    if (problem || !rule) {
      logRefusal(problem?.code, `${actor.id} ${route.name}`);
      throw problem;
    }
    c.set("actor", actor);
    c.set("session", session);
    if (rule.target === "created") c.set("created", newId());
    if (rule.audit !== undefined) {
      const target =
        route.parameters.join("/") || (rule.target === "created" ? c.get("created") : (rule.target ?? "all"));
      await audit({ at: clock(), actor, action: rule.audit, target, detail: {} }).catch(unavailable);
    }
    await next();
  };
};

/** Codes, ids and patterns alone: a path may hold what somebody has typed. */
const logRefusal = (code = "", what = "nobody"): void => console.warn(`admin API refused: ${code}`, what);

/** What cannot be audited is not done. @throws Problem 503 `audit_unavailable` */
export function unavailable(error: unknown): never {
  logError("the audit log does not answer", error);
  throw new Problem(503, "audit_unavailable", "The audit log cannot be written, so nothing was done.", {
    "retry-after": "5",
  });
}

const forbidden = (detail: string): Problem => new Problem(403, "forbidden", detail);

/** Why a route is not for whoever asks; undefined where it is. */
function refusal(c: Context, { actor, ambient }: Session, rule: RouteRule): Problem | undefined {
  const isRead = c.req.method === "GET" || c.req.method === "HEAD";
  if (ambient && (!isRead || rule.audit !== undefined) && !isSameOrigin(c.req.raw))
    return new Problem(403, "cross_site", "Only a page of this console may ask for this.");
  const { permission } = rule;
  if (permission !== null && !permissionsOf(actor.role).includes(permission))
    return forbidden(`This needs the permission \`${permission}\`, which the role ${actor.role} has not.`);
  if (rule.personal && !actor.personal)
    return forbidden("This shows personal data, which your token or grant does not include.");
  if (rule.everySource && actor.sources !== undefined)
    return forbidden("This is about all sources, and your token or grant is limited to some.");
  return undefined;
}

/**
 * The route that will answer, as the table names it, with the values of its parameters.
 * @throws Problem 404 `not_found` where there is none
 */
function routeOf(c: Context): { name: string; parameters: string[] } {
  const route = matchedRoutes(c).find(({ method }) => method !== "ALL");
  if (!route) throw new Problem(404, "not_found", "There is nothing at this path.");
  const segments = c.req.path.split("/");
  const parameters = route.path
    .split("/")
    .flatMap((part, index) => (part.startsWith(":") ? [idOf(part, decoded(segments[index] ?? ""))] : []));
  // The guard lies at `<mount>/*`, the route below it.
  const mount = routePath(c).replace(/\/?\*$/, "");
  return { name: `${route.method} ${route.path.slice(mount.length)}`, parameters };
}

/** What parameters of paths look like, by their names; whatever else stands there is of nothing that exists. */
const FORMS: Readonly<Record<string, RegExp>> = {
  ":id": /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  ":itemId": /^[0-9a-f]{32}$/,
  ":key": /^[a-z0-9][a-z0-9_-]{0,63}$/,
  ":source": /^[a-z0-9][a-z0-9_-]{0,63}$/,
  ":name": /^[a-z0-9][a-z0-9_-]{0,63}$/,
  ":version": /^[1-9]\d{0,8}$/,
};

/** The audit log is never erased: what somebody typed or pasted there, a person's name or a token, must not get into it. */
const idOf = (parameter: string, value: string): string =>
  FORMS[parameter]?.test(value) ? value : "(left out: it is no id)";

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // As the router gives it to the route.
  }
}
