/**
 * Subject requests in the operator's API: those that wait to be verified, what has become of each, results and proofs, and
 * the suppression list. The guard before it has checked who asks and has written the audit log.
 */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import * as z from "zod";
import { REQUEST_STATUSES } from "#contracts/messages/subject_request";
import type { Clock, NewId } from "#core/clock";
import { Problem } from "#core/problem";
import { liftSuppression, suppressedAmong } from "#identity/erasures";
import type { IdentityShards } from "#identity/shards";
import type { Actor } from "#privacy/actor";
import type { NewAuditEntry } from "#privacy/audit/entry";
import type { AuditSigner } from "#privacy/audit/signer";
import type { Keyring } from "#privacy/keys";
import { auditTarget, knownKeys } from "#privacy/lookup";
import {
  checkSchema,
  liftSchema,
  newRequestSchema,
  noteSchema,
  parsed,
  readBody,
  reasonSchema,
} from "./admin-bodies.ts";
import { checkIdentities, knownIdentities } from "./body.ts";
import { extendedDueAt } from "./deadlines.ts";
import { takeRequest } from "./intake.ts";
import { emptied, openRequest } from "./payload.ts";
import { readProof } from "./proof.ts";
import { detailOf, isOpen, type SubjectRequest, withoutNotes, withStep } from "./request.ts";
import { resultsOf } from "./results.ts";
import { changeRequest, listRequests, readRequest } from "./store.ts";
import { keysOf, type Normalise } from "./verify.ts";

