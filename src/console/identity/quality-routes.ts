/**
 * How well identity works, in the operator's API: the figures of the last walk over all identifiers, and how the profiles
 * compare with people whom somebody knows. Mounted by src/console/routes.ts, behind access/guard.ts.
 */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Clock } from "#core/clock";
import { Problem } from "#core/problem";
import { countOpen } from "#identity/changes/conflicts-store";
import { suppressedAmong } from "#identity/erasures";
import { normaliseIdentifier } from "#identity/normalise";
import { evaluateLabelled, readLabelled } from "#identity/quality/labelled";
import { readQuality, readWalk, type StoredQuality } from "#identity/quality/store";
import type { IdentityShards } from "#identity/shards";
import type { Actor } from "#privacy/actor";
import type { Keyring } from "#privacy/keys";
import { activeRelease } from "#release/active";
import { type Quality, type QualityFigures, qualityFigures } from "./quality-answer.ts";

export interface QualityDeps {
  db: D1Database;
  identity: IdentityShards;
  kv: KVNamespace;
  keys: () => Promise<Keyring>;
  now: Clock;
}

const MAX_BODY_BYTES = 3_000_000;

/** The routes, below `/admin/api`. */
export function qualityRoutes(deps: QualityDeps): Hono<{ Variables: { actor: Actor; created: string } }> {
  const app = new Hono<{ Variables: { actor: Actor; created: string } }>();

  app.get("/identity/quality", async (c) => {
    const { personal, sources } = c.get("actor");
    return c.json(await qualityOf(deps, personal && sources === undefined));
  });

  app.post("/identity/evaluate", bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge }), async (c) => {
    const labelled = readLabelled(await c.req.text());
    const { document } = await activeRelease(deps.kv, deps.now());
    const evaluation = await evaluateLabelled(
      labelled,
      deps.identity,
      await deps.keys(),
      (namespace, value) => normaliseIdentifier(namespace, value, document),
    );
    return c.json(evaluation);
  });

  return app;
}

function tooLarge(): never {
  throw new Problem(413, "body_too_large", `The body may have at most ${MAX_BODY_BYTES / 1e6} MB.`);
}

/** @param personal identifiers' keys may be named: they are pseudonyms of persons */
async function qualityOf({ db, identity }: QualityDeps, personal: boolean): Promise<Quality> {
  const [stored, walks, waiting] = await Promise.all([
    readQuality(db),
    Promise.all(identity.all.map(readWalk)),
    countOpen(identity),
  ]);
  return {
    figures: stored ? await figuresOf(stored, identity, personal) : null,
    history: stored?.history ?? [],
    walks: walks.map(({ walk: { pass, done } }) => ({
      walking: pass !== null,
      rows: pass?.rows ?? 0,
      rows_last_pass: done?.rows ?? null,
      ended_at: done ? new Date(done.endedAt).toISOString() : null,
    })),
    waiting,
  };
}

async function figuresOf(
  stored: StoredQuality,
  identity: IdentityShards,
  personal: boolean,
): Promise<QualityFigures> {
  if (!personal) return qualityFigures(stored, () => false);
  const { setAside, largest } = stored.tally;
  const named = [...setAside.most.map(({ key }) => key), ...largest.map(({ root }) => root)];
  // Who was erased since is not shown, though the walk has still seen them.
  const erased = await suppressedAmong(identity, named);
  return qualityFigures(stored, (key) => !erased.has(key));
}
