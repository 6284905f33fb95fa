/**
 * The door with an issuer of identity tokens, for tests that walk from a token to what a slot shows: the real collection
 * routes and the real ingest on real stores, with what goes between them in hand. Consent and slots are the real app's.
 */
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { collectRoutes } from "#collect/routes";
import type { EventEnvelope, IdentifierRef, Removal } from "#contracts/messages/event_envelope";
import { answerError } from "#core/problem";
import { tokenVerifier } from "#door/proof/verifier";
import { ingest } from "#ingest/ingest";
import { keyring } from "#privacy/keys";
import { activeRelease } from "#release/active";
import { readSettings } from "../../../src/env.ts";
import { issuersSchema } from "../../../src/settings/identity-issuers.ts";
import { deps } from "../ingest/envelopes.ts";
import { ALL, Browser, HOST, RELEASE, request } from "../product.ts";

/** Who bought something gets an offer; nobody else does. */
export const PROOF_RELEASE = {
  ...RELEASE,
  slots: { hero: { fallback: "hello", budgetMs: 1_000 } },
  offers: {
    thanks: { slot: "hero", audience: { segments: { $in: ["loyal"] } }, priority: 9, content: "thanks" },
  },
  content: { hello: { html: "<p>Hello</p>" }, thanks: { html: "<p>Thanks</p>" } },
};

const read = readSettings(env);
if (!read.ok) throw new Error(read.problems.join());
export const { settings } = read;

export interface Door {
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** What was handed to the queue since the last settling. */
  queued: EventEnvelope[];
  /** Ingest takes what was queued: one batch, or one for each envelope. */
  settle(each?: boolean): Promise<void>;
  /** Identifiers and removals of the newest event. */
  last(): { identifiers: IdentifierRef[]; removed: Removal[]; sealed: string | undefined };
}

/** @param issuers as the setting IDENTITY_ISSUERS has them */
export function doorWith(issuers: unknown[], using = settings): Door {
  const clock = () => Date.now();
  const verifier = tokenVerifier(issuersSchema().parse(issuers), { fetch, clock });
  const state = async () => ({
    settings: using,
    keys: await keyring(using),
    release: await activeRelease(env.EDGE, clock()),
    now: clock(),
  });
  const queued: EventEnvelope[] = [];
  const collect = collectRoutes(state, {
    send: async (messages) => void queued.push(...messages.map((text) => JSON.parse(text) as EventEnvelope)),
    count: () => undefined,
    newId: () => crypto.randomUUID(),
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    verifier,
  });
  const app = new Hono();
  app.all("*", async (c) => (await collect.answer(c.req.raw, c.req.path)) ?? c.notFound());
  app.onError(answerError);
  const isOthers = (path: string) => path.startsWith("/consent") || path.startsWith("/slots");
  return {
    queued,
    async ask(path, init) {
      if (isOthers(path)) return request(path, init);
      const asked = new Request(`${HOST}${path}`, init);
      return app.fetch(asked);
    },
    async settle(each = false) {
      const release = await activeRelease(env.EDGE, clock());
      const taken = queued.splice(0);
      for (const batch of each ? taken.map((one) => [one]) : [taken])
        await ingest(batch, await deps({ release }));
    },
    last() {
      const event = queued.at(-1)?.events.at(-1);
      if (!event) throw new Error("nothing is queued");
      return { identifiers: event.identifiers, removed: event.removed, sealed: event.sealed };
    },
  };
}

/** A browser that has consented to everything. */
export async function visitorOf(door: Door, country = "SK"): Promise<Browser> {
  const browser = new Browser(country, {}, door.ask);
  await browser.consent(ALL);
  return browser;
}

/** The offer that the browser is shown, or `fallback`. */
export async function heroOf(browser: Browser): Promise<string> {
  const answer = await browser.fetch("/slots", { method: "POST", body: JSON.stringify({ slots: ["hero"] }) });
  const { slots } = (await answer.json()) as { slots: { outcome: string; offer: string | null }[] };
  return slots[0]?.offer ?? slots[0]?.outcome ?? "nothing";
}

/** A server's own event, which a secret key proves. */
export const serverEvent = (door: Door, event: unknown): Promise<Response> =>
  door.ask("/events", {
    method: "POST",
    headers: { authorization: "Bearer sk_demo" },
    body: JSON.stringify({
      events: [event],
      consent: { analytics: "granted", marketing: "granted", personalization: "granted" },
    }),
  });
