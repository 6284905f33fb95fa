/**
 * The whole product for the marker test: the real app, consumers and schedule over real D1, KV, R2 and Durable Objects; the
 * queues keep what they are sent until the test hands it on, and everything that stands anywhere can be read as text.
 */
import { createExecutionContext, createMessageBatch, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { createApp } from "../../../src/app.ts";
import { consumeQueue, runSchedule } from "../../../src/background.ts";
import type { Env } from "../../../src/env.ts";
import { HOST } from "../product.ts";
import type { Found } from "./markers.ts";

export const AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/154.0.0.0 Safari/537.36";

/** What a browser on our own site sends. */
export const BROWSER = {
  origin: HOST,
  "sec-fetch-site": "same-origin",
  "user-agent": AGENT,
  "cf-connecting-ip": "203.0.113.7",
};

/** A queue that keeps its messages, and remembers all that it ever had. */
function keepingQueue() {
  const waiting: unknown[] = [];
  const all: unknown[] = [];
  const take = (body: unknown) => {
    waiting.push(body);
    all.push(body);
  };
  const queue = {
    send: async (body: unknown) => take(body),
    sendBatch: async (batch: Iterable<{ body: unknown }>) => {
      for (const { body } of batch) take(body);
    },
    metrics: async () => ({ backlogCount: waiting.length, backlogBytes: 0 }),
  };
  const clear = () => {
    waiting.length = 0;
    all.length = 0;
  };
  return { queue, waiting, all, clear };
}

export const queues = { events: keepingQueue(), analytics: keepingQueue(), crm: keepingQueue() };

export type World = ReturnType<typeof startWorld>;

/** @param sources JSON of SOURCES */
export function startWorld(sources: string) {
  // Another file's world may have been here before.
  for (const one of Object.values(queues)) one.clear();
  const product = {
    ...env,
    SOURCES: sources,
    TRACE_SLOTS: "1",
    HUBSPOT_TOKEN: "pat-test",
    HOOK: "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0MDE=",
    // What the product calls of a queue is what these have.
    EVENTS: queues.events.queue as unknown as Env["EVENTS"],
    ANALYTICS: queues.analytics.queue as unknown as Env["ANALYTICS"],
    CRM: queues.crm.queue as unknown as Env["CRM"],
  };
  const app = createApp(product);
  const problems: Found[] = [];
  const answers: string[] = [];
  return {
    /** Answers that are a problem: they must not repeat what was sent. */
    problems,
    /** Bodies of the others: they name to the sender its own ids. */
    answers,
    schedule: () => runSchedule(product),
    /** Hand everything that waits to its consumer, until nothing waits. */
    async drain(): Promise<void> {
      for (let round = 0; round < 30; round++) {
        const batches = Object.entries(queues).flatMap(([name, { waiting }]) => {
          const bodies = waiting.splice(0);
          return bodies.length > 0 ? [{ name: `doorstep-${name}`, bodies }] : [];
        });
        if (batches.length === 0) return;
        for (const { name, bodies } of batches) {
          const messages = bodies.map((body, n) => ({
            id: `${name}-${round}-${n}`,
            timestamp: new Date(),
            attempts: 1,
            body,
          }));
          await consumeQueue(createMessageBatch(name, messages), product);
        }
      }
      throw new Error("the queues never run dry");
    },
    async request(path: string, init: RequestInit = {}): Promise<Response> {
      const context = createExecutionContext();
      const response = await app.request(`${HOST}${path}`, init, product, context);
      if (response.status < 400) answers.push(await response.clone().text());
      else
        problems.push({
          where: `answer ${response.status} of ${path.split(/[?@]/)[0]?.slice(0, 20)}`,
          text: await headersAndBody(response),
        });
      return response;
    },
  };
}

async function headersAndBody(response: Response): Promise<string> {
  return `${[...response.headers].join("\n")}\n${await response.clone().text()}`;
}

/** Every line that is logged from here on. */
export function captureLogs(): Found[] {
  const lines: Found[] = [];
  for (const level of ["log", "info", "warn", "error", "debug", "trace"] as const)
    vi.spyOn(console, level).mockImplementation((...words: unknown[]) => {
      lines.push({ where: `console.${level}`, text: words.map(shown).join(" ") });
    });
  return lines;
}

const shown = (word: unknown): string =>
  word instanceof Error
    ? `${word.stack ?? word.message}`
    : typeof word === "string"
      ? word
      : JSON.stringify(word);

/** All that stands in D1, KV, R2, the Durable Objects and the queues' messages. */
export async function everythingStored(): Promise<Found[]> {
  const found = [...(await tables()), ...(await keyValues()), ...(await objects()), ...(await rings())];
  for (const [name, { all }] of Object.entries(queues))
    for (const body of all)
      found.push({ where: `queue ${name}`, text: typeof body === "string" ? body : JSON.stringify(body) });
  return found;
}

async function tables(): Promise<Found[]> {
  const db = env.IDENTITY_0;
  const { results } = await db
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'")
    .all<{ name: string }>();
  const found: Found[] = [];
  for (const { name } of results) {
    const { results: rows } = await db.prepare(`SELECT * FROM "${name}"`).all<Record<string, unknown>>();
    for (const row of rows)
      for (const [column, value] of Object.entries(row))
        found.push({ where: `D1 ${name}.${column}`, text: String(value) });
  }
  return found;
}

async function keyValues(): Promise<Found[]> {
  const { keys } = await env.EDGE.list();
  return Promise.all(
    keys.map(async ({ name, metadata }) => ({
      where: `KV ${name.split(":", 1)[0]}`,
      text: `${name}\n${JSON.stringify(metadata)}\n${await env.EDGE.get(name)}`,
    })),
  );
}

async function objects(): Promise<Found[]> {
  const { objects: all } = await env.LAKE.list({ include: ["customMetadata", "httpMetadata"] });
  return Promise.all(
    all.map(async ({ key, customMetadata, httpMetadata }) => ({
      where: `R2 ${key.split("/").slice(0, 2).join("/")}`,
      text: `${key}\n${JSON.stringify([customMetadata, httpMetadata])}\n${await (await env.LAKE.get(key))?.text()}`,
    })),
  );
}

/** What the Durable Objects show, and what their storage holds. */
async function rings(): Promise<Found[]> {
  const tail = env.LIVE_TAIL.get(env.LIVE_TAIL.idFromName("tail"));
  const shownLive = JSON.stringify(await tail.live(1_000));
  const stored = await Promise.all(
    [tail, ...["hook", "hubspot"].map((name) => env.DESTINATION.get(env.DESTINATION.idFromName(name)))].map(
      (stub) =>
        runInDurableObject(stub as DurableObjectStub<undefined>, async (_, { storage }) => {
          const names = storage.sql
            .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
            .toArray();
          const rows = names
            .filter(({ name }) => !name.startsWith("_cf"))
            .map(({ name }) => storage.sql.exec(`SELECT * FROM "${name}"`).toArray());
          return JSON.stringify([rows, [...(await storage.list())]]);
        }),
    ),
  );
  return [
    { where: "live API", text: shownLive },
    ...stored.map((text) => ({ where: "Durable Object", text })),
  ];
}
