/**
 * The operator's API, mounted at `/admin/api`: what happened to each event, and the health of the queues.
 * access/guard.ts is before all of it; nothing it answers may be kept by a cache. Errors are Problems, which src/app.ts
 * renders.
 */
import { Hono } from "hono";
import { eventIdOf } from "#collect/event-id";
import type { Receipt } from "#contracts/messages/receipt";
import type { Clock } from "#core/clock";
import { Problem } from "#core/problem";
import type { IdentityShards } from "#identity/shards";
import type { LiveTail, Trace } from "#lake/live-tail";
import { isOfSources } from "#lake/of-sources";
import { traceFromLake } from "#lake/trace";
import type { NewAuditEntry } from "#privacy/audit/entry";
import { appendAudit } from "#privacy/audit/store";
import type { Keyring } from "#privacy/keys";
import { activeRelease } from "#release/active";
import type { CloudflareAccess } from "./access/access-jwt.ts";
import { authenticate } from "./access/authenticate.ts";
import { guard } from "./access/guard.ts";
import { accessRoutes } from "./access/routes.ts";
import type { AccessVariables } from "./access/session.ts";
import { consentRoutes } from "./consent.ts";
import { toEntry } from "./entry.ts";
import { explainTrace } from "./explain.ts";
import { qualityRoutes } from "./identity/quality-routes.ts";
import { withoutPseudonyms } from "./pseudonyms.ts";
import { mergeReceipts } from "./store.ts";
import { isoSpan, readSpan, unknownEvent } from "./trace-span.ts";

/** What the console's API is given. */
export interface ConsoleDeps {
  /** The first token, of role admin. */
  adminToken: string;
  /** Undefined where the console is not behind Cloudflare Access. */
  access?: CloudflareAccess | undefined;
  now: Clock;
  liveTail: DurableObjectNamespace<LiveTail>;
  lake: R2Bucket;
  db: D1Database;
  identity: IdentityShards;
  kv: KVNamespace;
  /** By the name they are shown under; only their metrics are read. */
  queues: Record<string, Pick<Queue, "metrics">>;
  /** Destinations and failures, src/forward/routes.ts. */
  forward?: ActorRoutes;
  /** Releases and drafts, src/release/routes.ts. */
  releases?: ActorRoutes;
  /** What was refused, and its repair: src/collect/quarantine/routes.ts. */
  quarantine?: ActorRoutes;
  /** Other folders' routes; each of them must be in access/permissions.ts. */
  more?: readonly ActorRoutes[];
  /** For the ledger of a person who is named by a value. */
  keys: () => Promise<Keyring>;
}

/** Routes that look at who asks. */
export type ActorRoutes = Hono<{ Variables: Pick<AccessVariables, "actor" | "created"> }>;

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;

/** The operator's API as one sub-app. */
export function consoleApi(deps: ConsoleDeps): Hono<{ Variables: AccessVariables }> {
  const app = new Hono<{ Variables: AccessVariables }>();
  app.use(async (c, next) => {
    await next();
    c.header("cache-control", "no-store");
  });
  const { db, keys, now: clock } = deps;
  const audit = (entry: NewAuditEntry) => appendAudit(db, entry);
  app.use(
    guard({
      authenticate: (headers) => authenticate(headers, { ...deps, clock }),
      audit,
      clock,
      newId: () => crypto.randomUUID(),
    }),
  );

  app.get("/live", async (c) => {
    const limit = readLimit(c.req.query("limit"));
    const { sources, personal } = c.get("actor");
    const traces = await tail(deps).live(limit, sources);
    const shown = traces.map((trace) => ({ ...trace, receipts: shownTo(personal, trace.receipts) }));
    return c.json({ events: shown.flatMap((trace) => toEntry(trace) ?? []) });
  });

  app.get("/trace/:event_id", async (c) => {
    const eventId = await eventIdOf(await deps.keys(), c.req.param("event_id"));
    const recent = (await tail(deps).traceOf(eventId))?.receipts ?? [];
    const span = readSpan((name) => c.req.query(name), recent.length > 0, deps.now());
    const landed = span && (await traceFromLake(deps.lake, eventId, span));
    const found = landed ? mergeReceipts(recent, landed.receipts) : recent;
    const { sources, personal } = c.get("actor");
    if (found.length === 0 || !isOfSources(found, sources)) throw unknownEvent(span, landed);
    const receipts = shownTo(personal, found);
    const trace: Trace = { eventId, at: Math.max(...receipts.map((r) => r.at)), receipts };
    return c.json({
      event_id: eventId,
      receipts,
      explained: explainTrace(receipts),
      entry: toEntry(trace),
      found_in: [...(recent.length > 0 ? ["live"] : []), ...(landed?.receipts.length ? ["lake"] : [])],
      ...(span &&
        landed && { searched: { ...isoSpan(span), objects: landed.searched, truncated: landed.truncated } }),
    });
  });

  app.get("/health", async (c) => {
    const queues = await Promise.all(
      Object.entries(deps.queues).map(async ([name, queue]) => [name, await backlog(queue)] as const),
    );
    return c.json({ queues: Object.fromEntries(queues), release: await activeVersion(deps) });
  });

  app.route("/", accessRoutes({ db, keys, clock }));
  app.route("/", consentRoutes({ ...deps, audit }));
  app.route("/", qualityRoutes(deps));
  if (deps.releases) app.route("/", deps.releases);
  if (deps.forward) app.route("/", deps.forward);
  if (deps.quarantine) app.route("/", deps.quarantine);
  for (const routes of deps.more ?? []) app.route("/", routes);
  return app;
}

/** Pseudonyms are personal data: they say which events are one person's. */
const shownTo = (personal: boolean, receipts: readonly Receipt[]): Receipt[] =>
  personal ? [...receipts] : withoutPseudonyms(receipts);

const tail = ({ liveTail }: ConsoleDeps) => liveTail.get(liveTail.idFromName("tail"));

function readLimit(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new Problem(400, "invalid_limit", `\`limit\` must be a whole number from 1 to ${MAX_LIMIT}.`);
}

type Backlog = { messages: number; bytes: number; oldest_at?: string } | { error: string };

/** Not every environment knows a queue's metrics, and a broken queue must not hide the others. */
async function backlog(queue: Pick<Queue, "metrics">): Promise<Backlog> {
  try {
    const { backlogCount, backlogBytes, oldestMessageTimestamp: oldest } = await queue.metrics();
    const known = oldest instanceof Date && oldest.getTime() > 0;
    return { messages: backlogCount, bytes: backlogBytes, ...(known && { oldest_at: oldest.toISOString() }) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : "unknown error" };
  }
}

async function activeVersion(deps: ConsoleDeps): Promise<{ version: number } | { error: string }> {
  try {
    return { version: (await activeRelease(deps.kv, deps.now())).version };
  } catch (error) {
    return { error: error instanceof Error ? error.message : "unknown error" };
  }
}
