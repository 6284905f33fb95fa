/** The two OpenAPI documents: whole, and true to the schemas and the problems of src/. */
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { EVENT_CONTRACTS } from "../../../contracts/registry.ts";
import type { Group } from "../../../scripts/openapi/description.ts";
import {
  ADMIN_GROUPS,
  adminDocument,
  PUBLIC_GROUPS,
  publicDocument,
} from "../../../scripts/openapi/documents.ts";
import { meaningOf, PROBLEMS, problemSchema } from "../../../scripts/openapi/problems.ts";
import { componentSchemas } from "../../../scripts/openapi/schemas.ts";

const SRC = new URL("../../../src/", import.meta.url);
/** Of paths that are no operation of ours: one that does not exist, and the site's where `ORIGIN` is set. */
const OF_NO_OPERATION = ["404 not_found", "502 origin_unreachable"];

const DOCUMENTS = [
  { name: "public", document: publicDocument(), groups: PUBLIC_GROUPS },
  { name: "admin", document: adminDocument(), groups: ADMIN_GROUPS },
];

const operationsOf = ({ paths }: ReturnType<typeof publicDocument>) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

const namesIn = (groups: readonly Group[], list: "requests" | "answers") =>
  new Map<string, z.ZodType>(groups.flatMap((group) => Object.entries(group[list])));

/** Every value below a value, itself included. */
function* within(value: unknown): Generator<unknown> {
  yield value;
  if (typeof value === "object" && value !== null)
    for (const part of Object.values(value)) yield* within(part);
}

function* refsIn(value: unknown): Generator<string> {
  for (const part of within(value)) {
    if (typeof part === "object" && part !== null && "$ref" in part && typeof part.$ref === "string")
      yield part.$ref;
  }
}

/** What a reference points to, or undefined. */
function resolve(document: unknown, ref: string): unknown {
  expect(ref).toMatch(/^#\//);
  return ref
    .slice(2)
    .split("/")
    .reduce<unknown>(
      (at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined),
      document,
    );
}

/** Names of the codes of all problems that a document's operations may answer, `401 missing_key`. */
const codesOf = (document: ReturnType<typeof publicDocument>) =>
  operationsOf(document).flatMap(({ operation }) =>
    Object.entries(operation.responses).flatMap(([status, { content }]) =>
      Object.keys(content?.["application/problem+json"]?.examples ?? {}).map((code) => `${status} ${code}`),
    ),
  );

describe.each(DOCUMENTS)("the $name document", ({ document, groups }) => {
  const operations = operationsOf(document);

  it("is OpenAPI 3.1 that JSON can carry, the same each time", () => {
    expect(document.openapi).toBe("3.1.1");
    expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
    expect(JSON.stringify(document)).not.toContain("__shared");
  });

  it("every reference resolves, and every component is referred to", () => {
    const refs = new Set(refsIn(document));
    expect(refs.size).toBeGreaterThan(5);
    for (const ref of refs) expect(resolve(document, ref), ref).toBeTypeOf("object");
    for (const kind of ["schemas", "examples"] as const) {
      for (const name of Object.keys(document.components[kind])) {
        expect(name).toMatch(/^[A-Za-z0-9._-]+$/);
        const mapping = JSON.stringify(document).includes(`"#/components/${kind}/${name}"`);
        expect(mapping, `${kind}/${name}`).toBe(true);
      }
    }
  });

  it("operation ids are unique, and each operation says what it answers", () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, method, operation } of operations) {
      const statuses = Object.keys(operation.responses);
      expect(
        statuses.some((status) => /^[23]\d\d$/.test(status)),
        `${method} ${path}`,
      ).toBe(true);
      for (const status of statuses) expect(status).toMatch(/^[2-5]\d\d$/);
      for (const { description } of Object.values(operation.responses)) expect(description).not.toBe("");
    }
  });

  it("path parameters are those of the path, tags and ways in are declared", () => {
    const tags = new Set(document.tags.map(({ name }) => name));
    for (const { path, operation } of operations) {
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === "path");
      expect(inPath.map(({ name, required }) => `${name} ${required}`)).toEqual(
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => `${name} true`),
      );
      for (const tag of operation.tags) expect(tags).toContain(tag);
      for (const scheme of operation.security.flatMap(Object.keys)) {
        expect(document.components.securitySchemes).toHaveProperty(scheme);
      }
    }
  });

  it("every example is what its schema says, and no more", () => {
    const known = { requests: namesIn(groups, "requests"), answers: namesIn(groups, "answers") };
    let checked = 0;
    const check = (
      list: "requests" | "answers",
      content: Record<string, { schema: object; examples: object }> = {},
    ) => {
      const json = content["application/json"];
      if (!json) return;
      const name = "$ref" in json.schema ? String(json.schema.$ref).split("/").at(-1) : undefined;
      const schema = known[list].get(name ?? "");
      expect(schema, name).toBeDefined();
      for (const [title, { value }] of Object.entries(json.examples)) {
        // Unknown fields would be stripped; defaults may be added.
        expect(schema?.parse(value), `${name}: ${title}`).toMatchObject(value);
        checked++;
      }
    };
    for (const { operation } of operations) {
      check("requests", operation.requestBody?.content);
      for (const { content } of Object.values(operation.responses)) check("answers", content);
    }
    expect(checked).toBeGreaterThan(10);
  });

  it("every problem's example is a problem of its status and of one of the codes", () => {
    for (const { operation } of operations) {
      for (const [status, { content }] of Object.entries(operation.responses)) {
        for (const [code, example] of Object.entries(content?.["application/problem+json"]?.examples ?? {})) {
          const [ref = ""] = refsIn(example);
          const value = Reflect.get(Object(resolve(document, ref)), "value");
          expect(problemSchema.parse(value)).toMatchObject({ status: Number(status), code });
        }
      }
    }
  });
});

