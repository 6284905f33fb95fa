/** What the routes of releases and drafts answer, and what both may refuse: releases.ts and drafts.ts. */
import * as z from "zod";
import type { ReleaseInput } from "../../../contracts/definitions/release.ts";
import { SPEEDS } from "../../../src/segments/speed.ts";
import type { Parameter } from "../description.ts";
import type { ProblemCodes } from "../problems.ts";

const time = z.iso.datetime();
export const version = z.int().min(0);
const share = z.number().min(0).max(1).meta({ description: "Of visitors who get the candidate." });
const issue = z.object({ path: z.string(), message: z.string() });

export const activeSchema = z.object({
  revision: z.int().min(0).meta({ description: "Number of the last move." }),
  stable: version.meta({ description: "0: nothing was published yet." }),
  candidate: version.nullable(),
  share,
});

export const versionSchema = z.object({
  version,
  note: z.string(),
  author: z.string().meta({ description: "Empty: not known." }),
  created_at: time,
  parent: version.nullable().meta({ description: "The stable version that it was made from." }),
  state: z.enum(["stable", "candidate", "scheduled", "former"]),
});

const change = z.object({
  kind: z.string(),
  key: z.string().nullable().meta({ description: "Null: of this kind there is one." }),
  change: z.enum(["added", "removed", "changed"]),
  paths: z
    .array(z.object({ path: z.string(), from: z.unknown().optional(), to: z.unknown().optional() }))
    .optional()
    .meta({ description: "Of what was changed: each place in it." }),
  from: z.unknown().optional().meta({ description: "Of what was removed." }),
  to: z.unknown().optional().meta({ description: "Of what was added." }),
});
export const diffSchema = z.object({
  from: z.string(),
  to: z.string(),
  summary: z.object({ added: z.int(), removed: z.int(), changed: z.int() }),
  changes: z.array(change),
});

const move = activeSchema.extend({
  at: time,
  actor: z.string(),
  action: z.enum(["publish", "canary", "share", "promote", "abort", "rollback"]),
  note: z.string(),
});
export const movesSchema = z.object({
  moves: z.array(move),
  next: version.nullable().meta({ description: "The `before` of the next page." }),
});
export const movedSchema = z.object({ active: activeSchema, visible: z.string() });

const speedsSchema = z
  .record(z.string(), z.object({ label: z.enum(SPEEDS), reasons: z.array(z.string()) }))
  .meta({
    description:
      "How fast each segment takes effect in production, and what of it takes longer, in sentences.",
  });

export const validationSchema = z.object({
  ok: z.boolean(),
  issues: z.array(issue),
  warnings: z.array(issue).meta({ description: "What is allowed, and hardly meant." }),
  speeds: speedsSchema,
});

export const publishedSchema = z.object({
  version,
  state: z.enum(["stable", "candidate", "scheduled"]),
  revision: z.int(),
  visible: z.string(),
  warnings: z.array(issue),
  speeds: speedsSchema,
  schedule: z.object({ id: z.string(), at: time }).nullable(),
});

export const scheduledSchema = z.object({
  id: z.string(),
  at: time,
  version,
  actor: z.string(),
  note: z.string(),
  state: z.enum(["waiting", "published", "cancelled", "failed"]),
  reason: z.string().nullable().meta({ description: "Why it failed." }),
  force: z.boolean().meta({ description: "Also where another version was published meanwhile." }),
});

const draftHead = z.object({
  name: z.string(),
  base: version.meta({ description: "The version that it began with." }),
  revision: z.int().meta({ description: "Grows with every change." }),
  author: z.string(),
  updated_at: time,
  note: z.string(),
});
export const draftHeadSchema = draftHead;
export const draftSchema = draftHead.extend({
  document: z.unknown().meta({ description: "Work in progress: it may be wrong." }),
});
export const draftsSchema = z.object({ stable: version, drafts: z.array(draftHead) });

export const at = "2026-12-01T05:00:00.000Z";
export const DOCUMENT: ReleaseInput = {
  slots: { hero: { fallback: "hero-default" } },
  content: { "hero-default": { html: "<h2>Welcome</h2>" } },
  policy: { regimes: { gdpr: { countries: ["SK"], default: "denied" } }, otherwise: "gdpr" },
};
export const ACTIVE = { revision: 2, stable: 1, candidate: 2, share: 0.1 };
export const VERSION: z.input<typeof versionSchema> = {
  version: 2,
  note: "Autumn",
  author: "Ada",
  created_at: "2026-11-22T10:30:00.000Z",
  parent: 1,
  state: "candidate",
};
export const MOVE: z.input<typeof move> = {
  ...ACTIVE,
  at: "2026-11-22T10:30:00.000Z",
  actor: "Ada",
  action: "canary",
  note: "Autumn",
};
export const CHANGE: z.input<typeof change> = {
  kind: "segments",
  key: "loyal",
  change: "changed",
  paths: [{ path: "when.purchases.$gte", from: 1, to: 2 }],
};
export const VALID = { ok: true, issues: [], warnings: [], speeds: {} };
export const PUBLISHED: z.input<typeof publishedSchema> = {
  version: 2,
  state: "stable",
  revision: 2,
  visible: "at once here, everywhere within 120 s",
  warnings: [],
  speeds: { loyal: { label: "next_request", reasons: [] } },
  schedule: null,
};
const id = "6a1d2f3e-0c4b-4d5e-8f60-718293a4b5c6";
export const SCHEDULED: z.input<typeof scheduledSchema> = {
  id,
  at,
  version: 1,
  actor: "Ada",
  note: "",
  state: "waiting",
  reason: null,
  force: false,
};
export const DRAFT: z.input<typeof draftHead> = {
  name: "autumn",
  base: 1,
  revision: 1795343400000,
  author: "Ada",
  updated_at: "2026-11-22T10:30:00.000Z",
  note: "",
};

export const query = (name: string, description: string, schema: Parameter["schema"]): Parameter => ({
  name,
  in: "query",
  description,
  schema,
});
export const limit = (byDefault: number): Parameter =>
  query("limit", "At most so many.", { type: "integer", minimum: 1, maximum: 200, default: byDefault });
export const before: Parameter = query("before", "Only what comes before: the `next` of a page.", {
  type: "integer",
  minimum: 0,
});
export const ID: Parameter = {
  name: "id",
  in: "path",
  description: "Id of what is scheduled.",
  schema: { type: "string" },
};

/** What every route with a body may answer. */
export const BODY = {
  400: ["invalid_json", "invalid_body"],
  413: ["release_too_large"],
} as const satisfies ProblemCodes;
/** What publishing may answer besides. */
export const PUBLISHING = {
  400: ["invalid_at"],
  409: ["release_changed", "canary_running", "nothing_published"],
  422: ["invalid_release"],
  503: ["release_busy"],
} as const satisfies ProblemCodes;
