/**
 * Vendors that answer what no documentation says, over real HTTP: each item has an outcome within the deadline, and what
 * the answer does not confirm is not delivered.
 */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { DeliveryOutcome } from "#core/outcome";
import { exampleEvent } from "#forward/destinations/example-event";
import { ANSWER_LIMIT_BYTES } from "#forward/destinations/http";
import { destinationType } from "#forward/destinations/registry";
import { reach } from "../../setup/reach.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serve(answer: RequestListener): Promise<{ url: string; requests: () => number }> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    request.resume();
    request.on("end", () => answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests: () => requests };
}

/** Types that read the answer, and those for which the status is all there is. */
const SETTINGS = {
  hubspot: (url: string) => ({ token: "pat-demo", endpoint: url }),
  posthog: (url: string) => ({ api_key: "phc_demo", host: url }),
  meta: (url: string) => ({
    ...{ dataset_id: "1234567890123456", access_token: "EAAsandbox", endpoint: url },
    action_sources: { web: "other" },
  }),
  salesforce: (url: string) => ({ login_url: url, client_id: "app", client_secret: "secret" }),
  webhook: (url: string) => ({ url, secret: "whsec_ZG9vcnN0ZXAtZGVtby13ZWJob29rLXNlY3JldC0wMDE=" }),
  ga4: (url: string) => ({ measurement_id: "G-DEMO", api_secret: "ga4-demo", endpoint: url }),
};
type Name = keyof typeof SETTINGS;

async function send(name: Name, url: string): Promise<DeliveryOutcome[]> {
  const type = destinationType(name);
  if (!type) throw new Error(name);
  const settings = type.settings.parse(SETTINGS[name](url));
  const now = Date.now();
  const bodies = ["a", "b", "c"].map((id) => {
    const event = exampleEvent(
      "form_submit",
      { form_id: "f" },
      { id, occurredAt: now, receivedAt: now, verified: true },
    );
    const mapped = type.map(event, { email: `${id}@example.com` }, settings);
    if (mapped.status !== "mapped") throw new Error(mapped.status);
    return { itemId: id.repeat(32), event, body: mapped.body };
  });
  const signal = AbortSignal.timeout(300);
  // A session of an org at the same address.
  const session = JSON.stringify({ token: "session", instance: url });
  const tokens = { ...reach.tokens, get: () => session };
  return type.send(bodies, { settings, fetch, now, signal, allowInsecure: true, ...reach, tokens });
}

const READERS = ["hubspot", "posthog", "meta", "salesforce"] as const;
const ALL = Object.keys(SETTINGS) as Name[]; // its own keys
const statuses = (outcomes: readonly DeliveryOutcome[]) => [...new Set(outcomes.map(({ status }) => status))];
const answering =
  (body: string, status = 200, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    void response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);

describe("a 2xx that confirms nothing is no delivery", () => {
  const BAD: [string, RequestListener][] = [
    ["HTML", answering("<!doctype html><title>Welcome</title>", 200, { "content-type": "text/html" })],
    ["an empty body", answering("")],
    ["half an object", answering('{"results": [')],
    ["an error inside", answering('{"status":"error","error":{"message":"internal"}}')],
    ["a list of nothing", answering("[]")],
    ["another number", answering("42")],
    [
      "an answer for other items",
      answering('{"results":[{"id":"1","properties":{"email":"zoe@example.com"}}]}'),
    ],
    ["a body without an end", endless],
    ["a body that drips", drip],
    [
      "a body that breaks off",
      (_, response) => {
        response.writeHead(200, { "content-length": "100" });
        response.write('{"sta');
        setTimeout(() => response.destroy(), 10);
      },
    ],
  ];
  it.each(READERS.flatMap((name) => BAD.map(([what, answer]) => [name, what, answer] as const)))(
    "%s: %s",
    async (name, _, answer) => {
      const { url } = await serve(answer);
      const begun = performance.now();
      const outcomes = await send(name, url);
      expect(outcomes).toHaveLength(3);
      expect(statuses(outcomes)).toEqual(["retry"]);
      expect(performance.now() - begun).toBeLessThan(3_000);
    },
  );
});

/** More than is ever read, as fast as it goes. */
function endless(...[, response]: Parameters<RequestListener>): void {
  response.writeHead(200, { "content-type": "application/json" });
  const chunk = " ".repeat(ANSWER_LIMIT_BYTES / 4);
  const more = (): void => {
    if (!response.destroyed) response.write(chunk, () => setImmediate(more));
  };
  more();
}

/** A byte now and then, for ever. */
function drip(...[, response]: Parameters<RequestListener>): void {
  response.writeHead(200, { "content-type": "application/json" });
  const timer = setInterval(() => response.write(" "), 20);
  response.on("close", () => clearInterval(timer));
}

describe("whatever the destination", () => {
  it.each(ALL)("%s: a redirect is not followed: it would carry our credentials along", async (name) => {
    const elsewhere = await serve(answering("{}"));
    const { url } = await serve(answering("", 307, { location: elsewhere.url }));
    expect(await send(name, url)).toEqual(
      Array(3).fill({ status: "failed", code: "redirected", detail: "http_307" }),
    );
    expect(elsewhere.requests()).toBe(0);
  });

  it.each(ALL)("%s: one that never answers is tried again, for it may have arrived", async (name) => {
    const { url } = await serve(() => {});
    const outcomes = await send(name, url);
    expect(statuses(outcomes)).toEqual(["retry"]);
    expect(outcomes.every((one) => "code" in one && ["timeout", "not_tried"].includes(one.code))).toBe(true);
  });

  it.each(ALL)("%s: one that breaks TLS, or the connection, is tried again", async (name) => {
    const plain = await serve(answering("{}"));
    for (const url of [plain.url.replace("http:", "https:"), "http://127.0.0.1:1"])
      expect(await send(name, url)).toEqual(Array(3).fill({ status: "retry", code: "network" }));
  });

  it.each(ALL)("%s: a Retry-After by another clock is never in the past", async (name) => {
    const yesterday = new Date(Date.now() - 86_400_000).toUTCString();
    const { url } = await serve(answering("{}", 503, { "retry-after": yesterday }));
    for (const outcome of await send(name, url)) {
      expect(outcome).toMatchObject({ status: "retry" });
      expect("afterSeconds" in outcome ? outcome.afterSeconds : 0).toBeGreaterThanOrEqual(0);
    }
  });

  it.each(ALL)("%s: a Retry-After that is no time is as good as none", async (name) => {
    const { url } = await serve(answering("{}", 503, { "retry-after": "soon" }));
    expect(await send(name, url)).toEqual(Array(3).fill({ status: "retry", code: "http_503" }));
  });
});
