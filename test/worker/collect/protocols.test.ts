/** Every protocol's examples through the real app: what the docs show is what comes in, and under which contract. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { accept } from "#collect/accept";
import { PROTOCOL_EXAMPLES } from "#collect/protocols/examples";
import type { Example, Protocol } from "#collect/protocols/protocol";
import { PROTOCOLS } from "#collect/protocols/registry";
import { eventEnvelopeSchema } from "#contracts/messages/event_envelope";
import { keyring } from "#privacy/keys";
import { activeRelease } from "#release/active";
import { readSettings } from "../../../src/env.ts";
import { HOST, publishRelease } from "../product.ts";

beforeAll(async () => void (await publishRelease()));

const settingsRead = readSettings(env as unknown as Parameters<typeof readSettings>[0]);
if (!settingsRead.ok) throw new Error(settingsRead.problems.join());
const { settings } = settingsRead;

/** The request of an example, from a browser of our own site in a country where silence is consent. */
function requestOf({ route, params = {}, query, body, headers }: Example): Request {
  const path = route.path.replaceAll(/:(\w+)(\{[^}]*\})?/g, (_, name: string) => params[name] ?? "");
  return new Request(
    `${HOST}${path}?${new URLSearchParams({ writeKey: "wk_demo" })}${query ? `&${query}` : ""}`,
    {
      method: route.method,
      headers: {
        origin: HOST,
        "sec-fetch-site": "same-origin",
        cookie: "ds_dev_country=US",
        "x-write-key": "wk_demo",
        "user-agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/154.0.0.0 Safari/537.36",
        ...headers,
      },
      ...(route.method === "POST" && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    },
  );
}

const examples = Object.values<Protocol>(PROTOCOLS).flatMap((protocol) =>
  PROTOCOL_EXAMPLES[protocol.name as keyof typeof PROTOCOLS].map((example) => ({
    protocol,
    example,
    title: `${protocol.name}: ${example.title}`,
  })),
);

describe("an example of a protocol", () => {
  it.each(examples)("$title comes in under its contracts", async ({ protocol, example }) => {
    const sent: string[] = [];
    const now = Date.parse("2026-11-22T10:00:05.000Z");
    const state = {
      settings,
      keys: await keyring(settings.MASTER_SECRET),
      release: await activeRelease(env.EDGE, now),
      now,
    };
    const response = await accept(requestOf(example), protocol, example.route, example.params ?? {}, state, {
      send: async (messages) => void sent.push(...messages),
      count: () => undefined,
      newId: () => crypto.randomUUID(),
      randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    });
    expect(response.status).toBeLessThan(300);
    const envelopes = sent.map((text) => eventEnvelopeSchema.parse(JSON.parse(text)));
    expect(envelopes.flatMap(({ refused }) => refused)).toEqual([]);
    expect(envelopes.flatMap(({ events }) => events.map(({ name }) => name))).toEqual(example.names);
    expect(example.names.length).toBe(example.accepted);
  });
});
