/**
 * Who may use the operator's API: whoever holds the console's token. Digests of equal length are compared, in constant
 * time, so that an answer's duration says nothing of the token. Mounted before every route of src/console/routes.ts.
 */
import type { MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import { Problem } from "#core/problem";
import { sameBytes } from "#core/same";

const SCHEME = /^Bearer +(\S+) *$/i;
const text = new TextEncoder();
const digest = (value: string) => crypto.subtle.digest("SHA-256", text.encode(value));

/** Whether an `Authorization` header carries the token. An empty token lets nobody in. */
export async function carriesToken(authorization: string | undefined, adminToken: string): Promise<boolean> {
  const given = SCHEME.exec(authorization ?? "")?.[1];
  if (!given || adminToken === "") return false;
  const [ours, theirs] = await Promise.all([digest(adminToken), digest(given)]);
  return sameBytes(new Uint8Array(ours), new Uint8Array(theirs));
}

/** Lets a request through with `Authorization: Bearer <adminToken>`; throws the 401 problem `unauthorized` otherwise. */
export const requireToken = (adminToken: string): MiddlewareHandler =>
  createMiddleware(async (c, next) => {
    if (!(await carriesToken(c.req.header("authorization"), adminToken))) {
      throw new Problem(401, "unauthorized", "Send the console's token as `Authorization: Bearer <token>`.", {
        "www-authenticate": 'Bearer realm="doorstep"',
      });
    }
    await next();
  });
