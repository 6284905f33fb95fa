/**
 * Subject requests, wired: what the steps of one work on, how one is set to work, and the public routes. Loaded when
 * first needed, by app.ts, operator.ts, background.ts and the workflow in worker.ts.
 */
import { Hono } from "hono";
import { tokenCache } from "#forward/tokens";
import { guardErasures } from "#identity/erasures";
import { normaliseIdentifier } from "#identity/normalise";
import { shardsOf } from "#identity/shards";
import { auditSigner } from "#privacy/audit/signer";
import { keyring } from "#privacy/keys";
import { activeRelease } from "#release/active";
import type { FlowDeps } from "#subjects/flow";
import type { SubjectRequest } from "#subjects/request";
import { subjectRoutes } from "#subjects/routes";
import { optOutNow, startWork } from "#subjects/work";
import { type Env, identityDatabases, queueBinding, requireSettings, stringBinding } from "./env.ts";
import type { Shared } from "./shared.ts";

const tokens = tokenCache();
const clock = () => Date.now();

/** @throws Error where a setting is missing: the workflow tries again */
export async function flowDeps(env: Env): Promise<FlowDeps> {
  const settings = requireSettings(env);
  const [keys, signer, release] = await Promise.all([
    keyring(settings),
    auditSigner(settings),
    activeRelease(env.EDGE, clock()),
  ]);
  return {
    db: env.IDENTITY_0,
    identity: shardsOf(identityDatabases(env)),
    kv: env.EDGE,
    bucket: env.LAKE,
    liveTail: env.LIVE_TAIL,
    visitors: env.VISITOR,
    keys,
    signer,
    tenant: settings.TENANT,
    document: release.document,
    secretOf: (name) => stringBinding(env, name),
    queueOf: (name) => queueBinding(env, name),
    tokens,
    fetch: (url, init) => fetch(url, init),
    clock,
    allowInsecure: settings.DEV,
    settleSeconds: settings.ERASURE_SETTLE_SECONDS,
    retryBaseSeconds: settings.RETRY_BASE_SECONDS,
  };
}

/** Sets a request to work: an opt-out is done when this resolves, the rest is the workflow's. */
export const beginRequest =
  (env: Env) =>
  async ({ id, type, status }: SubjectRequest): Promise<void> => {
    const isDoneHere = type === "opt_out" && status === "in_progress";
    if (isDoneHere && (await optOutNow(await flowDeps(env), id))) return;
    await startWork(env.SUBJECT_REQUESTS, id);
  };

/** The routes below `/privacy`. */
export function rightsRoutes({ env, identity, context, count, verifier, paths }: Shared): Hono {
  const routes = new Hono();
  routes.use(async (_, next) => {
    await guardErasures(identity, env.LAKE, clock());
    await next();
  });
  const own = subjectRoutes({
    context: async (c) => context(c.req.raw),
    count,
    toPublic: paths.toPublic,
    db: env.IDENTITY_0,
    bucket: env.LAKE,
    normalise: async (namespace, value) =>
      normaliseIdentifier(namespace, value, (await activeRelease(env.EDGE, clock())).document),
    proveToken: async (token) => {
      const verdict = await verifier?.verify(token, undefined, clock());
      return verdict?.ok ? [verdict.person, ...verdict.others] : undefined;
    },
    begin: beginRequest(env),
  });
  return routes.route("/", own);
}
