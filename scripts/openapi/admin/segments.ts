/** Segments with their sizes, estimates, and imported lists: src/console/segments. */
import * as z from "zod";
import { PURPOSES } from "../../../contracts/taxonomy.ts";
import type { Imported, ListShown } from "../../../src/console/segments/lists-routes.ts";
import {
  type Estimated,
  estimateSchema,
  type SegmentShown,
} from "../../../src/console/segments/segments-routes.ts";
import { LIST_MODES, listBodySchema } from "../../../src/segments/lists.ts";
import { SPEEDS } from "../../../src/segments/speed.ts";
import type { Group, Parameter } from "../description.ts";
import { ADMIN } from "../security.ts";

const count = z.int().min(0);
const day = z.iso.date();
const names = z.array(z.string());

const segmentSchema = z.object({
  name: z.string(),
  description: z.string(),
  purpose: z.enum(PURPOSES),
  speed: z.object({
    label: z.enum(SPEEDS),
    reasons: names.meta({ description: "Sentences: what of it takes longer, and what holds besides." }),
  }),
  people: count.nullable().meta({ description: "As last counted; null: it has not been yet." }),
  history: z.array(z.object({ day, people: count })).meta({ description: "Of 30 days, newest first." }),
  uses: z.object({ offers: names, segments: names, destinations: names }),
}) satisfies z.ZodType<SegmentShown>;

const estimatedSchema = z.object({
  people: count,
  of: count.meta({ description: "Of all that there are." }),
  exact: z.boolean().meta({ description: "Everybody was looked at." }),
  margin: count.meta({ description: "The true number is that near, in 95 of 100 samples." }),
  looked: count.meta({ description: "Profiles that were looked at." }),
  start_empty: names.meta({ description: "Features that nobody has anything of yet." }),
  sample: z
    .array(
      z.object({
        person: z.string().meta({ description: "Key of an identifier, to open the profile by." }),
        segments: names,
        features: z.record(z.string(), z.unknown()).meta({ description: "What the condition asks about." }),
      }),
    )
    .nullable()
    .meta({ description: "Some who would be in it. Null for who may not see personal data." }),
  overlap: z.record(z.string(), count).meta({ description: "Segment → how many are in both." }),
}) satisfies z.ZodType<Estimated>;

const listSchema = z.object({
  name: z.string(),
  description: z.string(),
  identifiers: count,
  imports: z
    .array(
      z.object({
        id: z.int(),
        at: z.iso.datetime(),
        by: z.string(),
        mode: z.enum(LIST_MODES),
        entries: count,
        refused: count,
      }),
    )
    .meta({ description: "Newest first." }),
}) satisfies z.ZodType<ListShown>;

const importedSchema = z.object({
  import: z.int(),
  added: count.meta({ description: "Identifiers that were put on the list by it." }),
  removed: count,
  refused: count.meta({ description: "Entries that name nobody." }),
  issues: z
    .array(z.object({ line: z.int().min(1), reason: z.string() }))
    .meta({ description: "The first 100 of them, by their line or place; never the value." }),
}) satisfies z.ZodType<Imported>;

const key: Parameter = {
  name: "key",
  in: "path",
  description: "Name in the active release.",
  schema: { type: "string" },
};

const SEGMENT: z.input<typeof segmentSchema> = {
  name: "loyal",
  description: "Bought twice",
  purpose: "personalization",
  speed: {
    label: "next_request",
    reasons: ["Events that a server or another device sends count within 120 s."],
  },
  people: 1204,
  history: [{ day: "2026-11-22", people: 1204 }],
  uses: { offers: ["loyal-thanks"], segments: [], destinations: ["hubspot"] },
};

