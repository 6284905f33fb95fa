/** `GET /contracts` and the JSON Schemas of contracts: src/collect/dictionary.ts. */
import * as z from "zod";
import type { ListedContract } from "../../../src/collect/dictionary.ts";
import type { Group } from "../description.ts";
import { OPEN } from "../security.ts";

const deprecationSchema = z.object({
  since: z.string().meta({ description: "The version that replaced it." }),
  use: z.string().meta({ description: "What to use instead." }),
});

const listedContractSchema = z.object({
  kind: z.enum(["event", "entity"]),
  name: z.string(),
  version: z.string().meta({ description: "The newest. An event that names no version is read as of it." }),
  description: z.string(),
  schema: z.url().meta({ description: "Of the newest version." }),
  deprecated: deprecationSchema.optional(),
  versions: z
    .array(z.object({ version: z.string(), schema: z.url(), deprecated: deprecationSchema.optional() }))
    .meta({ description: "All that senders may name, the newest first." }),
}) satisfies z.ZodType<ListedContract>;

const at = "https://shop.example/contracts/add_to_cart";

export const contracts: Group = {
  tag: "contracts",
  description: "The vocabulary: which events and entities there are, and what their fields are.",
  requests: {},
  answers: {
    Contracts: z.object({ contracts: z.array(listedContractSchema) }),
  },
  paths: {
    "/contracts": {
      get: {
        id: "listContracts",
        summary: "All contracts",
        description: "JSON, or the dictionary as a page where `Accept` asks for HTML first.",
        security: OPEN,
        answers: {
          200: {
            description: "Every event and entity with its live versions.",
            json: {
              schema: "Contracts",
              examples: {
                "One with two versions": {
                  contracts: [
                    {
                      kind: "event",
                      name: "add_to_cart",
                      version: "1.1.0",
                      description: "A product was put into the cart.",
                      schema: `${at}/1.1.0`,
                      versions: [
                        { version: "1.1.0", schema: `${at}/1.1.0` },
                        {
                          version: "1.0.0",
                          schema: `${at}/1.0.0`,
                          deprecated: { since: "1.1.0", use: "add_to_cart 1.1.0" },
                        },
                      ],
                    },
                  ],
                },
              },
            },
            text: { "text/html": "<!doctype html>…" },
          },
        },
      },
    },
    "/contracts/{name}/{version}": {
      get: {
        id: "getContract",
        summary: "The JSON Schema of one version",
        description: "That of an exact version never changes, and may be kept for ever.",
        security: OPEN,
        parameters: [
          {
            name: "name",
            in: "path",
            description: "The contract's name.",
            schema: { type: "string", examples: ["purchase"] },
          },
          {
            name: "version",
            in: "path",
            description: "A semantic version, or `latest`.",
            schema: { type: "string", examples: ["1.0.0", "latest"] },
          },
        ],
        answers: {
          200: {
            description: "JSON Schema, draft 2020-12. Fields carry their class and purposes as `x-doorstep`.",
            text: { "application/schema+json": '{"$id":"urn:doorstep:contract:purchase:1.0.0"}' },
          },
        },
        problems: { 404: ["unknown_contract"] },
      },
    },
  },
};
