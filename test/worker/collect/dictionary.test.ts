/** The contracts as they are served: a list, a page for people, and the published JSON Schemas. */
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { dictionaryRoutes, type ListedContract } from "#collect/dictionary";
import { ENTITY_CONTRACTS } from "#contracts/entity_registry";
import { liveContracts } from "#contracts/json-schema";
import { EVENT_CONTRACTS } from "#contracts/registry";
import { TAXONOMIES } from "#contracts/taxonomies";
import { Problem } from "#core/problem";
import { publishedSchemas } from "../../../scripts/contracts/schemas.ts";

/** Mounted below a base path, as in src/app.ts. */
const app = new Hono().route("/ds", dictionaryRoutes(env.ASSETS));
app.onError((error) => {
  if (error instanceof Problem) return error.toResponse();
  throw error;
});
const get = (path: string, accept?: string) =>
  app.request(`https://shop.example/ds${path}`, { headers: accept === undefined ? {} : { accept } });
const listed = async (): Promise<ListedContract[]> =>
  (await (await get("/contracts")).json<{ contracts: ListedContract[] }>()).contracts;

const HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

describe("the list of contracts", () => {
  it("has every event and entity, with all of its live versions", async () => {
    const contracts = await listed();
    expect(contracts.map(({ name }) => name)).toEqual([
      ...Object.keys(EVENT_CONTRACTS),
      ...Object.keys(ENTITY_CONTRACTS),
    ]);
    expect(contracts.find(({ name }) => name === "add_to_cart")).toEqual({
      kind: "event",
      name: "add_to_cart",
      version: "1.1.0",
      description: "A product was put into the cart.",
      schema: "https://shop.example/ds/contracts/add_to_cart/1.1.0",
      versions: [
        { version: "1.1.0", schema: "https://shop.example/ds/contracts/add_to_cart/1.1.0" },
        {
          version: "1.0.0",
          schema: "https://shop.example/ds/contracts/add_to_cart/1.0.0",
          deprecated: { since: "1.1.0", use: expect.any(String) },
        },
      ],
    });
    expect(contracts.find(({ name }) => name === "customer")).toMatchObject({ kind: "entity" });
  });

  it("is JSON unless HTML is asked for first, and caches keep the two apart", async () => {
    for (const accept of [undefined, "*/*", "application/json", "application/json, text/html;q=0.5"]) {
      const response = await get("/contracts", accept);
      expect(response.headers.get("content-type"), accept).toMatch(/^application\/json/);
      expect(response.headers.get("vary")).toBe("Accept");
      expect(response.headers.get("cache-control")).toBe("public, max-age=300");
    }
    for (const accept of ["text/html", HTML]) {
      const response = await get("/contracts", accept);
      expect(response.headers.get("content-type"), accept).toMatch(/^text\/html/);
      expect(response.headers.get("vary")).toBe("Accept");
    }
  });
});

describe("a version's JSON Schema", () => {
  it("is at the address that the list gives, as it is published, and never changes", async () => {
    const published = publishedSchemas();
    let served = 0;
    for (const { name, versions } of await listed()) {
      for (const { version, schema } of versions) {
        const response = await app.request(schema);
        expect(response.headers.get("content-type")).toBe("application/schema+json");
        expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
        expect(await response.json(), schema).toEqual(
          JSON.parse(published.get(`${name}.${version}.json`) ?? "null"),
        );
        served++;
      }
    }
    expect(served).toBe(liveContracts().reduce((sum, { versions }) => sum + versions.length, 0));
  });

  it("may be asked for as the latest, which is kept for a while only", async () => {
    const response = await get("/contracts/add_to_cart/latest");
    expect(response.headers.get("cache-control")).toBe("public, max-age=300");
    expect(await response.json()).toMatchObject({ $id: "urn:doorstep:contract:add_to_cart:1.1.0" });
  });

  it.each([
    ["/contracts/no_such_thing/1.0.0", "There is no contract of this name."],
    ["/contracts/constructor/latest", "There is no contract of this name."],
    ["/contracts/add_to_cart/7.0.0", "add_to_cart has no such version. It has: 1.1.0, 1.0.0."],
    ["/contracts/add_to_cart/%3Cscript%3E", "add_to_cart has no such version. It has: 1.1.0, 1.0.0."],
  ])("%s is not found, and why is said without what was asked", async (path, detail) => {
    const response = await get(path);
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({ code: "unknown_contract", detail });
  });
});

