/** Access and portability: what a person is given, as JSON and as a page, to whom, for how long, and what a browser is not. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { accessSchema, portabilitySchema } from "#contracts/messages/subject_export";
import { DAY_MS } from "#core/clock";
import { ingest } from "#ingest/ingest";
import { sealIngress } from "#privacy/ingress";
import { PAGE_STYLE, PAGE_STYLE_HASH } from "#subjects/export-style";
import { resultsOf } from "#subjects/results";
import { readRequest } from "#subjects/store";
import { tendSubjectRequests } from "#subjects/tend";
import { accepted, claim, envelope, deps as ingestDeps, proven, visitor } from "../ingest/envelopes.ts";
import { publishRelease, request } from "../product.ts";
import { codeOf, email, keys, OPERATOR, personWith, SERVER, stepDeps, take, workOffAll } from "./world.ts";

beforeAll(async () => {
  await publishRelease();
});

/** Traits of an event, as the door seals them. */
const sealed = (id: string, traits: Record<string, string>) =>
  sealIngress(keys.ingress, JSON.stringify(traits), ["event", id], Date.now());

const HOSTILE = `<img src=x onerror=alert(1)>"'&`;

async function hostilePerson(address: string): Promise<void> {
  const [key = ""] = await personWith(address, ["login"]);
  const id = `${address}-hostile`;
  const event = accepted(id, "form_submit", [proven(key), claim("anonymous_id:1.x")], { form_id: HOSTILE });
  event.sealed = await sealed(id, { first_name: HOSTILE, email: address });
  await ingest([envelope(`x-${id}`, [event])], await ingestDeps({ keys }));
}

/** As if a destination had been told of everybody's profile. */
const tellCrm = () =>
  env.IDENTITY_0.prepare(
    `INSERT INTO profile_told (subject, destination, told, version)
     SELECT key, 'crm', ?1, 5 FROM identifiers WHERE key LIKE 'email:%' ON CONFLICT DO NOTHING`,
  )
    .bind(JSON.stringify({ segments: ["interested"], stage: "lead", score: 10, traits: { email: "hash" } }))
    .run();

const resultsAs = (id: string, accept: string, headers: Record<string, string> = SERVER) =>
  request(`/privacy/requests/${id}/results`, { headers: { accept, ...headers } });

