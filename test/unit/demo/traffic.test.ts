import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { nativeBodySchema, traitsSchema } from "../../../contracts/event.ts";
import { EVENT_CONTRACTS, isEventName } from "../../../contracts/registry.ts";
import { readBody, send, toDemoRequest } from "../../../demo/http.ts";
import { createSite } from "../../../demo/site/site.ts";
import { createCookieJar } from "../../../demo/traffic/cookie-jar.ts";
import { personaOf } from "../../../demo/traffic/persona.ts";
import { slotsOf } from "../../../demo/traffic/slots.ts";
import { playTraffic } from "../../../demo/traffic.ts";

type Seen = { path: string; headers: Record<string, string | string[] | undefined>; body: string };

describe("played traffic", () => {
  const seen: Seen[] = [];
  // The site itself, with the two routes of the Worker that the traffic calls; they only note what came.
  const server = createServer(async (message, response) => {
    const read = await readBody(message);
    const request = toDemoRequest(message, read.status === "read" ? read.body : Buffer.alloc(0));
    seen.push({ path: request.path, headers: request.headers, body: request.body.toString() });
    if (request.path === "/consent")
      return send(
        response,
        { status: 200, headers: { "set-cookie": "ds_consent=x; Path=/" }, body: "{}" },
        "PUT",
      );
    if (request.path === "/events") {
      const { events } = nativeBodySchema().parse(JSON.parse(request.body.toString()));
      const answer = {
        accepted: events.length - 1,
        dropped: [{ index: 0, id: "x", code: "consent_denied" }],
        rejected: [],
      };
      return send(response, { status: 202, headers: {}, body: JSON.stringify(answer) }, "POST");
    }
    send(response, await site(request), request.method);
  });
  let site: Awaited<ReturnType<typeof createSite>>;
  let origin = "";

  beforeAll(async () => {
    site = await createSite();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // A TCP server has an AddressInfo.
  });
  afterAll(() => void server.close());

  it("sends only events that satisfy their contracts, from all kinds of visitors", async () => {
    const tally = await playTraffic({ origin, visitors: 60, concurrency: 8, seconds: 30 });
    expect([...tally.problems]).toEqual([]);
    expect(tally.visitors).toBe(60);
    const posts = seen.filter(({ path }) => path === "/events");
    expect(tally.events).toBe(tally.accepted + tally.dropped);
    expect(tally.dropped).toBe(posts.length);

    const events = posts.flatMap(({ body }) => nativeBodySchema().parse(JSON.parse(body)).events);
    const names = new Set(events.map(({ name }) => name));
    for (const event of events) {
      if (!isEventName(event.name)) throw new Error(`no contract for ${event.name}`);
      const contract = EVENT_CONTRACTS[event.name];
      const properties = z.strictObject(contract.properties.shape).safeParse(event.properties);
      expect(properties.error?.issues ?? [], event.name).toEqual([]);
      z.strictObject(traitsSchema().shape).optional().parse(event.traits);
    }
    expect([...names].sort()).toEqual(
      [
        "add_to_cart",
        "content_impression",
        "cta_click",
        "form_submit",
        "identify",
        "login",
        "page_view",
        "purchase",
        "scroll",
      ].sort(),
    );
    expect(posts.every(({ headers }) => headers.origin === origin)).toBe(true);
    expect(new Set(posts.map(({ headers }) => headers["user-agent"])).size).toBeGreaterThan(3);
    expect(posts.some(({ headers }) => headers["sec-gpc"] === "1")).toBe(true);
    expect(posts.some(({ headers }) => String(headers.cookie).includes("ds_dev_country=US"))).toBe(true);
    const choices = seen.filter(({ path }) => path === "/consent").map(({ body }) => body);
    expect(new Set(choices).size).toBe(3);
  });

  it("is over when its time is over", async () => {
    const tally = await playTraffic({ origin, visitors: 100_000, concurrency: 4, seconds: 0.3 });
    expect(tally.visitors).toBeLessThan(5000);
  });
});

it("plays the same visitor under the same number", () => {
  expect(personaOf(7, "abc")).toEqual(personaOf(7, "abc"));
  expect(personaOf(7, "abc").email).not.toBe(personaOf(8, "abc").email);
});

it("sees the offers of a page, and what one can click in them", () => {
  const html = `<section class="slot" data-doorstep-slot="hero" data-doorstep-offer="sale"><a class="x" href="/sale" data-doorstep-click="sale">Sale</a></section>
    <doorstep-slot data-doorstep-slot="band">own</doorstep-slot><a href="/other" data-doorstep-click="other">Other</a>`;
  expect(slotsOf({ url: "", title: "", content: undefined, html })).toEqual([
    { slot: "hero", offer: "sale", link: { href: "/sale", id: "sale" } },
    { slot: "band" },
  ]);
});

it("keeps cookies as a browser does", () => {
  const jar = createCookieJar();
  jar.store(["a=1; Path=/; HttpOnly", "b=2; Max-Age=60", "c=3; Expires=Thu, 01 Jan 2099 00:00:00 GMT"]);
  expect(jar.header()).toBe("a=1; b=2; c=3");
  jar.store(["a=4", "b=; Max-Age=0", "c=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "nonsense"]);
  expect(jar.header()).toBe("a=4");
});
