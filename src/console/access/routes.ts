/**
 * Access in the operator's API: who I am, and the tokens of others, which are made, listed and revoked. The guard before
 * it has checked who asks, and has written each change into the audit log.
 */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import * as z from "zod";
import { ROLES } from "#contracts/taxonomy";
import { type Clock, DAY_MS } from "#core/clock";
import { Problem } from "#core/problem";
import type { Actor } from "#privacy/actor";
import type { Keyring } from "#privacy/keys";
import { permissionsOf } from "./permissions.ts";
import { type AccessVariables, maySeeSource, type Session } from "./session.ts";
import { type AccessToken, insertToken, listTokens, revokeToken } from "./store.ts";
import { hashToken, makeToken } from "./tokens.ts";

export interface AccessRoutesDeps {
  db: D1Database;
  keys: () => Promise<Keyring>;
  clock: Clock;
}

const MAX_DAYS = 365;
const MAX_LISTED = 500;
const MAX_BODY_BYTES = 8_000;
const MAX_SOURCES = 50;

export const tokenRequestSchema = z.strictObject({
  /** It stands in the audit log beside what the token does. */
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u, "must be one line"),
  role: z.enum(ROLES),
  personal: z.boolean().default(false),
  sources: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9_-]{0,31}$/, "must be the id of a source"))
    .min(1)
    .max(MAX_SOURCES)
    .nullish()
    .transform((sources) => sources ?? undefined),
  expires_in_days: z.int().min(1).max(MAX_DAYS),
});

/** The routes, below `/admin/api`. */
export function accessRoutes({ db, keys, clock }: AccessRoutesDeps): Hono<{ Variables: AccessVariables }> {
  const app = new Hono<{ Variables: AccessVariables }>();

  app.get("/me", (c) => {
    const { actor, expiresAt } = c.get("session");
    const { id, name, role, personal, sources } = actor;
    return c.json({
      id,
      name,
      role,
      permissions: permissionsOf(role),
      personal,
      sources: sources ?? null,
      expires_at: expiresAt === null ? null : iso(expiresAt),
    });
  });

  app.get("/access/tokens", async (c) => c.json({ tokens: (await listTokens(db, MAX_LISTED)).map(shown) }));

  app.post("/access/tokens", bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge }), async (c) => {
    const { name, role, personal, sources, expires_in_days: days } = await readBody(c);
    const actor = c.get("actor");
    refuseMoreThanOwn(actor, { personal, sources });
    const now = clock();
    const { token, ...given } = makeToken(c.get("created"), (count) =>
      crypto.getRandomValues(new Uint8Array(count)),
    );
    const made: AccessToken = {
      id: given.id,
      name,
      role,
      personal,
      sources,
      createdAt: now,
      createdBy: actor.id,
      expiresAt: endOf(c.get("session"), now + days * DAY_MS),
      revokedAt: null,
      lastUsedDay: null,
    };
    await insertToken(db, made, await hashToken((await keys()).lookup, given));
    return c.json({ token, ...shown(made) }, 201);
  });

  app.post("/access/tokens/:id/revoke", async (c) => {
    const revoked = await revokeToken(db, c.req.param("id"), clock());
    if (!revoked) throw new Problem(404, "unknown_token", "There is no token of this id.");
    return c.json(shown(revoked));
  });

  return app;
}

const iso = (at: number): string => new Date(at).toISOString();

/** A token as the API shows it: never its hash. */
const shown = (token: AccessToken) => ({
  id: token.id,
  name: token.name,
  role: token.role,
  personal: token.personal,
  sources: token.sources ?? null,
  created_at: iso(token.createdAt),
  created_by: token.createdBy,
  expires_at: iso(token.expiresAt),
  revoked_at: token.revokedAt === null ? null : iso(token.revokedAt),
  last_used_day: token.lastUsedDay,
});

/** What a token makes ends with it at the latest, or a stolen one could go on for ever; a person's grant has no end. */
const endOf = ({ ambient, expiresAt }: Session, asked: number): number =>
  ambient || expiresAt === null ? asked : Math.min(asked, expiresAt);

/** Only an admin gets here, who has every permission; what else a token may see must be its maker's as well. */
function refuseMoreThanOwn(
  actor: Actor,
  { personal, sources }: Pick<AccessToken, "personal" | "sources">,
): void {
  const isWithin =
    (!personal || actor.personal) &&
    (sources ? sources.every((source) => maySeeSource(actor, source)) : actor.sources === undefined);
  if (!isWithin)
    throw new Problem(403, "exceeds_own", "A token can show no more than whoever makes it may see.");
}

function tooLarge(): never {
  throw new Problem(413, "body_too_large", `The body may have at most ${MAX_BODY_BYTES} bytes.`);
}

async function readBody(c: Context): Promise<z.infer<typeof tokenRequestSchema>> {
  let value: unknown;
  try {
    value = JSON.parse(await c.req.text());
  } catch {
    throw new Problem(400, "invalid_json", "The body is not JSON.");
  }
  const parsed = tokenRequestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Problem(
    400,
    "invalid_body",
    `The body is not as asked for: ${issue?.path.join(".") || "body"} ${issue?.message ?? ""}.`.slice(0, 300),
  );
}
