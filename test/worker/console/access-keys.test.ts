/** Public keys from an address: few fetches whoever asks for what, and none of what is not a list of public keys. */
import { describe, expect, it } from "vitest";
import { type JwksOptions, jwksSource } from "#privacy/jwks";

const URL = "https://idp.example/keys";
const key = (kid: string) => ({ kty: "RSA", kid, n: "AQAB", e: "AQAB" });
const keys = (...kids: string[]) => Response.json({ keys: kids.map(key) });

/** A source whose address answers by a function, with a clock that is moved by hand. */
function sourceOf(
  answer: (times: number) => Response | Promise<Response>,
  options: Partial<JwksOptions> = {},
) {
  const clock = { now: 1_000_000 };
  const requests: RequestInit[] = [];
  const source = jwksSource({
    url: URL,
    fetch: async (_, init) => answer(requests.push(init)),
    clock: () => clock.now,
    timeoutMs: 200,
    ...options,
  });
  const kids = async (kid?: string) => (await source.keyset(kid))?.keys.map((one) => one.kid);
  return { kids, clock, requests };
}

describe("keys", () => {
  it("are kept, and read again when they are ten minutes old", async () => {
    const { kids, clock, requests } = sourceOf((times) => keys(`k${times}`));
    expect(await kids("k1")).toEqual(["k1"]);
    clock.now += 599_999;
    expect(await kids("k1")).toEqual(["k1"]);
    expect(requests).toHaveLength(1);
    clock.now += 1;
    expect(await kids("k1")).toEqual(["k2"]);
  });

  it("are read again for an unknown key, at most once a minute", async () => {
    const { kids, clock, requests } = sourceOf((times) => keys("k1", ...(times > 1 ? ["k2"] : [])));
    expect(await kids("k1")).toEqual(["k1"]);
    for (let n = 0; n < 100; n++) expect(await kids(`unknown-${n}`)).toEqual(["k1"]);
    expect(requests).toHaveLength(1);
    clock.now += 60_000;
    expect(await kids("k2")).toEqual(["k1", "k2"]);
    for (let n = 0; n < 100; n++) await kids(`unknown-${n}`);
    expect(requests).toHaveLength(2);
  });

  it("are fetched once by requests that come at once, and all of them get the keys", async () => {
    let release = () => {};
    const { kids, requests } = sourceOf(async () => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return keys("k1");
    });
    const asked = Array.from({ length: 20 }, () => kids("k1"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    release();
    expect(await Promise.all(asked)).toEqual(Array(20).fill(["k1"]));
    expect(requests).toHaveLength(1);
  });

  it("of before go on for a day while the address is down", async () => {
    const { kids, clock, requests } = sourceOf((times) =>
      times === 1 ? keys("k1") : new Response("", { status: 500 }),
    );
    await kids("k1");
    for (let hour = 1; hour < 24; hour++) {
      clock.now += 3_600_000;
      expect(await kids("k1")).toEqual(["k1"]);
    }
    expect(requests).toHaveLength(24);
    clock.now += 3_600_000;
    expect(await kids("k1")).toBeUndefined();
  });

  it("that were withdrawn end with the next reading", async () => {
    const { kids, clock } = sourceOf((times) => (times === 1 ? keys("old", "new") : keys("new")));
    expect(await kids("old")).toEqual(["old", "new"]);
    clock.now += 600_000;
    expect(await kids("old")).toEqual(["new"]);
  });

  it("a fetch whose request was cut off does not stop the next one for long", async () => {
    const { kids, clock, requests } = sourceOf((times) =>
      times === 1 ? new Promise<Response>(() => {}) : keys("k1"),
    );
    void kids("k1"); // never ends, as a request that the visitor has closed
    await new Promise((resolve) => setTimeout(resolve, 10));
    clock.now += 200;
    expect(await kids("k1")).toEqual(["k1"]);
    expect(requests).toHaveLength(2);
  });
});

describe("an answer that is no list of public keys counts as none", () => {
  it.each<[string, () => Response]>([
    ["no JSON", () => new Response("keys")],
    ["another JSON", () => Response.json([key("k1")])],
    ["null", () => Response.json(null)],
    ["no keys", () => Response.json({ keys: [] })],
    ["a shared secret", () => Response.json({ keys: [{ kty: "oct", kid: "k1", k: "AAAA" }] })],
    ["a private key", () => Response.json({ keys: [{ ...key("k1"), d: "AQAB" }] })],
    ["a key to encrypt with", () => Response.json({ keys: [{ ...key("k1"), use: "enc" }] })],
    ["an id that is no text", () => Response.json({ keys: [{ ...key("k1"), kid: 1 }] })],
    ["a redirect", () => new Response(null, { status: 302, headers: { location: "https://evil.example/" } })],
    ["an error with keys", () => Response.json({ keys: [key("k1")] }, { status: 500 })],
    ["too much", () => Response.json({ keys: [key("k1")], more: "x".repeat(100_000) })],
    ["nothing", () => new Response(null)],
  ])("%s", async (_, answer) => {
    const { kids, requests } = sourceOf(answer);
    expect(await kids("k1")).toBeUndefined();
    expect(requests[0]).toMatchObject({ redirect: "manual" });
  });

  it("one that stands still in its middle", async () => {
    const { kids } = sourceOf(() => {
      const { readable, writable } = new TransformStream<Uint8Array>();
      void writable.getWriter().write(new TextEncoder().encode('{"keys":['));
      return new Response(readable);
    });
    expect(await kids("k1")).toBeUndefined();
  });

  it("and a lost connection", async () => {
    const { kids } = sourceOf(() => Promise.reject(new Error("network")));
    expect(await kids("k1")).toBeUndefined();
  });
});

describe("an address", () => {
  it("without TLS is taken in local development alone", () => {
    const fetch = async () => keys("k1");
    const options = { url: "http://localhost/keys", fetch, clock: () => 0 };
    expect(() => jwksSource(options)).toThrow("https");
    expect(jwksSource({ ...options, allowInsecure: true })).toHaveProperty("keyset");
  });
});
