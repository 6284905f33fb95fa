/** People whose profiles test/worker/openapi.test.ts asks for, changes and has in conflict, and its requests about them. */
import { env } from "cloudflare:workers";
import { changeDeps } from "#console/identity/deps";
import type { IdentifierRef } from "#contracts/messages/event_envelope";
import { makeChange } from "#identity/changes/apply";
import { ingest } from "#ingest/ingest";
import { sealIngress } from "#privacy/ingress";
import { knownKeys } from "#privacy/lookup";
import { accepted, claim, deps, envelope, IDENTITY, proven, visitor } from "../ingest/envelopes.ts";
import { keys } from "../subjects/world.ts";
import type { Case } from "./case.ts";

const ANN = "customer_id:1.oa-ann";
const BEN = "customer_id:1.oa-ben";
const CID = "customer_id:1.oa-cid";
const DEE = "customer_id:1.oa-dee";
const EVE = "customer_id:1.oa-eve";
/** Proved to be Ann's and Ben's, and Ann's and Eve's. */
const SHARED = "email:1.oa-shared";
const OTHER = "email:1.oa-other";
/** An address that two browsers claim. */
const CLAIMED = "oa-claimed@example.com";
/** The change that has made Cid and Dee one. */
const CHANGE = "00000000-0000-4000-8000-00000000000a";
const NOBODY = "customer_id:1.oa-nobody";

const MINUTE_MS = 60_000;

/** Ingest their events, in this order, and do one change. */
export async function makePeople(): Promise<void> {
  const [claimed = ""] = await knownKeys(keys, "email", CLAIMED);
  const now = Date.now();
  const people: IdentifierRef[][] = [
    [proven(ANN), proven(SHARED), proven(OTHER)],
    [proven(BEN), proven(SHARED)],
    [proven(EVE), proven(OTHER)],
    [proven(CID)],
    [proven(DEE)],
    [visitor("oa-one"), claim(claimed)],
    [visitor("oa-two"), claim(claimed)],
  ];
  for (const [n, who] of people.entries()) {
    const id = `oa-person-${n}`;
    const order = { order_id: `oa-${n}`, value: 5, currency: "EUR" };
    const occurredAt = now - (people.length - n) * MINUTE_MS;
    const traits = JSON.stringify({ first_name: `Name ${n}` });
    const sealed = await sealIngress(keys.ingress, traits, ["event", id], now);
    const bought = accepted(id, "purchase", who, order, { occurredAt, sealed });
    await ingest([envelope(id, [bought])], await deps());
  }
  const wanted = { keys: [CID, DEE], asked: () => ({ action: "merge" as const, keys: [CID, DEE] }) };
  const { IDENTITY_0: db, EDGE: kv, LAKE: bucket } = env;
  const given = await changeDeps({ identity: IDENTITY, db, kv, bucket, clock: () => Date.now() });
  await makeChange(wanted, { id: CHANGE, actor: "root", note: "One customer." }, given);
}

const OPERATOR = { authorization: "Bearer admin_test" };
const post = (route: string, status: number, body: unknown): Case => ({
  operation: `post /admin/api${route}`,
  status,
  headers: OPERATOR,
  body,
});
const get = (route: string, status: number, query = ""): Case => ({
  operation: `get /admin/api${route}`,
  path: `/admin/api${route}${query}`,
  status,
  headers: OPERATOR,
});
const undo = (id: string, status: number): Case => ({
  ...post("/identity/changes/{id}/undo", status, {}),
  path: `/admin/api/identity/changes/${id}/undo`,
});
const MERGE = { action: "merge", keys: [CID, DEE], note: "Once more." };
const CONFLICT = { a: BEN, b: SHARED, kind: "proof" };

/** In order. */
export const IDENTITY_CASES: Case[] = [
  post("/profiles/find", 200, { key: ANN }),
  post("/profiles/find", 200, { namespace: "email", value: CLAIMED }),
  post("/profiles/find", 200, { event_id: "oa-person-5" }),
  post("/profiles/find", 400, {}),
  post("/profiles/find", 400, { namespace: "email", value: "no address" }),
  post("/profiles/find", 413, { key: "x".repeat(5_000) }),
  post("/profiles/find", 404, { key: NOBODY }),
  post("/profiles/find", 404, { event_id: "oa-none" }),
  post("/profiles/timeline", 200, { key: ANN }),
  post("/profiles/timeline", 200, { key: ANN, limit: 1 }),
  post("/profiles/timeline", 400, { key: ANN, before: "x" }),
  post("/profiles/timeline", 404, { key: NOBODY }),

  get("/identity/conflicts", 200),
  get("/identity/conflicts", 200, "?reason=two_customer_ids"),
  get("/identity/conflicts", 400, "?cursor=x"),
  post("/identity/preview", 200, { ...CONFLICT, action: "settle", as: "same" }),
  post("/identity/preview", 422, { ...CONFLICT, action: "settle", as: "keep" }),
  post("/identity/conflicts/settle", 200, { ...CONFLICT, as: "different", note: "Two people." }),
  post("/identity/conflicts/settle", 409, { ...CONFLICT, as: "different", seen: "none" }),
  post("/identity/conflicts/settle", 200, { a: EVE, b: OTHER, kind: "proof", as: "keep" }),
  post("/identity/conflicts/settle", 404, { a: NOBODY, b: OTHER, kind: "proof", as: "keep" }),
  post("/identity/preview", 413, { action: "merge", keys: ["x".repeat(70_000)] }),
  post("/identity/conflicts/settle", 413, { note: "x".repeat(70_000) }),
  post("/identity/conflicts/settle", 400, {}),

  get("/identity/changes", 200),
  get("/identity/changes", 200, `?key=${encodeURIComponent(CID)}&limit=1`),
  get("/identity/changes", 400, "?limit=0"),
  get("/identity/changes", 400, "?before=x"),
  post("/identity/preview", 200, { action: "undo", change: CHANGE }),
  post("/identity/preview", 200, { action: "split", groups: [[CID], [DEE]] }),
  undo(CHANGE, 200),
  undo(CHANGE, 409),
  undo("none", 404),
  post("/identity/preview", 200, { action: "merge", keys: [ANN, CID] }),
  post("/identity/preview", 400, {}),
  post("/identity/preview", 404, { action: "aside", key: NOBODY }),
  post("/identity/preview", 409, { action: "unaside", key: SHARED }),
  post("/identity/changes", 201, MERGE),
  post("/identity/changes", 409, MERGE),
  post("/identity/changes", 409, { ...MERGE, keys: [ANN, CID], seen: "none" }),
  post("/identity/changes", 400, { action: "merge", keys: [ANN] }),
];
