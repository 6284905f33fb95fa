/** The JSON Schema documents that `npm run contracts` publishes. That the files are current is `contracts -- check`. */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { EntityContract } from "../../../contracts/entities/contract.ts";
import { ENTITY_CONTRACTS } from "../../../contracts/entity_registry.ts";
import type { EventContract } from "../../../contracts/events/contract.ts";
import { EVENT_CONTRACTS } from "../../../contracts/registry.ts";
import { TAXONOMIES } from "../../../contracts/taxonomies.ts";
import * as taxonomy from "../../../contracts/taxonomy.ts";
import { publishedSchemas } from "../../../scripts/contracts/schemas.ts";

const files = publishedSchemas();
const CONTRACTS: EventContract[] = Object.values(EVENT_CONTRACTS);
const ENTITIES: EntityContract[] = Object.values(ENTITY_CONTRACTS);

interface JsonSchema extends Record<string, unknown> {
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  additionalProperties?: JsonSchema;
  required?: string[];
}
const read = (file: string): JsonSchema => JSON.parse(files.get(file) ?? "null");

/** Fields of an object that are no containers themselves, by path. */
function leaves(schema: JsonSchema, path = ""): [string, JsonSchema][] {
  const inner = schema.items?.properties ?? schema.properties;
  const values = schema.additionalProperties;
  if (values && Object.keys(values).length > 0) return leaves(values, `${path}.*`);
  if (!inner) return [[path, schema]];
  return Object.entries(inner).flatMap(([name, field]) => leaves(field, path ? `${path}.${name}` : name));
}

describe("published schemas", () => {
  it("are one for each version of each contract and for each message, by name and version", () => {
    const live = [...CONTRACTS, ...ENTITIES].flatMap(({ name, version, previous = [] }) =>
      [version, ...previous.map((older) => older.version)].map((one) => `${name}.${one}.json`),
    );
    const messages = ["event_envelope", "delivery_envelope", "profile_change", "customer_message", "receipt"];
    const others = ["release", ...messages].map((n) => `${n}.1.0.0.json`);
    expect([...files.keys()].sort()).toEqual([...live, ...others].sort());
  });

  it("are called by their key in the registry, each name once", () => {
    for (const registry of [EVENT_CONTRACTS, ENTITY_CONTRACTS])
      for (const [key, { name }] of Object.entries(registry)) expect(name).toBe(key);
    expect(Object.keys(EVENT_CONTRACTS).filter((name) => Object.hasOwn(ENTITY_CONTRACTS, name))).toEqual([]);
  });

  it.each([...files.keys()])("%s says what it is, and every reference in it resolves", (file) => {
    const schema = read(file);
    const [, name, version] = /^(\w+)\.(\d+\.\d+\.\d+)\.json$/.exec(file) ?? [];
    expect(schema).toMatchObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: `urn:doorstep:contract:${name}:${version}`,
      title: name,
      description: expect.stringMatching(/\.$/),
    });
    expect(files.get(file)).toMatch(/^\{\n {2}"\$schema"[\s\S]*\n\}\n$/);
    expect(() => z.fromJSONSchema(withoutId(schema))).not.toThrow();
  });

  it("are the same text each time", () => {
    expect(publishedSchemas()).toEqual(files);
  });
});

describe.each(CONTRACTS)("the published $name", ({ name, version, examples, description }) => {
  const schema = read(`${name}.${version}.json`);
  const validator = z.fromJSONSchema(withoutId(schema));
  const event = {
    id: "e-1",
    name,
    occurred_at: "2026-11-22T10:00:00.000Z",
    anonymous_id: "a-1",
    context: { page: { url: "https://shop.example/" } },
    consent: { analytics: "granted" },
  };

  it("takes its contract's examples", () => {
    expect(schema.description).toBe(description);
    for (const { properties, traits } of examples) {
      expect(validator.safeParse({ ...event, properties, ...(traits && { traits }) }).error).toBeUndefined();
    }
  });

  it("refuses another event, another version, and an event without an id or a time", () => {
    const properties = examples[0]?.properties;
    const good = { ...event, properties };
    expect(validator.safeParse({ ...good, version }).success).toBe(true);
    for (const change of [
      { name: "something_else" },
      { version: "9.9.9" },
      { id: undefined },
      { occurred_at: undefined },
      { occurred_at: "yesterday" },
      { consent: { analytics: "perhaps" } },
    ]) {
      const changed = JSON.parse(JSON.stringify({ ...good, ...change }));
      expect(validator.safeParse(changed).success, JSON.stringify(change)).toBe(false);
    }
  });

  it("says of every field of its own, its context and its traits what it is and whom it serves", () => {
    const { properties, context, traits } = schema.properties ?? {};
    for (const part of [properties, context, traits]) {
      for (const [path, field] of leaves(part ?? {})) {
        if (path !== "") expect(field, path).toHaveProperty(["x-doorstep", "class"]);
      }
    }
  });
});

describe.each(ENTITIES)("the published entity $name", ({ name, version, examples, fields }) => {
  const schema = read(`${name}.${version}.json`);

  it("takes its contract's examples, in which every field is known", () => {
    const validator = z.fromJSONSchema(withoutId(schema));
    for (const { value } of examples) {
      expect(validator.safeParse(value).error).toBeUndefined();
      expect(fields.parse(value)).toEqual(value);
    }
  });

  it("says of every field what it is and whom it serves", () => {
    for (const [path, field] of leaves(schema)) expect(field, path).toHaveProperty(["x-doorstep", "class"]);
  });
});

describe("the taxonomies", () => {
  it("explain every value of every list, and no other", () => {
    const lists = Object.values(taxonomy).map((list) => [...list].sort().join());
    const explained = Object.values(TAXONOMIES).map(({ values }) => Object.keys(values).sort().join());
    expect(explained.sort()).toEqual(lists.sort());
  });
});

describe("published documents", () => {
  it("of what people write let defaults be left out", () => {
    expect(read("release.1.0.0.json").required).toEqual(["policy"]);
  });

  it("of queue messages name every field", () => {
    const { required } = read("event_envelope.1.0.0.json");
    expect(required).toEqual(["v", "kind", "id", "source", "receivedAt", "events", "refused"]);
  });
});

/** The schema by itself; zod reads an `$id` as a name to be registered. */
function withoutId({ $id: _, ...schema }: JsonSchema): z.core.JSONSchema.JSONSchema {
  return schema as z.core.JSONSchema.JSONSchema; // zod made it
}
