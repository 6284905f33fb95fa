/**
 * How many rows typical work writes, as D1 bills it: each row of a table, and each entry of an index that is written. What
 * comes on top of these numbers is paid for with every event.
 */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { appendConsent } from "#consent/store";
import { releaseSchema } from "#contracts/definitions/release";
import type { AcceptedEvent, IdentifierRef } from "#contracts/messages/event_envelope";
import type { Purpose } from "#contracts/taxonomy";
import { bindConsent } from "#identity/consent-store";
import { eraseSubjects } from "#identity/erasures";
import { lookIdOf } from "#identity/looks";
import { identityShards } from "#identity/shards";
import { makeDue } from "#ingest/count/store";
import { type DueDeps, tendDue } from "#ingest/due";
import { ingest } from "#ingest/ingest";
import { keyring } from "#privacy/keys";
import { changeList } from "#segments/lists-store";
import { emptyStores } from "../setup.ts";
import { accepted, claim, deps, envelope, visitor } from "./envelopes.ts";

const DAY = 86_400_000;
const release = {
  version: 1,
  document: releaseSchema.parse({
    features: { views_30d: { event: "page_view", agg: "count", window: "30d" } },
    segments: { active: { when: { views_30d: { $gte: 2 } } } },
    policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
  }),
};
const keys = await keyring("test-master-secret-0123456789abcdef");

let written = 0;
let puts = 0;
const metered = <T extends object>(target: T): T =>
  new Proxy(target, {
    get(of, name) {
      const value = Reflect.get(of, name) as unknown;
      if (typeof value !== "function") return value;
      return async (...args: unknown[]) => {
        if (name === "put") puts++;
        const result: unknown = await (value as (...a: unknown[]) => unknown).apply(of, args);
        if (name === "batch") for (const { meta } of result as D1Result[]) written += meta.rows_written;
        return result;
      };
    },
  });
/** Statements that are run one by one read, or write nothing that is counted here. */
const db = new Proxy(metered(env.IDENTITY_0), {
  get: (of, name) =>
    name === "prepare" ? env.IDENTITY_0.prepare.bind(env.IDENTITY_0) : Reflect.get(of, name),
});
const identity = identityShards([db]);
const kv = metered(env.EDGE);

let now = 0;
let n = 0;
const view = (who: IdentifierRef[], more: Partial<AcceptedEvent> = {}) =>
  accepted(`e${++n}`, "page_view", who, {}, { occurredAt: now - 1_000, ...more });
/** Each event in a request of its own; all of them in one batch. */
const send = async (...events: AcceptedEvent[]) => {
  const requests = events.map((event) => ({ ...envelope(`x${++n}`, [event]), receivedAt: now }));
  await ingest(requests, await deps({ identity, db, kv, release, clock: () => now }));
};
const tend = () => {
  const given: DueDeps = { identity, kv, lake: env.LAKE, keys, release, clock: () => now };
  return tendDue(given);
};
/** What is written by some work. */
const rowsOf = async (work: () => Promise<unknown>): Promise<{ rows: number; kv: number }> => {
  written = 0;
  puts = 0;
  await work();
  return { rows: written, kv: puts };
};
const people = (count: number) => Array.from({ length: count }, (_, place) => visitor(`v${place}`));
const calendar = async () => {
  const { results } = await env.IDENTITY_0.prepare("SELECT id, keys FROM profile_looks ORDER BY id").all<{
    id: number;
    keys: string;
  }>();
  return results.map(({ id, keys: named }) => ({ id, keys: (JSON.parse(named) as string[]).sort() }));
};

beforeEach(async () => {
  await emptyStores();
  now = Date.UTC(2026, 10, 22, 12);
});