export const segments: Group = {
  tag: "segments",
  description: "Segments of the active release, and imported lists: docs/segments.md.",
  requests: { SegmentEstimateRequest: estimateSchema, ListImportRequest: listBodySchema },
  answers: {
    Segments: z.object({
      counted: z
        .object({ day, people: count })
        .nullable()
        .meta({ description: "The last count of all people." }),
      segments: z.array(segmentSchema),
    }),
    SegmentOverlap: z.object({
      segment: z.string(),
      day: day.nullable(),
      people: count.nullable(),
      overlap: z.array(z.object({ segment: z.string(), people: count })),
    }),
    SegmentEstimate: estimatedSchema,
    Lists: z.object({ lists: z.array(listSchema) }),
    ListImported: importedSchema,
  },
  paths: {
    "/admin/api/segments": {
      get: {
        id: "listSegments",
        summary: "Segments with size, speed and uses",
        security: ADMIN,
        answers: {
          200: {
            description: "By name.",
            json: {
              schema: "Segments",
              examples: { One: { counted: { day: "2026-11-22", people: 51_200 }, segments: [SEGMENT] } },
            },
          },
        },
      },
    },
    "/admin/api/segments/{key}/overlap": {
      get: {
        id: "segmentOverlap",
        summary: "What a segment has in common with the others",
        description:
          "Of the last nightly count; only sizes are counted of releases with more than 60 segments.",
        security: ADMIN,
        parameters: [key],
        answers: {
          200: {
            description: "The largest first.",
            json: {
              schema: "SegmentOverlap",
              examples: {
                One: {
                  segment: "loyal",
                  day: "2026-11-22",
                  people: 1204,
                  overlap: [{ segment: "winter-fan", people: 310 }],
                },
              },
            },
          },
        },
        problems: { 404: ["unknown_segment"] },
      },
    },
    "/admin/api/segments/estimate": {
      post: {
        id: "estimateSegment",
        summary: "How many people a segment would have",
        description:
          "Counted over all profiles where they are few, else over a uniform sample, in about a second. Nothing is kept. A POST, since it is in the audit log.",
        security: ADMIN,
        body: {
          schema: "SegmentEstimateRequest",
          examples: { "Two purchases": { when: { purchases: { $gte: 2 } }, purpose: "personalization" } },
        },
        answers: {
          200: {
            description: "How many, who some of them are, and what it has in common with the others.",
            json: {
              schema: "SegmentEstimate",
              examples: {
                "Of a sample": {
                  people: 1180,
                  of: 51_200,
                  exact: false,
                  margin: 310,
                  looked: 2000,
                  start_empty: [],
                  sample: null,
                  overlap: { "winter-fan": 300 },
                },
              },
            },
          },
        },
        problems: {
          400: ["invalid_json", "invalid_body"],
          413: ["body_too_large"],
          422: ["invalid_segment"],
        },
      },
    },
    "/admin/api/lists": {
      get: {
        id: "listLists",
        summary: "Imported lists, and who imported what when",
        security: ADMIN,
        answers: {
          200: {
            description: "Those of the active release.",
            json: {
              schema: "Lists",
              examples: {
                One: {
                  lists: [
                    {
                      name: "newsletter",
                      description: "",
                      identifiers: 2000,
                      imports: [
                        {
                          id: 1,
                          at: "2026-11-22T10:30:00.000Z",
                          by: "Ada",
                          mode: "add",
                          entries: 2010,
                          refused: 10,
                        },
                      ],
                    },
                  ],
                },
              },
            },
          },
        },
      },
    },
    "/admin/api/lists/{key}": {
      post: {
        id: "importList",
        summary: "Put people on a list, or take them off",
        description:
          "At most 100,000 entries. Values are hashed, and not kept. As `text/csv`, lines of `namespace,value`, with `?mode=`. `replace` makes it the list; whom that takes off leaves the list's segments.",
        security: ADMIN,
        parameters: [
          key,
          {
            name: "mode",
            in: "query",
            description: "Of a CSV: `add` (if not said), `replace` or `remove`.",
            schema: { type: "string" },
          },
        ],
        body: {
          schema: "ListImportRequest",
          examples: {
            One: { mode: "add", entries: [{ namespace: "email", value: "ann@shop.example" }] },
          },
        },
        answers: {
          200: {
            description: "What it came to. Segments follow within two minutes, of very many people later.",
            json: {
              schema: "ListImported",
              examples: {
                One: {
                  import: 1,
                  added: 1,
                  removed: 0,
                  refused: 1,
                  issues: [{ line: 2, reason: "invalid_identifier" }],
                },
              },
            },
          },
        },
        problems: {
          400: ["invalid_json", "invalid_body"],
          404: ["unknown_list"],
          413: ["body_too_large"],
          422: ["too_many_entries", "nothing_to_import"],
        },
      },
    },
  },
};
