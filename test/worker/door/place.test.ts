/** Where a request comes from: what the platform says of it, and of the same address not again at once. */
import { describe, expect, it } from "vitest";
import { type Answered, respond } from "#collect/respond";
import { releaseSchema } from "#contracts/definitions/release";
import type { AcceptedEvent } from "#contracts/messages/event_envelope";
import { fnv1a32 } from "#core/fnv";
import { readRequestContext } from "#door/context";
import { sessionCookie } from "#door/respond";
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

/** Addresses of this test alone: what is held, is held of an address. */
let addresses = 0;
const newAddress = () => `203.0.113.${++addresses}`;

it("is asked of the platform once in five minutes for an address", async () => {
  const cookie = await visitorCookies();
  const [here, there] = [newAddress(), newAddress()];
  const seen = async (country: string, address: string, now = NOW) => {
    const { country: known, region, consent } = await contextOf({ cookie, country, address, now });
    expect(consent.regime).toBe(known === "US" ? "us" : "gdpr");
    return [known, region];
  };
  expect(await seen("US", here)).toEqual(["US", "US1"]);
  expect(await seen("SK", here, NOW + 5 * MINUTE - 1)).toEqual(["US", "US1"]);
  // From elsewhere it is another place, at once; and here it is still this one.
  expect(await seen("SK", there, NOW + 1)).toEqual(["SK", "SK1"]);
  expect(await seen("SK", here, NOW + 2)).toEqual(["US", "US1"]);
  expect(await seen("SK", here, NOW + 5 * MINUTE)).toEqual(["SK", "SK1"]);
  // A clock that went back proves nothing.
  expect(await seen("US", here, NOW)).toEqual(["US", "US1"]);
  // It is the address that is somewhere, whoever is there, and without any cookie as well.
  for (const others of [await visitorCookies(), ""])
    expect(await contextOf({ cookie: others, country: "SK", address: here })).toMatchObject({
      country: "US",
    });
});

it.each([
  ["who sends no address", { address: undefined }],
  ["what a server says of a visitor", { isForwarded: true }],
  ["local development", { DEV: true }],
])("nothing of it is held for %s", async (_title, change) => {
  const sent = { cookie: await visitorCookies(), address: newAddress(), ...change };
  expect((await contextOf({ ...sent, country: "US" })).country).toBe("US");
  expect((await contextOf({ ...sent, country: "SK" })).country).toBe("SK");
});

it("what a server says is not held for an address, nor what was held for what a server says", async () => {
  const own = { cookie: await visitorCookies(), address: newAddress() };
  expect((await contextOf({ ...own, country: "US", isForwarded: true })).country).toBe("US");
  expect((await contextOf({ ...own, country: "SK" })).country).toBe("SK");
  expect((await contextOf({ ...own, country: "US", isForwarded: true })).country).toBe("US");
});

describe("in a visitor's session", () => {
  const idOf = () => newVisitor(keys, crypto.getRandomValues(new Uint8Array(16)));
  async function cookiesOf(address: string, visitor: { id: string; key: string }) {
    const session = startSession(crypto.randomUUID(), NOW, undefined, true);
    session.was = { country: "US", region: undefined, address: fnv1a32(address) };
    const set = await sessionCookie(keys, session, visitor, true);
    return {
      idCookie: `ds_id=${await packVisitorId(keys, visitor.id, NOW)}`,
      session: set.split(";")[0] ?? "",
    };
  }

  it("holds for as long as that lasts and the address is the same", async () => {
    const address = newAddress();
    const { idCookie, session } = await cookiesOf(address, await idOf());
    const cookie = `${idCookie}; ${session}`;
    const seen = async (sent: Partial<Sent>) => {
      const { country, region } = await contextOf({ cookie, country: "SK", address, ...sent });
      return [country, region];
    };
    expect(await seen({})).toEqual(["US", undefined]);
    expect(await seen({ now: NOW + 35 * MINUTE })).toEqual(["US", undefined]);
    for (const change of [
      { address: newAddress() },
      { address: undefined },
      { isForwarded: true },
      { DEV: true },
      { now: NOW + 36 * MINUTE },
    ])
      expect(await seen(change), JSON.stringify(change)).toEqual(["SK", "SK1"]);
  });

  it("is noted with the answer to an event", async () => {
    const address = newAddress();
    const visitor = await idOf();
    const idCookie = `ds_id=${await packVisitorId(keys, visitor.id, NOW)}`;
    const context = await contextOf({ cookie: idCookie, country: "US", address });
    const event = { id: "e", name: "page_view", properties: {}, context: {}, consent: context.consent };
    const response = await respond({
      answer: { status: 202, contentType: "application/json", body: "{}" },
      route: { method: "POST" } as Answered["route"],
      origin: null,
      ownOrigin: "https://shop.example",
      accepted: [event as unknown as AcceptedEvent], // what is read of it here
      context,
      visitor: { ...context.visitor, isNew: false },
      session: startSession(crypto.randomUUID(), NOW, undefined, false),
      told: 1,
      anonymous: false,
      isRecognised: true,
    });
    const cookie = `${idCookie}; ${response.headers.get("set-cookie")?.split(";")[0]}`;
    const later = { cookie, country: "SK", now: NOW + 6 * MINUTE };
    expect(await contextOf({ ...later, address })).toMatchObject({ country: "US", region: "US1" });
    expect(await contextOf({ ...later, address: newAddress() })).toMatchObject({ country: "SK" });
  });

  it("holds for nobody else at the address, nor for who sends another's session", async () => {
    const address = newAddress();
    const { idCookie, session } = await cookiesOf(address, await idOf());
    const cookie = `${idCookie}; ${session}`;
    expect(await contextOf({ cookie, country: "SK", address })).toMatchObject({ country: "US" });
    const theirs = `ds_id=${await packVisitorId(keys, (await idOf()).id, NOW)}; ${session}`;
    expect(await contextOf({ cookie: theirs, country: "SK", address })).toMatchObject({ country: "SK" });
  });
});
