/**
 * An unverified claim reads nothing: whoever says that they are somebody known is shown, told and timed exactly as
 * somebody who claims to be nobody. What takes time is asking a store, so that the questions to stores are counted.
 */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { EventEnvelope } from "#contracts/messages/event_envelope";
import { identityShards } from "#identity/shards";
import { ingest } from "#ingest/ingest";
import { activeRelease } from "#release/active";
import { createApp } from "../../../src/app.ts";
import { forged, goodClaims, type TestIssuer, testIssuer } from "../../setup/identity-tokens.ts";
import { deps, rows } from "../ingest/envelopes.ts";
import { ALL, type Browser, event, HOST, publishRelease } from "../product.ts";
import { emptyStores } from "../setup.ts";
import { type Door, doorWith, heroOf, PROOF_RELEASE, serverEvent, visitorOf } from "./token-walk.ts";

const KNOWN = { user_id: "u-known", email: "known@example.com", phone: "+421905000001" };
const UNKNOWN = { user_id: "u-other", email: "other@example.com", phone: "+421905000002" };
type Person = typeof KNOWN;

let issuer: TestIssuer;
let door: Door;

beforeAll(async () => {
  issuer = await testIssuer();
});
beforeEach(async () => {
  await emptyStores();
  await publishRelease(PROOF_RELEASE);
  door = doorWith([issuer.settings]);
  const { user_id, email, phone } = KNOWN;
  const bought = event(
    "purchase",
    { order_id: "o-1", value: 9, currency: "EUR" },
    { user_id, traits: { email, phone } },
  );
  await serverEvent(door, bought);
  await door.settle();
});

/** All that a browser can say of somebody without proof, in each of the ways. */
const WAYS: [string, (person: Person) => Promise<unknown>][] = [
  ["a user id", async ({ user_id }) => event("login", {}, { user_id })],
  ["an e-mail address", async ({ email }) => event("identify", {}, { traits: { email } })],
  ["a telephone number", async ({ phone }) => event("identify", {}, { traits: { phone } })],
  ["all of them", async ({ user_id, ...traits }) => event("identify", {}, { user_id, traits })],
  [
    "an expired token",
    async ({ user_id }) =>
      event("login", {}, { user_id, token: await issuer.token({ sub: user_id, exp: 1 }) }),
  ],
  [
    "a forged token",
    async ({ user_id }) =>
      event("login", {}, { user_id, token: forged({ alg: "none" }, { ...goodClaims(), sub: user_id }) }),
  ],
];

const consentOf = async (browser: Browser): Promise<unknown> => {
  const {
    receipt: _,
    given_at: __,
    expires_at: ___,
    ...state
  } = await (await browser.fetch("/consent")).json<Record<string, unknown>>();
  const { decisions, ...history } = await (await browser.fetch("/consent/history")).json<{
    decisions: unknown[];
  }>();
  return { state, history, decisions: decisions.length };
};

describe("a claim to be somebody known", () => {
  it.each(WAYS)(
    "by %s shows nothing of them: not in a slot, not in the consent or its history",
    async (_title, make) => {
      const browser = await visitorOf(door);
      const before = { hero: await heroOf(browser), consent: await consentOf(browser) };
      expect(before.hero).toBe("fallback");
      const answer = await browser.send([await make(KNOWN)]);
      expect(answer.status).toBe(202);
      await door.settle();
      expect({ hero: await heroOf(browser), consent: await consentOf(browser) }).toEqual(before);
      // Also later, when the session is over and the snapshot is all there is.
      browser.cookies.delete("ds_session");
      expect(await heroOf(browser)).toBe("fallback");
    },
  );

  it.each(WAYS)("by %s is answered as one to be somebody unknown", async (_title, make) => {
    const answers: unknown[] = [];
    for (const person of [KNOWN, UNKNOWN]) {
      const browser = await visitorOf(door);
      const sent = await make(person);
      const answer = await browser.send([{ ...(sent as object), id: "the-same" }]);
      const headers = [...answer.headers].map(([name, value]) => [
        name,
        name === "set-cookie" ? value.split("=", 1) : value,
      ]);
      answers.push([answer.status, await answer.text(), headers]);
      const slots = await browser.fetch("/slots", {
        method: "POST",
        body: JSON.stringify({ slots: ["hero", "none"] }),
      });
      answers.push([slots.status, await slots.text()]);
    }
    expect(answers.slice(0, 2)).toEqual(answers.slice(2));
  });

  it("does not change the person, and leaves no more than a row of the browser's own", async () => {
    const before = await rows();
    const browser = await visitorOf(door);
    for (const [, make] of WAYS) await browser.send([await make(KNOWN)]);
    await door.settle();
    const after = await rows();
    for (const [key, row] of before) expect(after.get(key)).toEqual(row);
    for (const key of after.keys()) if (!before.has(key)) expect(key).toMatch(/^visitor_id:/);
  });
});

