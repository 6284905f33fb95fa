/** What the routes of releases and drafts are sent. Also what the documents of the API are made of. */
import * as z from "zod";

const note = z.string().max(500).default("");
const share = z.number().min(0).max(1);
const at = z.iso.datetime({ offset: true });
const force = z.boolean().default(false);
const seen = { if_revision: z.int().min(0).optional() };
const path = z.string().min(1).max(200);
const whole = z.record(z.string(), z.unknown());

const how = { note, share: share.optional(), at: at.optional(), force };
const isOne = ({ share, at }: { share?: unknown; at?: unknown }) => share === undefined || at === undefined;
const ONE = "`share` and `at` do not go together: a canary begins at once";

export const publishSchema = z
  .strictObject({ document: whole, base: z.int().min(0).optional(), ...how, ...seen })
  .refine(isOne, ONE);
export const validateSchema = z.strictObject({ document: whole });
export const moveSchema = z.strictObject({ note, ...seen });
export const shareSchema = z.strictObject({ share, note, ...seen });
export const scheduleSchema = z.strictObject({ version: z.int().min(1), at, note, force });

export const saveDraftSchema = z.strictObject({
  revision: z.int().min(0),
  document: whole.optional(),
  note: z.string().max(500).optional(),
  base: z.int().min(0).optional(),
});
export const patchDraftSchema = z
  .strictObject({
    set: z.record(path, z.unknown()).default({}),
    remove: z.array(path).max(1_000).default([]),
    revision: z.int().min(1).optional(),
    was: z.record(path, z.unknown()).optional(),
  })
  .refine(({ revision, was }) => revision !== undefined || was !== undefined, "needs `revision` or `was`");
export const rebaseDraftSchema = z.strictObject({
  revision: z.int().min(1),
  prefer: z.enum(["mine", "theirs"]).optional(),
});
export const publishDraftSchema = z
  .strictObject({ ...how, revision: z.int().min(1).optional() })
  .refine(isOne, ONE);
