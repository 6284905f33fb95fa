/** What the routes of changes and conflicts take. Read by changes-routes.ts and conflicts-routes.ts. */
import * as z from "zod";
import { Problem } from "#core/problem";
import type { Asked } from "#identity/changes/asked";
import { SETTLEMENTS } from "#identity/changes/queue";
import { LINK_STRENGTH, type LinkKind } from "#identity/graph";

export const MAX_BODY_BYTES = 64_000;

const key = z.string().min(3).max(512);
const keys = z.array(key).min(2).max(20);
/** Why, for those who look at it later. */
const note = z.string().trim().max(500).default("");
/** The `seen` of a preview: where the profiles have changed since, nothing is done. */
const seen = z.string().max(64).optional();

const merge = { action: z.literal("merge"), keys, lift_apart: z.boolean().default(false) };
const split = {
  action: z.literal("split"),
  groups: z.array(z.array(key).min(1).max(500)).min(2).max(20),
  keep_apart: z.boolean().default(true),
};
const aside = { action: z.enum(["aside", "unaside"]), key };
const apart = { action: z.literal("apart"), keys };
const linkKinds = Object.keys(LINK_STRENGTH) as LinkKind[]; // the keys of the table are its kinds
const conflict = { a: key, b: key, kind: z.enum(linkKinds), as: z.enum(SETTLEMENTS) };

export const changeSchema = z.discriminatedUnion("action", [
  z.strictObject({ ...merge, note, seen }),
  z.strictObject({ ...split, note, seen }),
  z.strictObject({ ...aside, note, seen }),
  z.strictObject({ ...apart, note, seen }),
]);

export const settleSchema = z.strictObject({ ...conflict, note, seen });

/** A change, what settles a conflict, or an undoing: the first as it is posted, its note and `seen` are not read. */
export const previewSchema = z.discriminatedUnion("action", [
  ...changeSchema.options,
  z.strictObject({ action: z.literal("settle"), ...conflict, note, seen }),
  z.strictObject({ action: z.literal("undo"), change: z.uuid() }),
]);

/** As src/identity/changes plans it. */
export function toAsked(body: z.infer<typeof changeSchema>): Asked {
  switch (body.action) {
    case "merge":
      return { action: "merge", keys: body.keys, liftApart: body.lift_apart };
    case "split":
      return { action: "split", groups: body.groups, keepApart: body.keep_apart };
    case "apart":
      return { action: "apart", keys: body.keys };
    default:
      return { action: body.action, key: body.key };
  }
}

export function tooLarge(): never {
  throw new Problem(413, "body_too_large", `The body may have at most ${MAX_BODY_BYTES} bytes.`);
}