describe("access", () => {
  it("gives everything as JSON of the documented schema", async () => {
    await hostilePerson("json@example.com");
    await tellCrm();
    const id = await take("access", [email("json@example.com")]);
    await workOffAll(id, stepDeps());
    const response = await resultsAs(id, "application/json");
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    const given = accessSchema.parse(await response.json());
    expect(given.request).toMatchObject({ subject_request_id: id, about: "person" });
    expect(given.traits).toContainEqual(
      expect.objectContaining({ field: "first_name", value: HOSTILE, proved: true }),
    );
    expect(given.events.map((one) => one.name).sort()).toEqual(["form_submit", "login"]);
    expect(given.events[0]).toMatchObject({
      source: "web",
      consent: { receipt: "r1" },
      routed: expect.anything(),
    });
    expect(given.identifiers.map((one) => one.namespace)).toContain("email");
    expect(given.told).toEqual([
      { recipient: "crm", segments: ["interested"], stage: "lead", score: 10, traits: ["email"] },
    ]);
    expect(given.features).toContainEqual({ name: "purchases", purpose: "personalization", value: 0 });
  });

  it("gives the same as a page that works without script and style, prints, and runs nothing that anybody wrote", async () => {
    await hostilePerson("page@example.com");
    await tellCrm();
    const id = await take("access", [email("page@example.com")]);
    await workOffAll(id, stepDeps());
    const response = await resultsAs(id, "text/html");
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    expect(response.headers.get("content-security-policy")).toBe(
      `default-src 'none'; style-src '${PAGE_STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    const html = await response.text();
    expect(html).toContain(
      "crm was told of you: groups: interested; stage: lead; score: 10; E-mail address.",
    );
    expect(html).not.toContain("<img");
    expect(html).not.toMatch(/<script|<[^>]*\son\w+=|javascript:/i);
    expect(html).toContain("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;");
    for (const heading of [
      "Your data",
      "What is known about you",
      "How you are recognised",
      "What you decided",
      "What you did",
    ])
      expect(html).toMatch(new RegExp(`<h[12][^>]*>${heading}</h[12]>`));
    // In words that anybody reads, not in ours; and of what there is none, it says so.
    for (const words of ["E-mail address", "Your e-mail address", "What was held back", "Nothing is."])
      expect(html).toContain(words);
    expect(html).not.toMatch(/first_name|personalization|1970|granted/);
    expect(html).toContain("@media print");
    expect(html.trimEnd().endsWith("</html>")).toBe(true);
    const digest = new Uint8Array(
      await crypto.subtle.digest("SHA-256", new TextEncoder().encode(PAGE_STYLE)),
    );
    expect(PAGE_STYLE_HASH).toBe(`sha256-${digest.toBase64()}`);
  });

  it("is kept sealed, for 14 days, and then deleted with its key", async () => {
    await hostilePerson("kept@example.com");
    const id = await take("access", [email("kept@example.com")]);
    const done = await workOffAll(id, stepDeps());
    expect(done.resultsUntil).toBeGreaterThan(Date.now() + 13.9 * DAY_MS);
    const { objects } = await env.LAKE.list({ prefix: `exports/${id}/` });
    expect(objects.length).toBeGreaterThan(1);
    for (const { key } of objects) {
      const text = await (await env.LAKE.get(key))?.text();
      expect(text).not.toContain("kept@example.com");
      expect(text).toMatch(/^1-0\.[\w-]+$/);
    }
    const later = Date.now() + 14.1 * DAY_MS;
    const request_ = await readRequest(env.IDENTITY_0, id);
    if (!request_) throw new Error("gone");
    await expect(
      resultsOf(request_, null, { db: env.IDENTITY_0, bucket: env.LAKE, keys }, later),
    ).rejects.toThrow(/deleted/);
    const nothing = { create: async () => undefined as never, get: async () => undefined as never };
    await tendSubjectRequests(
      { db: env.IDENTITY_0, bucket: env.LAKE, instances: nothing, fetch, alertUrl: "", allowInsecure: false },
      later,
    );
    expect((await env.LAKE.list({ prefix: `exports/${id}/` })).objects).toEqual([]);
    expect(await readRequest(env.IDENTITY_0, id)).toMatchObject({
      subjects: [],
      sealed: null,
      resultsUntil: null,
    });
    expect(await codeOf(await resultsAs(id, "application/json"))).toBe("410 results_gone");
  });

  it("is given to nobody before it is completed, and to no other than who asked", async () => {
    const id = await take("access", [email("early@example.com")]);
    expect(await codeOf(await resultsAs(id, "application/json"))).toBe("404 no_results");
    await workOffAll(id, stepDeps());
    expect(await codeOf(await resultsAs(id, "application/json", {}))).toBe("404 unknown_request");
    const operator = await request(`/admin/api/subject-requests/${id}/results`, { headers: OPERATOR });
    expect(operator.status).toBe(200);
    accessSchema.parse(await operator.json());
  });

  it("goes with the person: an erasure deletes the results of their earlier requests", async () => {
    await hostilePerson("earlier@example.com");
    const access = await take("access", [email("earlier@example.com")]);
    await workOffAll(access, stepDeps());
    await workOffAll(await take("erasure", [email("earlier@example.com")]), stepDeps());
    expect((await env.LAKE.list({ prefix: `exports/${access}/` })).objects).toEqual([]);
    expect(await codeOf(await resultsAs(access, "application/json"))).toBe("410 results_gone");
    expect(await readRequest(env.IDENTITY_0, access)).toMatchObject({ subjects: [], sealed: null });
  });

  it("of somebody unknown is an answer all the same, with nothing in it", async () => {
    const id = await take("access", [email("nobody@example.com")]);
    await workOffAll(id, stepDeps());
    const given = accessSchema.parse(await (await resultsAs(id, "*/*")).json());
    expect(given).toMatchObject({ traits: [], events: [], identifiers: [], quarantined: [] });
    expect(await (await resultsAs(id, "text/html")).text()).toContain(
      "Nothing is kept under any identifier of yours.",
    );
  });
});

describe("of a browser", () => {
  it("nothing is given that was typed into it: whoever has its cookie need not be who typed it", async () => {
    const device = visitor("typed");
    const event = accepted("typed-1", "form_submit", [device, claim("email:1.somebody")], { form_id: "f" });
    event.sealed = await sealed("typed-1", { email: "somebody@example.com", first_name: "Somebody" });
    await ingest([envelope("x-typed", [event])], await ingestDeps({ keys }));
    const id = await take("access", [], { verification: "browser", scope: "device", subjects: [device.key] });
    await workOffAll(id, stepDeps());
    for (const accept of ["application/json", "text/html"]) {
      const text = await (await resultsAs(id, accept)).text();
      expect(text).not.toContain("somebody@example.com");
      expect(text).not.toContain("Somebody");
      expect(text).toContain(accept === "text/html" ? "form submit" : "form_submit");
    }
  });

  it("a person who is proved on it stays out of it", async () => {
    const device = visitor("family");
    const person = proven("email:1.proved-on-it");
    await ingest(
      [
        envelope("x-family", [
          accepted("family-1", "login", [device, person], { method: "password" }),
          accepted("family-2", "search", [device], { query: "x" }),
        ]),
      ],
      await ingestDeps({ keys }),
    );
    const id = await take("access", [], { verification: "browser", scope: "device", subjects: [device.key] });
    await workOffAll(id, stepDeps());
    const given = accessSchema.parse(await (await resultsAs(id, "application/json")).json());
    expect(given.identifiers.map((one) => one.key)).not.toContain("email:1.proved-on-it");
    expect(given.events.map((one) => one.id)).not.toContain("family-1");
  });
});

describe("portability", () => {
  it("gives what the person gave or made by use, and nothing that was concluded", async () => {
    await hostilePerson("port@example.com");
    const id = await take("portability", [email("port@example.com")]);
    await workOffAll(id, stepDeps());
    const response = await resultsAs(id, "text/html");
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("content-disposition")).toContain("attachment");
    const text = await response.text();
    const given = portabilitySchema.parse(JSON.parse(text));
    expect(Object.keys(JSON.parse(text)).sort()).toEqual([
      "events",
      "format",
      "request",
      "traits",
      "version",
    ]);
    expect(given.traits).toContainEqual({ field: "first_name", value: HOSTILE, proved: true });
    expect(given.events).toHaveLength(2);
    for (const event of JSON.parse(text).events) {
      expect(event).not.toHaveProperty("consent");
      expect(event).not.toHaveProperty("routed");
    }
  });
});