describe("the dictionary's page", () => {
  const page = async () => {
    const response = await get("/contracts", HTML);
    return { text: await response.text(), policy: response.headers.get("content-security-policy") ?? "" };
  };

  it("has every contract, every field with its class and purposes, every example, every taxonomy", async () => {
    const { text } = await page();
    for (const { name, description, versions, examples } of liveContracts()) {
      const section =
        new RegExp(`<section class="contract" id="${name}">[\\s\\S]*?</section>`).exec(text)?.[0] ?? "";
      expect(section, name).toContain(`${escaped(description)}</p>`);
      for (const { version } of versions) expect(section).toContain(`href="contracts/${name}/${version}"`);
      for (const field of Object.keys(versions[0]?.own.shape ?? {}))
        expect(section, `${name}.${field}`).toContain(`<code>${field}</code>`);
      for (const { title } of examples) expect(section).toContain(`<summary>${escaped(title)}</summary>`);
    }
    for (const { title, values } of Object.values(TAXONOMIES)) {
      expect(text).toContain(`>${title}</a></h3>`);
      for (const value of Object.keys(values)) expect(text).toContain(`<code>${value}</code>`);
    }
  });

  it("says of a field what it may be, what it is, and whom it may serve", async () => {
    const { text } = await page();
    const rows = [...text.matchAll(/<tr>[\s\S]*?<\/tr>/g)].map(([row]) =>
      row
        .replaceAll(/<[^>]*>/g, " ")
        .replaceAll(/\s+/g, " ")
        .trim(),
    );
    expect(rows).toContain(
      "order_id required text, 1 to 128 characters behavioural analytics, marketing, personalization",
    );
    expect(rows).toContain(
      "email e-mail address, at most 254 characters identifier marketing as a hash: personalization",
    );
    expect(rows).toContain("items list of object; at most 200");
    expect(rows).toContain(
      "lifecycle_stage lead · mql · sql · customer behavioural analytics, marketing, personalization",
    );
  });

  it("shows what is deprecated and what to use instead", async () => {
    const { text } = await page();
    expect(text).toContain("is deprecated since 1.1.0: use add_to_cart 1.1.0");
  });

  it("runs no script, loads nothing, and its policy allows its own style alone", async () => {
    const { text, policy } = await page();
    expect(text).not.toMatch(/<script|<link|<img|<iframe|\son\w+=|\sstyle=|javascript:/i);
    const style = /<style>([\s\S]*?)<\/style>/.exec(text)?.[1] ?? "";
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style)));
    expect(policy).toBe(
      `default-src 'none'; style-src 'sha256-${hash.toBase64()}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
  });

  it("is well formed: every element that is opened is closed, and every anchor leads somewhere", async () => {
    const { text } = await page();
    const open: string[] = [];
    for (const [, end, name = ""] of text.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
      if (name === "meta") continue;
      if (end === "/") expect(open.pop()).toBe(name);
      else open.push(name);
    }
    expect(open).toEqual([]);
    for (const [, anchor] of text.matchAll(/href="#([^"]+)"/g)) expect(text).toContain(`id="${anchor}"`);
  });
});

describe("a served schema", () => {
  it("says yes and no as the door does", async () => {
    const { $id: _, ...schema } = await (await get("/contracts/purchase/latest")).json<
      Record<string, unknown>
    >();
    const validator = z.fromJSONSchema(schema);
    const event = { id: "e", name: "purchase", occurred_at: "2026-11-22T10:00:00Z" };
    const properties = { order_id: "A-1", value: 5, currency: "EUR" };
    expect(validator.safeParse({ ...event, properties }).success).toBe(true);
    expect(validator.safeParse({ ...event, properties: { ...properties, currency: "euro" } }).success).toBe(
      false,
    );
  });
});

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("'", "&#39;").replaceAll('"', "&quot;");