/** Counts what is asked of a store, by method. */
function counted<T extends object>(binding: T, name: string, calls: string[]): T {
  return new Proxy(binding, {
    get(target, method) {
      const value: unknown = Reflect.get(target, method);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        calls.push(`${name}.${String(method)}`);
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
}

describe("the number of questions to stores is the same for a claim to be somebody known and somebody unknown", () => {
  it.each(WAYS)("at the door, in slots and in consent: by %s", async (_title, make) => {
    const asked: string[][] = [];
    for (const person of [KNOWN, UNKNOWN]) {
      const browser = await visitorOf(door);
      await browser.send([await make(person)]);
      await door.settle();
      const calls: string[] = [];
      const app = createApp({
        ...env,
        IDENTITY_0: counted(env.IDENTITY_0, "d1", calls),
        EDGE: counted(env.EDGE, "kv", calls),
        LAKE: counted(env.LAKE, "r2", calls),
        TRACE_SLOTS: "0",
      });
      const fetch = async (path: string, init: RequestInit = {}) => {
        const ctx = createExecutionContext();
        const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
        const made = new Request(`${HOST}${path}`, { ...init, headers: { ...browser.headers, cookie } });
        const response = await app.fetch(made, env, ctx);
        await waitOnExecutionContext(ctx);
        expect(response.status).toBeLessThan(300);
      };
      await fetch("/events", {
        method: "POST",
        body: JSON.stringify({ write_key: "wk_demo", events: [await make(person)] }),
      });
      await fetch("/slots", { method: "POST", body: JSON.stringify({ slots: ["hero"] }) });
      await fetch("/slots/hero");
      await fetch("/consent");
      await fetch("/consent/history");
      asked.push(calls);
    }
    expect(asked[0]?.filter((call) => call === "kv.get").length).toBeGreaterThan(0);
    expect(asked[0]).toEqual(asked[1]);
  });

  it.each(WAYS)("at ingest, whose end a slot could tell: by %s", async (_title, make) => {
    const release = await activeRelease(env.EDGE, Date.now());
    const asked: string[][] = [];
    for (const person of [KNOWN, UNKNOWN]) {
      const browser = await visitorOf(door);
      await browser.send([await make(person)]);
      const envelopes: EventEnvelope[] = door.queued.splice(0);
      const calls: string[] = [];
      const given = await deps({
        release,
        db: counted(env.IDENTITY_0, "d1", calls),
        identity: identityShards([counted(env.IDENTITY_0, "d1", calls)]),
        kv: counted(env.EDGE, "kv", calls),
        lake: counted(env.LAKE, "r2", calls),
      });
      await ingest(envelopes, given);
      asked.push(calls);
    }
    expect(asked[0]?.length).toBeGreaterThan(3);
    expect(asked[0]).toEqual(asked[1]);
  });
});

it("a proved person is shown what the claims were not", async () => {
  const browser = await visitorOf(door);
  await browser.send([event("login", {}, { token: await issuer.token({ sub: KNOWN.user_id }) })], {
    consent: ALL,
  });
  await door.settle();
  expect(await heroOf(browser)).toBe("thanks");
});
