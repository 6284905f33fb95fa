/**
 * Every published contract is broken in every place in every way that would hurt somebody, one at a time: each is refused
 * without a major version, and the field is named.
 */
import { describe, expect, it } from "vitest";
import { isObject, type JsonSchema } from "../../../scripts/contracts/change.ts";
import { compareSchemas } from "../../../scripts/contracts/compatible.ts";
import { publishedSchemas } from "../../../scripts/contracts/schemas.ts";

type Schema = Record<string, unknown>;

/** A place in a schema: the way to it, and what a person calls it. */
interface Place {
  keys: readonly string[];
  field: string;
  node: JsonSchema;
}

function placesOf(node: unknown, keys: readonly string[], field: string): Place[] {
  if (!isObject(node)) return [];
  const below = (more: readonly string[], inner: unknown, name: string) =>
    placesOf(inner, [...keys, ...more], name);
  const join = (name: string) => (field === "" ? name : `${field}.${name}`);
  const variants = [node.anyOf, node.oneOf].findIndex(Array.isArray);
  const list = variants < 0 ? [] : ((variants === 0 ? node.anyOf : node.oneOf) as unknown[]);
  return [
    { keys, field, node },
    ...Object.entries(isObject(node.properties) ? node.properties : {}).flatMap(([name, inner]) =>
      below(["properties", name], inner, join(name)),
    ),
    ...below(["items"], node.items, `${field}[]`),
    ...below(["additionalProperties"], node.additionalProperties, join("(any name)")),
    ...list.flatMap((inner, place) =>
      below([variants === 0 ? "anyOf" : "oneOf", String(place)], inner, field),
    ),
  ];
}

/** The document with the node at a place changed. */
function changed(document: JsonSchema, keys: readonly string[], change: (node: Schema) => void): JsonSchema {
  const copy = structuredClone(document) as Schema;
  let node: Schema = copy;
  for (const key of keys) node = node[key] as Schema; // `placesOf` has just been there
  change(node);
  return copy;
}

interface Mutation {
  title: string;
  /** What is changed, and the name of the field that has to be named; undefined: it cannot be done here. */
  at(place: Place): { change(node: Schema): void; field: string } | undefined;
}

const ways = (title: string, at: Mutation["at"]): Mutation => ({ title, at });
const names = (node: JsonSchema) => Object.keys(isObject(node.properties) ? node.properties : {});
const requiredOf = (node: JsonSchema) => (Array.isArray(node.required) ? node.required.map(String) : []);
const join = (field: string, name: string) => (field === "" ? name : `${field}.${name}`);
const mark = "x-doorstep";

