/** The operator's API for tests of access: with real D1, the demo's ADMIN_TOKEN, Cloudflare Access, and a clock to move. */
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import type { CloudflareAccess } from "#console/access/access-jwt";
import type { AccessVariables } from "#console/access/session";
import { type AccessToken, insertToken } from "#console/access/store";
import { hashToken, makeToken } from "#console/access/tokens";
import { consoleApi } from "#console/routes";
import type { Role } from "#contracts/taxonomy";
import { DAY_MS } from "#core/clock";
import { answerError } from "#core/problem";
import { entriesAfter, readHead } from "#privacy/audit/store";
import { keyring } from "#privacy/keys";
import { IDENTITY } from "../ingest/envelopes.ts";
import { NOW } from "./access-team.ts";

export const HOST = "https://shop.example";
export const ROOT = { authorization: "Bearer admin_test" };
export const SECRET = "test-master-secret-0123456789abcdef";
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** The API at `/admin/api`, and what was published through it. */
export function consoleOf(access?: CloudflareAccess) {
  const clock = { now: NOW };
  const published: unknown[] = [];
  const app = new Hono()
    .route(
      "/admin/api",
      consoleApi({
        adminToken: "admin_test",
        access,
        now: () => clock.now,
        liveTail: env.LIVE_TAIL,
        lake: env.LAKE,
        db: env.IDENTITY_0,
        identity: IDENTITY,
        kv: env.EDGE,
        keys: () => keyring(SECRET),
        queues: {},
        releases: new Hono<{ Variables: Pick<AccessVariables, "actor" | "created"> }>().post(
          "/releases",
          async (c) => c.json({ version: published.push(await c.req.json()) }, 201),
        ),
      }),
    )
    .onError(answerError);
  const ask = async (path: string, headers: HeadersInit = {}, body?: unknown): Promise<Response> =>
    await app.request(`${HOST}/admin/api${path}`, {
      headers,
      ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
    });
  return { app, ask, clock, published };
}

/** Put a token into the table, as its route does. @returns the token as its holder has it */
export async function tokenFor(
  role: Role,
  more: Partial<AccessToken> = {},
  secret: Parameters<typeof keyring>[0] = SECRET,
): Promise<string> {
  const given = makeToken(more.id ?? crypto.randomUUID(), (count) =>
    crypto.getRandomValues(new Uint8Array(count)),
  );
  const token: AccessToken = {
    id: given.id,
    name: `a ${role}`,
    role,
    personal: false,
    sources: undefined,
    createdAt: NOW,
    createdBy: "root",
    expiresAt: NOW + 365 * DAY_MS,
    revokedAt: null,
    lastUsedDay: null,
    ...more,
  };
  await insertToken(env.IDENTITY_0, token, await hashToken((await keyring(secret)).lookup, given));
  return given.token;
}

/** Run something, and give what it has added to the audit log, in short. */
export async function auditedBy(act: () => Promise<unknown>): Promise<string[]> {
  const { seq } = await readHead(env.IDENTITY_0);
  await act();
  const entries = await entriesAfter(env.IDENTITY_0, seq, 100);
  return entries.map(({ actor, action, target }) => `${actor.id} ${action} ${target}`);
}
