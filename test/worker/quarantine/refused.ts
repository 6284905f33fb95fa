/**
 * What the tests of the quarantine share: refused events as the door hands them to ingest, the admin API over the real
 * D1 and R2, and a queue whose messages go through ingest.
 */
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { checkEvent } from "#collect/check";
import type { IncomingEvent } from "#collect/protocols/protocol";
import { type Circumstances, keptOf } from "#collect/quarantine/kept";
import type { ReplayContext } from "#collect/quarantine/replay";
import { quarantineRoutes } from "#collect/quarantine/routes";
import { type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import {
  type ConsentDecision,
  type EventEnvelope,
  eventEnvelopeSchema,
  type Refusal,
} from "#contracts/messages/event_envelope";
import type { Purpose } from "#contracts/taxonomy";
import { Problem } from "#core/problem";
import { envelopeSender } from "#door/queue";
import { ingest } from "#ingest/ingest";
import { type Actor, SYSTEM } from "#privacy/actor";
import { keyring } from "#privacy/keys";
import { deps, IDENTITY } from "../ingest/envelopes.ts";
import { RELEASE } from "../product.ts";

export const KEYS = await keyring("test-master-secret-0123456789abcdef");
export const ALL_PURPOSES: Purpose[] = ["analytics", "marketing", "personalization"];

export const consentTo = (granted: Purpose[]): ConsentDecision => ({
  receipt: "r1",
  regime: "gdpr",
  granted,
  grounds: {},
  decidedAt: 1000,
});

let n = 0;
export const incoming = (
  name: string,
  properties: unknown,
  more: Partial<IncomingEvent> = {},
): IncomingEvent => ({
  index: 0,
  id: `q-${++n}`,
  name,
  occurredAt: Date.now() - 60_000,
  properties,
  context: { page: { url: "https://shop.example/cart" } },
  traits: undefined,
  ...more,
});

export const circumstances = (granted: Purpose[], more: Partial<Circumstances> = {}): Circumstances => ({
  document: releaseSchema.parse(RELEASE),
  consent: consentTo(granted),
  protocol: "native",
  proof: "claim",
  visitorKey: "visitor_id:1.v",
  server: () => ({ device: { type: "desktop" }, geo: { country: "SK" } }),
  sentAt: undefined,
  receivedAt: Date.now(),
  ...more,
});

/** An event refused as the door refuses it: with what may be kept. */
export async function refuse(
  event: IncomingEvent,
  granted = ALL_PURPOSES,
  now = Date.now(),
): Promise<Refusal> {
  const check = checkEvent(event, undefined, now, new Set());
  if (check.ok) throw new Error("it is not refused");
  const { code, issues } = check;
  const kept = await keptOf(KEYS, event, { code, issues }, circumstances(granted));
  return { id: event.id, name: event.name, status: "rejected", code, issues, ...kept };
}

export const refusalsIn = (
  id: string,
  refused: Refusal[],
  more: Partial<EventEnvelope> = {},
): EventEnvelope => ({
  v: 1,
  kind: "events",
  id,
  source: "web",
  receivedAt: Date.now(),
  events: [],
  refused,
  ...more,
});

/** Into quarantine, as the queue's consumer does it. */
export async function quarantine(refused: Refusal[], more: Partial<EventEnvelope> = {}): Promise<void> {
  await ingest([refusalsIn(`e-${++n}`, refused, more)], await deps());
}

export const release = (repairs: ReleaseInput["repairs"]) => releaseSchema.parse({ ...RELEASE, repairs });

/** The admin API with a release, and the messages that it has put on the events queue. */
export function quarantineApi(repairs: ReleaseInput["repairs"] = {}) {
  const messages: string[] = [];
  const queue = {
    send: async (body: string) => void messages.push(body),
    sendBatch: async (batch: Iterable<{ body: string }>) =>
      void messages.push(...[...batch].map((m) => m.body)),
  } as unknown as Queue<string>; // these two are what the door calls
  const document = release(repairs);
  const context = {
    identity: IDENTITY,
    db: env.IDENTITY_0,
    bucket: env.LAKE,
    send: envelopeSender([queue]),
    keys: async () => KEYS,
    document: async () => document,
    clock: () => Date.now(),
    newId: () => crypto.randomUUID(),
  };
  const app = new Hono<{ Variables: { actor: Actor } }>()
    .use((c, next) => {
      c.set("actor", SYSTEM);
      return next();
    })
    .route("/", quarantineRoutes(context))
    .onError((error) => {
      if (error instanceof Problem) return error.toResponse();
      throw error;
    });
  const ask = async (path: string, body?: unknown) => {
    const response = await app.request(
      path,
      body === undefined ? {} : { method: "POST", body: JSON.stringify(body) },
    );
    // biome-ignore lint/suspicious/noExplicitAny: each test looks at what it asked for
    return { status: response.status, body: (await response.json()) as any };
  };
  /** What is on the queue now goes through ingest. */
  const drain = async () => {
    const bodies = messages.splice(0);
    await ingest(
      bodies.map((body) => eventEnvelopeSchema.parse(JSON.parse(body))),
      await deps(),
    );
  };
  const stores: ReplayContext = {
    identity: IDENTITY,
    db: env.IDENTITY_0,
    bucket: env.LAKE,
    send: context.send,
    keys: KEYS,
    document,
  };
  return { ask, drain, messages, queue, stores };
}

/** Everything in R2 below a prefix, as one text. */
export async function textsUnder(prefix: string): Promise<string> {
  const { objects } = await env.LAKE.list({ prefix });
  const texts = await Promise.all(objects.map(async ({ key }) => (await env.LAKE.get(key))?.text() ?? ""));
  return texts.join("\n");
}

/** How many rows of the index have each status. */
export async function statuses(): Promise<Record<string, number>> {
  const { results } = await env.IDENTITY_0.prepare(
    "SELECT status, COUNT(*) AS n FROM quarantine_index GROUP BY status",
  ).all<{ status: string; n: number }>();
  return Object.fromEntries(results.map((row) => [row.status, row.n]));
}
