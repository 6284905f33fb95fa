/** Where a request comes from: what the platform says of it, and of the same visitor at the same address not again at once. */
import { expect, it } from "vitest";
import { releaseSchema } from "#contracts/definitions/release";
import { readRequestContext } from "#door/context";
import { startSession } from "#door/session";
import { sealSession, writeSession } from "#door/session-cookie";
import { newVisitor, packVisitorId } from "#door/visitor";
import { keyring } from "#privacy/keys";
import type { Settings } from "../../../src/env.ts";

const keys = await keyring("test-master-secret-0123456789abcdef");
const NOW = Date.UTC(2026, 10, 22, 12);
const MINUTE = 60_000;
const document = releaseSchema.parse({
  policy: {
    regimes: { gdpr: { default: "denied" }, us: { countries: ["US"], default: "granted" } },
    otherwise: "gdpr",
  },
});

async function visitorCookies(): Promise<string> {
  const { id } = await newVisitor(keys, crypto.getRandomValues(new Uint8Array(16)));
  const session = startSession(crypto.randomUUID(), NOW, undefined, true);
  return `ds_id=${await packVisitorId(keys, id, NOW)}; ds_session=${await sealSession(keys.session, writeSession(session), id)}`;
}

interface Sent {
  cookie: string;
  country: string;
  address?: string | undefined;
  now?: number;
  isForwarded?: boolean;
  DEV?: boolean;
}

async function contextOf({ cookie, country, address, now = NOW, isForwarded = false, DEV = false }: Sent) {
  const headers = new Headers({ cookie, ...(address !== undefined && { "cf-connecting-ip": address }) });
  const cf = { country, regionCode: `${country}1` };
  const request = new Request("https://shop.example/slots/hero", { headers, cf });
  const settings = { DEV } as Settings; // the one setting that this reads
  return readRequestContext(request, headers, {
    settings,
    keys,
    release: { version: 1, document },
    now,
    isForwarded,
  });
}

it("is asked of the platform once in five minutes, while the visitor has the same address", async () => {
  const cookie = await visitorCookies();
  const seen = async (country: string, address: string, now = NOW) => {
    const { country: known, region, consent } = await contextOf({ cookie, country, address, now });
    expect(consent.regime).toBe(known === "US" ? "us" : "gdpr");
    return [known, region];
  };
  expect(await seen("US", "203.0.113.7")).toEqual(["US", "US1"]);
  expect(await seen("SK", "203.0.113.7", NOW + 5 * MINUTE - 1)).toEqual(["US", "US1"]);
  // From elsewhere it is another place, at once.
  expect(await seen("SK", "203.0.113.8", NOW + 1)).toEqual(["SK", "SK1"]);
  expect(await seen("US", "203.0.113.7", NOW + 2)).toEqual(["US", "US1"]);
  expect(await seen("SK", "203.0.113.7", NOW + 2 + 5 * MINUTE)).toEqual(["SK", "SK1"]);
  // A clock that went back proves nothing.
  expect(await seen("US", "203.0.113.7", NOW)).toEqual(["US", "US1"]);
});

it.each([
  ["another visitor", {}],
  ["who sends no address", { address: undefined }],
  ["what a server says of a visitor", { isForwarded: true }],
  ["local development", { DEV: true }],
])("nothing of it is held for %s", async (title, change) => {
  const cookie = await visitorCookies();
  const sent = { cookie, address: "203.0.113.7", ...change };
  expect((await contextOf({ ...sent, country: "US" })).country).toBe("US");
  const next = title === "another visitor" ? { ...sent, cookie: await visitorCookies() } : sent;
  expect((await contextOf({ ...next, country: "SK" })).country).toBe("SK");
});

it("what a server says is not held for the visitor, nor what was held for what a server says", async () => {
  const own = { cookie: await visitorCookies(), address: "203.0.113.7" };
  expect((await contextOf({ ...own, country: "US", isForwarded: true })).country).toBe("US");
  expect((await contextOf({ ...own, country: "SK" })).country).toBe("SK");
  expect((await contextOf({ ...own, country: "US", isForwarded: true })).country).toBe("US");
});
