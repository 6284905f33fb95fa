/** The measured requests: one for every protocol, of the size that is claimed, on a path that its protocol has. */
import { describe, expect, it } from "vitest";
import { cookielessRequest, EVENT_BYTES, eventRequest } from "../../../bench/measure/requests/native.ts";
import { PROTOCOL_REQUESTS } from "../../../bench/measure/requests/protocols.ts";
import { toWire } from "../../../bench/measure/requests/request.ts";
import { ofEach, REQUESTS_PER_VISITOR } from "../../../bench/measure/requests/sender.ts";
import type { BenchVisitor } from "../../../bench/measure/visitors.ts";
import { PROTOCOLS } from "../../../src/collect/protocols/registry.ts";

const NOW = Date.parse("2026-11-22T10:00:00Z");
const VISITOR: BenchVisitor = {
  number: 7,
  cookie: "ds_id=1.a.b.c",
  userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
  address: "198.18.0.7",
  anonymousId: "37cc9e78-b93d-4d73-a500-1044e069f178",
  gaClientId: "1234567890.1700000007",
};

describe("the requests of the bench", () => {
  it("has one for every protocol of the registry", () => {
    expect(new Set(PROTOCOL_REQUESTS.map(({ protocol }) => protocol))).toEqual(
      new Set(Object.keys(PROTOCOLS)),
    );
  });

  it.each(PROTOCOL_REQUESTS.map((request) => [request.name, request] as const))(
    "%s: one event, on a path of its protocol, of one to two kilobytes",
    (_, { protocol, make }) => {
      const { method, path, body, events, headers } = make(VISITOR, NOW);
      const [pathname = "", query = ""] = path.split("?");
      const routes: readonly { method: string; path: string }[] = PROTOCOLS[protocol].routes;
      const fits = routes.some((route) => route.method === method && patternOf(route.path).test(pathname));
      expect(fits, `${method} ${pathname} among ${routes.map((route) => route.path).join(" ")}`).toBe(true);
      expect(events).toHaveLength(1);
      expect(headers["user-agent"]).toBeTruthy();
      expect(query.length + body.length).toBeGreaterThan(800);
      expect(query.length + body.length).toBeLessThan(2_000);
    },
  );

  it("has native events of exactly 1,024 bytes", () => {
    const { events } = JSON.parse(eventRequest(VISITOR, 5, NOW).body) as { events: unknown[] };
    expect(events.map((event) => JSON.stringify(event).length)).toEqual(Array(5).fill(EVENT_BYTES));
  });

  it("has no cookie in what is measured without", () => {
    expect(cookielessRequest(VISITOR, NOW).headers).not.toHaveProperty("cookie");
  });

  it("gives every request ids of its own, a visitor's in a row", () => {
    const requests = ofEach([VISITOR, { ...VISITOR, address: "198.18.0.8" }], (v) => eventRequest(v, 1, NOW));
    expect(new Set(requests.map(({ body }) => body)).size).toBe(2 * REQUESTS_PER_VISITOR);
    expect(requests[REQUESTS_PER_VISITOR - 1]?.headers["cf-connecting-ip"]).toBe("198.18.0.7");
    expect(requests[REQUESTS_PER_VISITOR]?.headers["cf-connecting-ip"]).toBe("198.18.0.8");
  });

  it("goes onto the wire with its length in bytes, and a GET without one", () => {
    const request = { ...eventRequest(VISITOR, 1, NOW), body: "é", headers: { host: "a.example" } };
    expect(toWire(request).toString()).toBe(
      "POST /events HTTP/1.1\r\nhost: a.example\r\ncontent-length: 2\r\n\r\né",
    );
    expect(toWire({ ...request, method: "GET", body: "" }).toString()).toBe(
      "GET /events HTTP/1.1\r\nhost: a.example\r\n\r\n",
    );
  });
});

/** Of a Hono path: `:name` is one part, `:name{regexp}` one that fits. */
function patternOf(path: string): RegExp {
  const parts = path.split("/").map((part) => {
    const [, pattern] = /^:\w+\{(.+)\}$/.exec(part) ?? [];
    return pattern ?? (part.startsWith(":") ? "[^/]+" : part);
  });
  return new RegExp(`^${parts.join("/")}$`);
}