describe("problems", () => {
  it("are exactly those that src/ throws", async () => {
    const thrown = new Set<string>();
    for (const file of await readdir(SRC, { recursive: true })) {
      if (!file.endsWith(".ts")) continue;
      const source = readFileSync(new URL(file, SRC), "utf8");
      for (const [, status, code] of source.matchAll(/(?:new Problem|super)\(\s*(\d{3}),\s*"(\w+)"/g)) {
        thrown.add(`${status} ${code}`);
      }
      const others = source.match(/new Problem\((?!\s*\d{3},\s*")/g);
      expect(others, `${file}: a problem whose status or code is not written out`).toBeNull();
    }
    const listed = Object.entries(PROBLEMS).flatMap(([status, codes]) =>
      Object.keys(codes).map((code) => `${status} ${code}`),
    );
    expect([...listed, ...OF_NO_OPERATION].sort()).toEqual([...thrown].sort());
  });

  it("are each answered by some operation", () => {
    const answered = new Set(DOCUMENTS.flatMap(({ document }) => codesOf(document)));
    for (const [status, codes] of Object.entries(PROBLEMS)) {
      for (const code of Object.keys(codes)) expect(answered).toContain(`${status} ${code}`);
    }
  });

  it("are refused where they are not in the list", () => {
    expect(meaningOf("404", "unknown_slot")).toMatch(/slot/);
    expect(() => meaningOf("404", "queue_unavailable")).toThrow("404 queue_unavailable");
    expect(() => meaningOf("418", "teapot")).toThrow("418 teapot");
  });
});

describe("schemas", () => {
  it("every event contract is one of the events, by its name", () => {
    const { schemas } = publicDocument().components;
    const discriminatorSchema = z.object({ mapping: z.record(z.string(), z.string()) });
    const { mapping } = discriminatorSchema.parse(schemas.Event?.discriminator);
    expect(Object.keys(mapping)).toEqual(Object.keys(EVENT_CONTRACTS));
    expect(schemas.Event?.oneOf).toEqual(Object.values(mapping).map(($ref) => ({ $ref })));
    expect(schemas.PurchaseEvent).toMatchObject({ properties: { name: { const: "purchase" } } });
  });

  it("keep what a contract says of a field", () => {
    expect(publicDocument().components.schemas.Traits).toMatchObject({
      properties: { email: { "x-doorstep": { class: "identifier", purposes: ["marketing"] } } },
    });
  });

  it("a default may be left out of a request, and is always in an answer", () => {
    const release = adminDocument().components.schemas;
    expect(release.ReleaseInput?.required).toEqual(["policy"]);
    expect(release.Release?.required).toContain("offers");
  });

  it("an answer may grow, a strict schema may not", () => {
    const answers = { Open: z.object({ a: z.string() }), Strict: z.strictObject({ a: z.string() }) };
    const { Open, Strict } = componentSchemas({}, answers);
    expect(Open).not.toHaveProperty("additionalProperties");
    expect(Strict).toHaveProperty("additionalProperties", false);
  });

  it("one name stands for one schema", () => {
    expect(componentSchemas({ A: z.string() }, { A: z.string() })).toEqual({ A: { type: "string" } });
    expect(() => componentSchemas({ A: z.string() }, { A: z.int() })).toThrow("A stands for two schemas");
  });
});