export interface SubjectAdminDeps {
  identity: IdentityShards;
  db: D1Database;
  bucket: R2Bucket;
  keys(): Promise<Keyring>;
  signer(): Promise<AuditSigner>;
  tenant: string;
  /** Path of the operator's API, for the address of results. */
  apiPath: string;
  normalise: Normalise;
  /** Sets a request to work, or to work again. */
  begin(request: SubjectRequest): Promise<void>;
  /** Appends to the audit log. */
  audit(entry: NewAuditEntry): Promise<unknown>;
  clock: Clock;
  newId: NewId;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 500;
const MAX_BODY_BYTES = 32_000;

/** `created`: the id of what is made, which the audit log has named already. */
type Variables = { actor: Actor; created: string };

/** The routes, to be mounted under `/admin/api`. */
export function subjectAdminRoutes(deps: SubjectAdminDeps): Hono<{ Variables: Variables }> {
  const { db, identity, bucket, clock } = deps;
  const app = new Hono<{ Variables: Variables }>();
  const limited = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge });
  const shown = (request: SubjectRequest) =>
    detailOf(request, deps.tenant, `${deps.apiPath}/subject-requests/${request.id}/results`, clock());
  const known = async (c: Context) => {
    const request = await readRequest(db, c.req.param("id") ?? "");
    if (!request) throw unknown();
    return request;
  };
  /** Change a request where it is as it must be. */
  const change = async (c: Context, to: (request: SubjectRequest) => Promise<Partial<SubjectRequest>>) => {
    const changed = await changeRequest(db, c.req.param("id") ?? "", to);
    if (!changed) throw unknown();
    return changed;
  };

  app.get("/subject-requests", async (c) => {
    const status = z.enum(REQUEST_STATUSES).optional().safeParse(c.req.query("status"));
    if (!status.success)
      throw new Problem(400, "invalid_status", `\`status\` must be one of ${REQUEST_STATUSES.join(", ")}.`);
    const requests = await listRequests(db, status.data, readLimit(c.req.query("limit")));
    return c.json({ requests: requests.map(shown) });
  });

  app.get("/subject-requests/:id", async (c) => c.json(shown(await known(c))));

  app.post("/subject-requests", limited, async (c) => {
    const json = await readBody(c);
    checkIdentities((json as { identities?: unknown } | null)?.identities);
    const body = parsed(newRequestSchema, json);
    const keys = await deps.keys();
    const subjects = await keysOf(await knownIdentities(body.identities, deps.normalise), keys);
    const now = clock();
    const actor = `actor:${c.get("actor").id}`;
    const intake = {
      id: c.get("created"),
      type: body.type,
      regulation: body.regulation,
      verification: body.verified ? ("operator" as const) : ("none" as const),
      isTrusted: true,
      verifiedBy: body.verified ? actor : null,
      scope: "person" as const,
      madeBy: actor,
      isTheirs: async (madeBy: string) => madeBy === actor,
      subjects,
      identities: body.identities,
      callbacks: [],
      submitted: new Date(now).toISOString(),
      base: "",
      steps: [
        {
          step: body.verified ? "verified" : "taken",
          status: "confirmed" as const,
          at: now,
          detail: body.note,
        },
      ],
    };
    const { request } = await takeRequest(intake, { db, keys }, now);
    if (body.verified) await deps.begin(request);
    return c.json(shown((await readRequest(db, request.id)) ?? request), 201);
  });

  app.post("/subject-requests/:id/verify", limited, async (c) => {
    const { note: detail } = parsed(noteSchema, await readBody(c));
    const request = await change(c, async ({ status, steps }) => {
      if (status !== "pending") throw new Problem(409, "not_pending", "It does not wait to be verified.");
      const step = { step: "verified", status: "confirmed" as const, at: clock(), detail };
      const verifiedBy = `actor:${c.get("actor").id}`;
      return { status: "in_progress", verification: "operator", verifiedBy, steps: withStep(steps, step) };
    });
    await deps.begin(request);
    return c.json(shown((await readRequest(db, request.id)) ?? request));
  });

  app.post("/subject-requests/:id/cancel", limited, async (c) => {
    const { reason } = parsed(reasonSchema, await readBody(c));
    const keys = await deps.keys();
    const request = await change(c, async (now) => {
      if (!isOpen(now)) throw new Problem(409, "not_open", "It has ended.");
      if (now.type === "erasure" && now.status === "in_progress")
        throw new Problem(
          409,
          "not_cancellable",
          "An erasure that has begun cannot be taken back: it has to end.",
        );
      return {
        status: "cancelled",
        completedAt: clock(),
        cancelledReason: reason,
        subjects: [],
        steps: withoutNotes(now.steps),
        ...(await emptied({ db, keys }, now)),
      };
    });
    // It tells whoever asked, and destroys its key.
    await deps.begin(request);
    return c.json(shown(request));
  });

  app.post("/subject-requests/:id/extend", limited, async (c) => {
    const { reason } = parsed(reasonSchema, await readBody(c));
    const request = await change(c, async (now) => {
      if (!isOpen(now)) throw new Problem(409, "not_open", "It has ended.");
      if (now.extended) throw new Problem(409, "already_extended", "A deadline can be moved once.");
      const step = { step: "extended", status: "confirmed" as const, at: clock(), detail: reason };
      return {
        extended: true,
        dueAt: extendedDueAt(now.regulation, now.receivedAt),
        alertedDay: null,
        steps: withStep(now.steps, step),
      };
    });
    return c.json(shown(request));
  });

  app.post("/subject-requests/:id/retry", async (c) => {
    const request = await change(c, async (now) => {
      if (now.status !== "in_progress") throw new Problem(409, "not_open", "Its work is not under way.");
      return { steps: now.steps.filter(({ status }) => status !== "failed") };
    });
    await deps.begin(request);
    return c.json(shown(request));
  });

  app.get("/subject-requests/:id/identities", async (c) => {
    const opened = await openRequest(db, await deps.keys(), await known(c));
    if (!opened || opened.payload.submitted === "")
      throw new Problem(410, "identities_gone", "It has ended: what it named is deleted.");
    return c.json({ identities: opened.payload.identities });
  });

  app.get("/subject-requests/:id/results", async (c) => {
    const stores = { db, bucket, keys: await deps.keys() };
    return resultsOf(await known(c), c.req.header("accept") ?? null, stores, clock());
  });

  app.get("/subject-requests/:id/proof", async (c) => {
    const proof = await readProof(bucket, await deps.signer(), (await known(c)).id);
    if (!proof) throw new Problem(404, "no_proof", "Only an erasure that is completed has a proof.");
    return c.json(proof);
  });

  app.post("/suppressions/check", limited, async (c) => {
    const subjects = await suppressionKeys(parsed(checkSchema, await readBody(c)));
    // It is a look at one person, and this is at whom.
    const target = await auditTarget(await deps.keys(), subjects[0] ?? "");
    await deps.audit({
      at: clock(),
      actor: c.get("actor"),
      action: "suppression.checked",
      target,
      detail: {},
    });
    return c.json({ suppressed: (await suppressedAmong(identity, subjects)).size > 0 });
  });

  app.post("/suppressions/lift", limited, async (c) => {
    const { reason, ...named } = parsed(liftSchema, await readBody(c));
    const subjects = await suppressionKeys(named);
    const request = `lift:${deps.newId()}`;
    const lifted = await liftSuppression(identity, bucket, { request, subjects, now: clock() });
    // Beside the entry that somebody was about to: why, and that it was done. A reason that holds an address is left out.
    await deps.audit({
      at: clock(),
      actor: c.get("actor"),
      action: "suppression.lifted",
      target: request,
      detail: { reason, lifted: lifted.length },
    });
    return c.json({ suppressed: false, lifted: lifted.length });
  });

  async function suppressionKeys({ namespace, value }: z.infer<typeof checkSchema>): Promise<string[]> {
    const normal = await deps.normalise(namespace, value);
    if (normal === undefined)
      throw new Problem(400, "invalid_identifier", `\`value\` is not a usable ${namespace}.`);
    return knownKeys(await deps.keys(), namespace, normal);
  }

  return app;
}

const unknown = (): Problem => new Problem(404, "unknown_request", "There is no subject request of this id.");

function tooLarge(): never {
  throw new Problem(413, "body_too_large", `The body may have at most ${MAX_BODY_BYTES} bytes.`);
}

function readLimit(text: string | undefined): number {
  const limit = text === undefined ? DEFAULT_LIMIT : /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new Problem(400, "invalid_limit", `\`limit\` must be a whole number from 1 to ${MAX_LIMIT}.`);
}
