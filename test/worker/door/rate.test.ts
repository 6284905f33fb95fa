/** Counting requests in workerd. Cloudflare's own limiter is tried in test/unit/door/rate-limiter.test.ts. */
import { describe, expect, it } from "vitest";
import { Problem } from "#core/problem";
import { type RatedRequest, requestCounter } from "#door/rate";
import { keyring } from "#privacy/keys";

const { cookie: key } = await keyring("test-master-secret-0123456789abcdef");
const NOW = Date.UTC(2026, 10, 22);
const IP = "203.0.113.7";

const rated = (more: Partial<RatedRequest> = {}): RatedRequest => ({
  source: "web",
  secret: false,
  visitorKey: undefined,
  headers: new Headers({ "cf-connecting-ip": IP }),
  now: NOW,
  key,
  ...more,
});

/** What each of `times` requests gets: 0, or the Retry-After of its 429. */
async function answers(count: ReturnType<typeof requestCounter>, times: number, request = rated()) {
  const got: number[] = [];
  for (let n = 0; n < times; n++) {
    try {
      await count(request);
      got.push(0);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      expect([error.status, error.code]).toEqual([429, "rate_limited"]);
      got.push(Number(error.headers["retry-after"]));
    }
  }
  return got;
}

/** A limiter that allows, and keeps the keys that it was asked for. */
function watched(keys: string[], allow = true): RateLimit {
  return {
    limit: async ({ key: asked }) => {
      keys.push(asked);
      return { success: allow };
    },
  };
}

describe("without a binding", () => {
  it("one address may send a burst, and is then told when to come again; others go on", async () => {
    const count = requestCounter({}, 0.2, "seed");
    expect(await answers(count, 4)).toEqual([0, 0, 5, 5]);
    expect(
      await answers(count, 1, rated({ headers: new Headers({ "cf-connecting-ip": "203.0.113.8" }) })),
    ).toEqual([0]);
    expect(await answers(count, 2, rated({ now: NOW + 5_000 }))).toEqual([0, 5]);
  });
  it("a known visitor is counted as such, wherever their requests come from", async () => {
    const count = requestCounter({}, 0.1, "seed");
    const visitorKey = "visitor_id:1.abc";
    expect(await answers(count, 1, rated({ visitorKey }))).toEqual([0]);
    const elsewhere = new Headers({ "cf-connecting-ip": "198.51.100.1" });
    expect(await answers(count, 1, rated({ visitorKey, headers: elsewhere }))).toEqual([10]);
    expect(await answers(count, 1)).toEqual([0]);
  });
  it("no promise is made, so that a request waits for nothing", () => {
    expect(requestCounter({}, 100, "seed")(rated())).toBeUndefined();
  });
  it("a secret key is no client, and 0 is no limit", async () => {
    expect(await answers(requestCounter({}, 0.1, "seed"), 50, rated({ secret: true }))).toEqual(
      Array(50).fill(0),
    );
    expect(await answers(requestCounter({}, 0, "seed"), 50)).toEqual(Array(50).fill(0));
  });
  it("without an address, as on one's own machine, nobody is counted", async () => {
    expect(await answers(requestCounter({}, 0.1, "seed"), 5, rated({ headers: new Headers() }))).toEqual(
      Array(5).fill(0),
    );
  });
});

describe("with bindings", () => {
  it("an address is never a key: only a hash of it is", async () => {
    const keys: string[] = [];
    const count = requestCounter({ client: watched(keys) }, 0, "seed");
    await answers(count, 2);
    await answers(count, 1, rated({ headers: new Headers({ "cf-connecting-ip": "2001:db8:1:2::1" }) }));
    await answers(count, 1, rated({ headers: new Headers({ "cf-connecting-ip": "2001:db8:1:2::ffff" }) }));
    expect(keys).toHaveLength(4);
    expect(keys[0]).toMatch(/^web:address:[\w-]{22}$/);
    expect(keys[1]).toBe(keys[0]);
    expect(keys[3]).toBe(keys[2]);
    expect(keys[2]).not.toBe(keys[0]);
    expect(keys.join()).not.toContain(IP);
  });
  it("a page's request asks for its client and its key, a server's for its own key alone", async () => {
    const client: string[] = [];
    const writeKey: string[] = [];
    const secretKey: string[] = [];
    const bindings = { client: watched(client), writeKey: watched(writeKey), secretKey: watched(secretKey) };
    const count = requestCounter(bindings, 100, "seed");
    await answers(count, 1, rated({ visitorKey: "visitor_id:1.abc" }));
    await answers(count, 1, rated({ secret: true }));
    expect([client, writeKey, secretKey]).toEqual([["web:visitor_id:1.abc"], ["web"], ["web"]]);
  });
  it.each(["client", "writeKey", "secretKey"] as const)(
    "too many for %s → 429 for its period",
    async (name) => {
      const count = requestCounter({ [name]: watched([], false) }, 100, "seed");
      expect(await answers(count, 1, rated({ secret: name === "secretKey" }))).toEqual([10]);
    },
  );
  it("one that does not answer loses no event", async () => {
    const broken: RateLimit = { limit: () => Promise.reject(new Error("internal error")) };
    expect(await answers(requestCounter({ client: broken, writeKey: broken }, 100, "seed"), 3)).toEqual([
      0, 0, 0,
    ]);
  });
});
