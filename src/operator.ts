/**
 * The operator's API, `/admin/api/*`: the console's own routes, those of delivery and of the quarantine, and how a release
 * is published. Loaded by app.ts with the first request for it.
 */
import { Hono } from "hono";
import { quarantineRoutes } from "#collect/quarantine/routes";
import { cloudflareAccess } from "#console/access/access-jwt";
import { auditRoutes } from "#console/audit-routes";
import { changesRoutes } from "#console/identity/changes-routes";
import { conflictsRoutes } from "#console/identity/conflicts-routes";
import { keysRoutes } from "#console/keys-routes";
import { previewRoutes } from "#console/previews";
import { profileRoutes } from "#console/profile/routes";
import { consoleApi } from "#console/routes";
import { listsRoutes } from "#console/segments/lists-routes";
import { segmentsRoutes } from "#console/segments/segments-routes";
import { answerError, Problem } from "#core/problem";
import type { SendEnvelopes } from "#door/queue";
import { failureRoutes } from "#forward/failures/routes";
import { jobRoutes } from "#forward/jobs/routes";
import { mappingRoutes } from "#forward/mapping/routes";
import { reconcileRoutes } from "#forward/reconcile/routes";
import { forwardRoutes } from "#forward/routes";
import { tokenCache } from "#forward/tokens";
import { guardErasures } from "#identity/erasures";
import { normaliseIdentifier } from "#identity/normalise";
import { shardsOf } from "#identity/shards";
import { auditSigner } from "#privacy/audit/signer";
import { appendAudit } from "#privacy/audit/store";
import { keyring } from "#privacy/keys";
import { activeRelease } from "#release/active";
import { documentsOf } from "#release/pick";
import { releaseRoutes } from "#release/routes";
import { cutsOf } from "#segments/cuts";
import { speedsOf } from "#segments/speed";
import { contentRoutes } from "#slots/cms/admin-routes";
import { performanceRoutes } from "#slots/performance-routes";
import { subjectAdminRoutes } from "#subjects/admin-routes";
import { contentDeps } from "./content.ts";
import { type Env, identityDatabases, queueBinding, type Settings, stringBinding } from "./env.ts";
import { releaseChecks } from "./release-checks.ts";
import { beginRequest } from "./rights.ts";

const clock = () => Date.now();
const newId = () => crypto.randomUUID();
const tokens = tokenCache();

/** @param send the queues that take what the quarantine lets back in */
export function operatorApi(env: Env, settings: Settings, send: SendEnvelopes): Hono {
  const document = async () => (await activeRelease(env.EDGE, clock())).document;
  const keys = () => keyring(settings);
  const signer = () => auditSigner(settings);
  const { IDENTITY_0: db, LAKE: bucket } = env;
  const identity = shardsOf(identityDatabases(env));
  const shared = { db, identity, bucket, document, clock, newId };
  const api = new Hono();
  api.use(async (_, next) => {
    await guardErasures(identity, bucket, clock());
    await next();
  });
  api.route(
    `${settings.BASE_PATH}/admin/api`,
    consoleApi({
      adminToken: settings.ADMIN_TOKEN,
      now: clock,
      liveTail: env.LIVE_TAIL,
      lake: env.LAKE,
      db,
      identity,
      kv: env.EDGE,
      queues: { events: env.EVENTS, analytics: env.ANALYTICS, crm: env.CRM },
      keys,
      releases: releaseRoutes({
        db,
        kv: env.EDGE,
        checks: releaseChecks(env, settings),
        clock,
        newId,
        audit: (entry) => appendAudit(db, entry),
        speeds: speedsOf,
        published: async () => (await import("./content.ts")).bringContent(env, settings),
      }),
      forward: forwardRoutes({
        ...shared,
        queues: { analytics: env.ANALYTICS, crm: env.CRM },
        destinations: env.DESTINATION,
        assets: env.ASSETS,
        reach: {
          secretOf: (name) => stringBinding(env, name),
          queueOf: (name) => queueBinding(env, name),
          fetch: (url, init) => fetch(url, init),
          tokens,
          allowInsecure: settings.DEV,
        },
      }),
      quarantine: quarantineRoutes({ ...shared, send, keys }),
      access: cloudflareAccess(settings, (url, init) => fetch(url, init), clock),
      more: [
        failureRoutes({ ...shared, queues: { analytics: env.ANALYTICS, crm: env.CRM } }),
        jobRoutes(shared),
        mappingRoutes({
          ...shared,
          secretOf: (name) => stringBinding(env, name),
          allowInsecure: settings.DEV,
        }),
        reconcileRoutes(shared),
        auditRoutes({ db, bucket, signer, clock }),
        subjectAdminRoutes({
          db,
          identity,
          bucket,
          keys,
          signer,
          clock,
          newId,
          tenant: settings.TENANT,
          apiPath: `${settings.BASE_PATH}/admin/api`,
          normalise: async (namespace, value) => normaliseIdentifier(namespace, value, await document()),
          begin: beginRequest(env),
          audit: (entry) => appendAudit(db, entry),
        }),
        profileRoutes({
          identity,
          db,
          lake: bucket,
          liveTail: env.LIVE_TAIL,
          keys,
          document,
          cuts: (document) => cutsOf(env.EDGE, document, clock()),
          clock,
          audit: (entry) => appendAudit(db, entry),
        }),
        listsRoutes({ ...shared, kv: env.EDGE, keys }),
        segmentsRoutes({
          ...shared,
          kv: env.EDGE,
          keys,
          audit: (entry) => appendAudit(db, entry),
          random: () => Math.random(),
        }),
        ...[changesRoutes, conflictsRoutes].map((routes) =>
          routes({ ...shared, kv: env.EDGE, keys, audit: (entry) => appendAudit(db, entry) }),
        ),
        keysRoutes({ databases: identity.all, keys }),
        performanceRoutes({ db, document, clock }),
        contentRoutes({
          documents: async () => documentsOf(await activeRelease(env.EDGE, clock())),
          content: async () => contentDeps(env, settings, await activeRelease(env.EDGE, clock())),
        }),
        previewRoutes({
          db,
          identity,
          keys,
          clock,
          settings,
          active: () => activeRelease(env.EDGE, clock()),
          checks: async () => releaseChecks(env, settings),
          audit: (entry) => appendAudit(db, entry),
          whom: async () => ({
            lake: bucket,
            liveTail: env.LIVE_TAIL,
            keys: await keys(),
            document: await document(),
          }),
        }),
      ],
    }),
  );
  api.notFound(() => new Problem(404, "not_found", "There is nothing at this path.").toResponse());
  api.onError(answerError);
  return api;
}
