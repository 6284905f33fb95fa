/** A client that asks not to be recognised (`SP-Anonymous: *`): what goes on says nothing that only one visitor has. */
import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import { accept } from "#collect/accept";
import { snowplow } from "#collect/protocols/snowplow";
import { packConsent } from "#consent/cookie";
import { eventEnvelopeSchema } from "#contracts/messages/event_envelope";
import { newVisitor, packVisitorId } from "#door/visitor";
import { keyring } from "#privacy/keys";
import { activeRelease } from "#release/active";
import { readSettings } from "../../../src/env.ts";
import { HOST, publishRelease } from "../product.ts";

beforeAll(async () => void (await publishRelease()));

const NOW = Date.parse("2026-11-22T10:00:05.123Z");
/** To the second, which is as good as an id. */
const ENDS = Date.parse("2026-12-24T17:31:09Z");
const RECEIPT = "6f0a7a52-1d5c-4b36-9f2f-1d1f3a6f9b10";

async function send(headers: Record<string, string>) {
  const read = readSettings(env as unknown as Parameters<typeof readSettings>[0]);
  if (!read.ok) throw new Error(read.problems.join());
  const { settings } = read;
  const keys = await keyring(settings.MASTER_SECRET);
  const { id } = await newVisitor(keys, crypto.getRandomValues(new Uint8Array(16)));
  const consent = await packConsent(keys.cookie, {
    receipt: RECEIPT,
    granted: ["analytics"],
    regime: "gdpr",
    givenAt: NOW - 12_345,
    expiresAt: ENDS,
    despiteGpc: false,
  });
  const route = snowplow.routes.find(({ method }) => method === "POST");
  if (!route) throw new Error("no POST route");
  const request = new Request(`${HOST}/com.snowplowanalytics.snowplow/tp2`, {
    method: "POST",
    headers: {
      origin: HOST,
      cookie: `ds_id=${await packVisitorId(keys, id, NOW)}; ds_consent=${consent}`,
      "content-type": "application/json",
      ...headers,
    },
    body: JSON.stringify({
      schema: "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4",
      data: [
        { e: "pv", tv: "js-4", p: "web", aid: "wk_demo", duid: "d-1", url: `${HOST}/`, dtm: String(NOW) },
      ],
    }),
  });
  const sent: string[] = [];
  const params = { vendor: "com.snowplowanalytics.snowplow", version: "tp2" };
  const state = { settings, keys, release: await activeRelease(env.EDGE, NOW), now: NOW };
  const response = await accept(request, snowplow, route, params, state, {
    send: async (messages) => void sent.push(...messages),
    count: () => undefined,
    newId: () => crypto.randomUUID(),
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  });
  const events = sent.flatMap((text) => eventEnvelopeSchema.parse(JSON.parse(text)).events);
  return { response, event: events[0], sent: sent.join() };
}

it("carries no id, no session, and neither receipt nor moment nor end of the visitor's decision", async () => {
  const { response, event, sent } = await send({ "sp-anonymous": "*" });
  expect(response.status).toBe(200);
  expect(event).toMatchObject({ name: "page_view", identifiers: [], consent: { granted: ["analytics"] } });
  expect(event?.consent).toMatchObject({ receipt: "anonymous", decidedAt: 0 });
  expect(event?.context.session).toBeUndefined();
  expect(sent).not.toContain(RECEIPT);
  expect(sent).not.toContain(String(NOW - 12_345));
  expect(event?.consent.expiresAt).toBe(Date.parse("2026-12-24T00:00:00Z"));
  expect(sent).not.toContain(String(ENDS));
});

it("has our cookies taken away, which others keep", async () => {
  const anonymous = await send({ "sp-anonymous": "*" });
  expect(
    anonymous.response.headers.getSetCookie().filter((cookie) => cookie.includes("Max-Age=0")),
  ).toHaveLength(2);
  const known = await send({});
  expect(known.event?.identifiers.map(({ proof }) => proof)).toContain("cookie");
  expect(known.event?.consent.receipt).toBe(RECEIPT);
  expect(known.response.headers.getSetCookie().join()).not.toContain("Max-Age=0");
});