describe("rows written", () => {
  it("are one for a visitor's request, and none for a segment's index", async () => {
    const first = people(20).map((who) => view([who]));
    expect(await rowsOf(() => send(...first))).toEqual({ rows: 20, kv: 0 });
    now += 5_000;
    // All of them enter a segment that time will take them out of: their places in the calendar are one row.
    const second = people(20).map((who) => view([who]));
    expect(await rowsOf(() => send(...second))).toEqual({ rows: 21, kv: 20 });
    now += 5_000;
    const third = people(20).map((who) => view([who]));
    expect(await rowsOf(() => send(...third))).toEqual({ rows: 20, kv: 0 });
  });

  it("are two for each who leaves by time alone, and the edge finds that out by itself", async () => {
    await send(...people(20).flatMap((who) => [view([who]), view([who])]));
    now = Date.UTC(2026, 11, 22, 0, 1);
    // Besides: where the marks are in the calendar, and what goes out of it.
    expect(await rowsOf(tend)).toEqual({ rows: 43, kv: 0 });
    expect(await calendar()).toEqual([]);
  });

  it("are three where somebody is claimed: the browser's, their facts' own, and how an erasure finds that", async () => {
    const event = view([visitor("a"), claim("email:1.ann")]);
    expect((await rowsOf(() => send(event))).rows).toBe(3);
  });

  it("are one for a decision that grants all before any event came, and two for one that denies something", async () => {
    const decide = async (name: string, granted: Purpose[]) => {
      const { key: subject } = visitor(name);
      const shared = { granted, regime: "gdpr", givenAt: now, expiresAt: now + DAY };
      await appendConsent(env.IDENTITY_0, { ...shared, subject, id: "r2", source: "choice", evidence: "" });
      await bindConsent(identity, subject, { ...shared, receipt: "r2", despiteGpc: false });
    };
    // The ledger's row is written by itself.
    expect((await rowsOf(() => decide("a", ["analytics", "marketing", "personalization"]))).rows).toBe(0);
    expect((await rowsOf(() => decide("b", ["analytics"]))).rows).toBe(1);
  });
});

describe("the calendar", () => {
  it("has whoever is due, at the end of that minute, and nobody who was written by somebody else", async () => {
    await send(view([visitor("a")]), view([visitor("a")]), view([visitor("b")]));
    const due = Date.UTC(2026, 11, 22);
    expect(await calendar()).toEqual([{ id: lookIdOf(due, now), keys: ["visitor_id:1.a"] }]);
    // An earlier moment adds a place; both are of the same person.
    await makeDue(env.IDENTITY_0, ["visitor_id:1.a", "visitor_id:1.nobody"], now + 90_000);
    expect((await calendar()).map(({ keys: named }) => named)).toEqual([
      ["visitor_id:1.a"],
      ["visitor_id:1.a"],
    ]);
    now += 120_000;
    expect(await tend()).toBe(1);
    // The look has put it off again, and the first place has gone.
    expect((await calendar()).flatMap(({ keys: named }) => named)).toContain("visitor_id:1.a");
    expect(await tend()).toBe(0);
    now = due;
    expect(await tend()).toBe(1);
    now += DAY;
    expect(await tend()).toBe(0);
    expect(await calendar()).toEqual([]);
  });

  it("has nothing of who was erased, in none of their places", async () => {
    await send(...["a", "b"].flatMap((name) => [view([visitor(name)]), view([visitor(name)])]));
    await makeDue(env.IDENTITY_0, ["visitor_id:1.a", "visitor_id:1.b"], now + 90_000);
    const subjects = ["visitor_id:1.a"];
    const asked = { request: "00000000-0000-4000-8000-000000000001", subjects, whole: subjects, now };
    await eraseSubjects(identity, env.LAKE, asked);
    expect((await calendar()).map(({ keys: named }) => named)).toEqual([
      ["visitor_id:1.b"],
      ["visitor_id:1.b"],
    ]);
  });

  it("spreads those whom a list makes due over rows, and has all of them", async () => {
    const named = people(300);
    await send(...named.map((who) => view([who])));
    const keysOf = named.map(({ key }) => key);
    await changeList(identity, { list: "vip", mode: "add", id: 1, now, keys: keysOf, others: new Map() });
    const places = await calendar();
    expect(places.flatMap(({ keys: own }) => own)).toHaveLength(300);
    expect(places.length).toBeLessThan(64);
    expect(await tend()).toBe(300);
    expect(await calendar()).toEqual([]);
  });
});
