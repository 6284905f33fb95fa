/**
 * Dead letters in the admin API: what failed for good and why, one of them opened, mended, replayed or discarded. Many at
 * once are a job (../jobs/routes.ts).
 */
import { type Context, Hono } from "hono";
import * as z from "zod";
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { DeliveryEnvelope, DeliveryItem } from "#contracts/messages/delivery_envelope";
import type { Clock, NewId } from "#core/clock";
import { Problem } from "#core/problem";
import { readBody } from "#core/read-body";
import { requireSuppressed } from "#identity/erasures";
import type { IdentityShards } from "#identity/shards";
import type { Actor } from "#privacy/actor";
import { packItems } from "../envelope.ts";
import { openDeadItem, replaceDeadItem } from "../store.ts";
import { editItem } from "./edit.ts";
import { asReplayed, endFailures } from "./replay.ts";
import {
  claimFailure,
  claimName,
  countFailures,
  type Failure,
  type FailureCursor,
  listFailures,
  readFailure,
  releaseClaim,
} from "./store.ts";

export interface FailureRoutesContext {
  db: D1Database;
  /** Who was erased. */
  identity: IdentityShards;
  bucket: R2Bucket;
  queues: Record<"analytics" | "crm", Pick<Queue<DeliveryEnvelope>, "send">>;
  document: () => Promise<ReleaseDocument>;
  clock: Clock;
  newId: NewId;
}

type ActorVariables = { Variables: { actor: Actor; created: string } };

const MAX_LIMIT = 500;
const editSchema = z.strictObject({ properties: z.record(z.string(), z.unknown()) });

/** A 422 that lists what is wrong with an edit. */
export class InvalidEdit extends Problem {
  readonly issues: { path: string; message: string }[];
  constructor(issues: { path: string; message: string }[]) {
    super(422, "invalid_edit", "The event does not fit its contract.");
    this.issues = issues;
  }
  override toResponse(): Response {
    return super.toResponse({ issues: this.issues });
  }
}

/** The routes, to be mounted under `/admin/api`. */
export function failureRoutes(context: FailureRoutesContext): Hono<ActorVariables> {
  const { db, identity, bucket, queues, document, clock, newId } = context;
  const app = new Hono<ActorVariables>();

  app.get("/failures", async (c) => {
    const asked = Number(c.req.query("limit") ?? 50);
    if (!Number.isInteger(asked) || asked < 1) {
      throw new Problem(400, "invalid_limit", `limit must be a whole number from 1 to ${MAX_LIMIT}.`);
    }
    const limit = Math.min(asked, MAX_LIMIT);
    const { destination, code, name } = c.req.query();
    const failures = await listFailures(db, limit, { destination, code, name }, cursorIn(c));
    const last = failures.length === limit ? failures.at(-1) : undefined;
    return c.json({ failures, ...(last && { next: `${last.at}.${last.itemId}` }) });
  });

  app.get("/failures/causes", async (c) => c.json({ causes: await countFailures(db) }));

  app.get("/failures/:itemId", async (c) => {
    const { failure, item } = await open(c.req.param("itemId"));
    return c.json({ failure, event: view(item, c.get("actor")) });
  });

  app.put("/failures/:itemId", async (c) => {
    const { properties } = await readBody(c, editSchema);
    const itemId = c.req.param("itemId");
    if (!(await readFailure(db, itemId))) throw unknownFailure();
    const claim = await take(itemId);
    try {
      // What is read now is what nobody else replays or mends; an erasure may still take it.
      const { failure, item, etag } = await open(itemId);
      const release = await document();
      const edited = editItem(item, properties, definitionOf(release, failure), release);
      if (!edited.ok) throw new InvalidEdit(edited.issues);
      const { tooLarge } = packItems(failure.destination, [asReplayed(edited.item)], () => "");
      if (tooLarge.length > 0) throw tooLargeToSend();
      if (!(await replaceDeadItem(bucket, failure.destination, edited.item, etag))) throw goneLetter();
      return c.json({ failure, event: view(edited.item, c.get("actor")), removed: edited.removed });
    } finally {
      await releaseClaim(db, claim).run();
    }
  });

  app.post("/failures/:itemId/replay", async (c) => {
    const itemId = c.req.param("itemId");
    const { failure } = await open(itemId);
    const { queue } = definitionOf(await document(), failure);
    if ((await end(failure, queues[queue], "replay")).tooLarge > 0) throw tooLargeToSend();
    return c.json({ itemId, destination: failure.destination, status: "queued" }, 202);
  });

  app.post("/failures/:itemId/discard", async (c) => {
    const itemId = c.req.param("itemId");
    const failure = await readFailure(db, itemId);
    if (!failure) throw unknownFailure();
    await end(failure, queues.crm, "discard");
    return c.json({ itemId, destination: failure.destination, status: "discarded" });
  });

  async function open(itemId: string): Promise<{ failure: Failure; item: DeliveryItem; etag: string }> {
    const failure = await readFailure(db, itemId);
    if (!failure) throw unknownFailure();
    const opened = await openDeadItem(bucket, failure.destination, itemId);
    if (!opened) throw goneLetter();
    const { subjects, event } = opened.item;
    // The object of who was erased goes a little later than the word that they are.
    const named = [...new Set([...subjects, event.profile])];
    if ((await requireSuppressed(identity, bucket, named, clock())).size > 0) throw goneLetter();
    return { failure, ...opened };
  }

  async function take(itemId: string): Promise<string> {
    const claim = claimName(newId(), clock());
    if (!(await claimFailure(db, itemId, claim, clock())))
      throw new Problem(409, "replay_under_way", "Somebody else is replaying or mending this failure.");
    return claim;
  }

  async function end(
    failure: Failure,
    queue: Pick<Queue<DeliveryEnvelope>, "send">,
    what: "replay" | "discard",
  ): Promise<{ tooLarge: number }> {
    const claim = await take(failure.itemId);
    return endFailures([failure], { db, bucket, queue, claim }, what);
  }

  return app;
}

const goneLetter = () => new Problem(410, "dead_letter_gone", "The item of this failure is no longer kept.");
const tooLargeToSend = () =>
  new InvalidEdit([{ path: "properties", message: "the event is too large for a message" }]);
const unknownFailure = () => new Problem(404, "unknown_failure", "No failed delivery has this id.");

function definitionOf({ destinations }: ReleaseDocument, { destination }: Failure) {
  const definition = Object.hasOwn(destinations, destination) ? destinations[destination] : undefined;
  if (!definition)
    throw new Problem(404, "unknown_destination", `The release has no destination "${destination}".`);
  return definition;
}

/** What of the item is shown: never what is sealed, and whose it is to those alone who may see it. */
function view({ event, attempt, round = 0 }: DeliveryItem, { personal }: Actor) {
  const { name, occurredAt, receivedAt, source, properties, context, consent, segments, sealed } = event;
  return {
    ...{ id: event.id, name, occurredAt, receivedAt, source, properties, context, segments },
    ...{ granted: consent.granted, traits: sealed !== undefined, attempt, round },
    ...(personal && { profile: event.profile }),
  };
}

function cursorIn(c: Context): FailureCursor | undefined {
  const text = c.req.query("cursor");
  if (text === undefined) return undefined;
  const [, at, itemId] = /^(\d{1,15})\.(.{1,200})$/.exec(text) ?? [];
  if (at === undefined || itemId === undefined)
    throw new Problem(400, "invalid_cursor", "`cursor` must be the `next` of the page before.");
  return { at: Number(at), itemId };
}
