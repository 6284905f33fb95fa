/**
 * Content that belongs to a release. HTML is sanitised when the release is published; a template (Mustache tags, no
 * logic) is checked then, and filled per visitor with everything escaped.
 */
import * as z from "zod";

const LOCALE = /^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?$/;
export const localeSchema = z.string().regex(LOCALE, "must be a BCP 47 tag such as en or pt-BR");

const parts = {
  html: z.string().max(50_000).optional(),
  data: z.json().optional(),
};

/** How content of a slot of kind `message` is shown. */
export const messageSchema = z.strictObject({
  placement: z.enum(["banner-top", "banner-bottom", "modal"]).default("banner-bottom"),
  /** The visitor can close it; it stays closed for the session. */
  dismissible: z.boolean().default(true),
  delayMs: z.int().min(0).max(60_000).default(0),
});

export const contentDefinitionSchema = z
  .strictObject({
    ...parts,
    /** Texts in other languages; what is not here is shown as above. */
    locales: z.record(localeSchema, z.strictObject(parts)).optional(),
    /** The HTML has Mustache tags: `{{top_topic}}` (a feature), `{{person.first_name}}` (of whom a token has proved). */
    template: z.boolean().default(false),
    message: messageSchema.optional(),
  })
  .refine((c) => c.html !== undefined || c.data !== undefined, "needs html or data");
export type ContentDefinition = z.infer<typeof contentDefinitionSchema>;