const MUTATIONS: Mutation[] = [
  ways("its first field is dropped", ({ node, field }) => {
    const [first] = names(node);
    if (first === undefined) return undefined;
    return {
      field: join(field, first),
      change(copy) {
        delete (copy.properties as Schema)[first];
        copy.required = requiredOf(node).filter((name) => name !== first);
      },
    };
  }),
  ways("its last field is renamed", ({ node, field }) => {
    const last = names(node).at(-1);
    if (last === undefined) return undefined;
    return {
      field: join(field, last),
      change(copy) {
        const properties = copy.properties as Schema;
        properties[`${last}_new`] = properties[last];
        delete properties[last];
        copy.required = requiredOf(node).filter((name) => name !== last);
      },
    };
  }),
  ways("an optional field is required", ({ node, field }) => {
    const optional = names(node).find((name) => !requiredOf(node).includes(name));
    if (optional === undefined) return undefined;
    return {
      field: join(field, optional),
      change(copy) {
        copy.required = [...requiredOf(node), optional];
      },
    };
  }),
  ways("a new field is required", ({ node, field }) =>
    node.type === "object"
      ? {
          field: join(field, "brand_new"),
          change(copy) {
            copy.properties = { ...(copy.properties as Schema), brand_new: { type: "string" } };
            copy.required = [...requiredOf(node), "brand_new"];
          },
        }
      : undefined,
  ),
  ways("no other fields are taken", ({ node, field }) =>
    node.type === "object" && node.additionalProperties !== false
      ? {
          field,
          change(copy) {
            copy.additionalProperties = false;
          },
        }
      : undefined,
  ),
  ways("it is of another type", ({ node, field }) =>
    typeof node.type === "string"
      ? {
          field,
          change(copy) {
            copy.type = node.type === "boolean" ? "string" : "boolean";
          },
        }
      : undefined,
  ),
  ways("a number is whole", ({ node, field }) =>
    node.type === "number"
      ? {
          field,
          change(copy) {
            copy.type = "integer";
          },
        }
      : undefined,
  ),
  ...(["maxLength", "maximum", "maxItems"] as const).map((limit) =>
    ways(`${limit} is one less`, ({ node, field }) =>
      typeof node[limit] === "number"
        ? {
            field,
            change(copy) {
              copy[limit] = Number(node[limit]) - 1;
            },
          }
        : undefined,
    ),
  ),
  ...(["minLength", "minimum", "minItems"] as const).map((limit) =>
    ways(`${limit} is there, or one more`, ({ node, field }) => {
      const takes = { minLength: "string", minimum: "number", minItems: "array" }[limit];
      if (node.type !== takes && typeof node[limit] !== "number") return undefined;
      return {
        field,
        change(copy) {
          copy[limit] = Number(node[limit] ?? 0) + 1;
        },
      };
    }),
  ),
  ways("it has a pattern of its own", ({ node, field }) =>
    node.type === "string"
      ? {
          field,
          change(copy) {
            copy.pattern = "^never$";
          },
        }
      : undefined,
  ),
  ways("a choice is gone", ({ node, field }) =>
    Array.isArray(node.enum) && node.enum.length > 1
      ? {
          field,
          change(copy) {
            copy.enum = (node.enum as unknown[]).slice(1);
          },
        }
      : undefined,
  ),
  ways("one form of several is gone", ({ node, field }) =>
    Array.isArray(node.anyOf) && node.anyOf.length > 1
      ? {
          field,
          change(copy) {
            copy.anyOf = (node.anyOf as unknown[]).slice(1);
          },
        }
      : undefined,
  ),
  ways("it may serve one purpose more", ({ node, field }) => {
    const rule = node[mark];
    if (!isObject(rule)) return undefined;
    const served = rule.purposes as string[];
    const more = ["analytics", "marketing", "personalization"].find((purpose) => !served.includes(purpose));
    if (more === undefined) return undefined;
    return {
      field,
      change(copy) {
        copy[mark] = { ...rule, purposes: [...served, more] };
      },
    };
  }),
  ways("its hash may serve one purpose more", ({ node, field }) => {
    const rule = node[mark];
    if (!isObject(rule)) return undefined;
    return {
      field,
      change(copy) {
        copy[mark] = { ...rule, hashedFor: [...((rule.hashedFor as string[] | undefined) ?? []), "sales"] };
      },
    };
  }),
  ways("it is protected less", ({ node, field }) => {
    const rule = node[mark];
    if (!isObject(rule) || rule.class === "technical") return undefined;
    return {
      field,
      change(copy) {
        copy[mark] = { ...rule, class: "technical" };
      },
    };
  }),
  ways("it is coarsened no more", ({ node, field }) => {
    const rule = node[mark];
    if (!isObject(rule) || rule.reduce === undefined) return undefined;
    return {
      field,
      change(copy) {
        const { reduce: _, ...others } = rule;
        copy[mark] = others;
      },
    };
  }),
  ways("it has no mark any more", ({ node, field }) =>
    isObject(node[mark])
      ? {
          field,
          change(copy) {
            delete copy[mark];
          },
        }
      : undefined,
  ),
];

const documents = [...publishedSchemas()].map(([file, text]): [string, JsonSchema] => [
  file,
  JSON.parse(text) as JsonSchema,
]);

describe.each(MUTATIONS)("where $title", ({ at }) => {
  it("is refused without a major version, by the name of the field, in every place of every contract", () => {
    let tried = 0;
    for (const [file, document] of documents) {
      for (const place of placesOf(document, [], "")) {
        const mutation = at(place);
        if (!mutation) continue;
        tried++;
        const broken = compareSchemas(document, changed(document, place.keys, mutation.change)).filter(
          ({ breaking }) => breaking,
        );
        // Or by what is within it: of a form that is gone, the nearest one says what it lacks.
        expect(
          broken.some((change) => change.field.startsWith(mutation.field)),
          `${file} ${place.keys.join("/")}`,
        ).toBe(true);
      }
    }
    expect(tried).toBeGreaterThan(0);
    // Thousands of comparisons: on a busy machine they take longer than the five seconds of other tests.
  }, 30_000);
});
