/** The counter against Cloudflare's own limiter, as Miniflare has it: its binding's API and its counts per key. */
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type CountRequest, requestCounter } from "#door/rate";
import { keyring } from "#privacy/keys";

let mf: Miniflare;
let count: CountRequest;

const limit = (id: string, requests: number) => ({
  namespace_id: id,
  simple: { limit: requests, period: 60 as const },
});

beforeAll(async () => {
  // Its windows are the minutes of the clock: none may end while we count.
  const secondsLeft = 60 - ((Date.now() / 1_000) % 60);
  if (secondsLeft < 8) await new Promise((resolve) => setTimeout(resolve, secondsLeft * 1_000));
  mf = new Miniflare(
    convertV4MiniflareOptions({
      name: "limits",
      modules: true,
      script: "export default { fetch: () => new Response() }",
      ratelimits: { CLIENT: limit("1", 3), WRITE_KEY: limit("2", 8), SECRET_KEY: limit("3", 20) },
    }),
  );
  const bindings = await mf.getBindings<Record<"CLIENT" | "WRITE_KEY" | "SECRET_KEY", RateLimit>>();
  count = requestCounter(
    { client: bindings.CLIENT, writeKey: bindings.WRITE_KEY, secretKey: bindings.SECRET_KEY },
    0,
    "seed",
  );
}, 30_000);
afterAll(() => mf.dispose());

/** How many of `times` requests come in; the others are answered 429. */
async function comeIn(times: number, source: string, visitorKey: string, secret = false): Promise<number> {
  const { cookie: key } = await keyring("test-master-secret-0123456789abcdef");
  let allowed = 0;
  for (let n = 0; n < times; n++) {
    try {
      await count({ source, secret, visitorKey, headers: new Headers(), now: 0, key });
      allowed++;
    } catch (error) {
      expect(error).toMatchObject({ status: 429, code: "rate_limited", headers: { "retry-after": "10" } });
    }
  }
  return allowed;
}

it("each visitor has an allowance, and all of a write key one together", async () => {
  expect(await comeIn(5, "web", "visitor_id:1.a")).toBe(3);
  expect(await comeIn(1, "web", "visitor_id:1.b")).toBe(1);
  // What was refused to the visitor has counted for the key: 5 + 1 so far.
  expect(await comeIn(3, "web", "visitor_id:1.c")).toBe(2);
  expect(await comeIn(3, "app", "visitor_id:1.a")).toBe(3);
});

it("a secret key has its own, higher one", async () => {
  expect(await comeIn(25, "web", "visitor_id:1.a", true)).toBe(20);
});
