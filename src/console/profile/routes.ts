/**
 * Profiles in the operator's API: one person, whole, and their events. Both show personal data: access/guard.ts lets in only
 * whoever may see that, and notes it in the audit log. Mounted by src/operator.ts.
 */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { Clock } from "#core/clock";
import { Problem } from "#core/problem";
import { readBody } from "#core/read-body";
import type { IdentityShards } from "#identity/shards";
import type { LiveTail } from "#lake/live-tail";
import type { Actor } from "#privacy/actor";
import type { NewAuditEntry } from "#privacy/audit/entry";
import type { Keyring } from "#privacy/keys";
import type { Cuts } from "#segments/rfm";
import { unavailable } from "../access/guard.ts";
import type { ActorRoutes } from "../routes.ts";
import { type FindStores, findProfile } from "./find.ts";
import { readTimeline, timelineSchema } from "./timeline.ts";
import { whomSchema } from "./whom.ts";

export interface ProfileDeps {
  identity: IdentityShards;
  /** Changes and moves. */
  db: D1Database;
  lake: R2Bucket;
  liveTail: DurableObjectNamespace<LiveTail>;
  keys: () => Promise<Keyring>;
  /** Of the active release. */
  document: () => Promise<ReleaseDocument>;
  /** Of its RFM features. */
  cuts?: (document: ReleaseDocument) => Cuts | Promise<Cuts>;
  clock: Clock;
  /** Appends to the audit log; where that fails, nothing may be shown. */
  audit: (entry: NewAuditEntry) => Promise<unknown>;
}

const MAX_BODY_BYTES = 4_000;

/** The routes, below `/admin/api`. */
export function profileRoutes(deps: ProfileDeps): ActorRoutes {
  const app: ActorRoutes = new Hono();
  const { clock } = deps;
  const limit = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge });

  const stores = async (): Promise<FindStores> => {
    const { identity, db, lake, liveTail } = deps;
    const [keys, document] = await Promise.all([deps.keys(), deps.document()]);
    const cuts = await deps.cuts?.(document);
    return { identity, db, lake, liveTail, keys, document, cuts };
  };
  // The guard has noted that somebody is about to look; this is at whom.
  const noteBy = (actor: Actor, at: number) => (target: string) =>
    deps.audit({ at, actor, action: "person.shown", target, detail: {} }).catch(unavailable);

  app.post("/profiles/find", limit, async (c) => {
    const now = clock();
    const whom = await readBody(c, whomSchema, WHOM);
    return c.json(await findProfile(whom, await stores(), now, noteBy(c.get("actor"), now)));
  });

  app.post("/profiles/timeline", limit, async (c) => {
    const now = clock();
    const asked = await readBody(c, timelineSchema, TIMELINE);
    return c.json(await readTimeline(asked, await stores(), now, noteBy(c.get("actor"), now)));
  });

  return app;
}

const WHOM =
  'Send one of `{"namespace": "email", "value": …}`, `{"key": "<identifier key>"}` and `{"event_id": …}`.';
const TIMELINE =
  'Send `{"key": "<identifier key>"}`; with the `before` of the answer before, what was earlier; `limit` may be 1 to 200.';

function tooLarge(): never {
  throw new Problem(413, "body_too_large", `The body may have at most ${MAX_BODY_BYTES} bytes.`);
}
