/** What a release says of a WordPress source. */
import * as z from "zod";
import { WEBHOOK_SECRET } from "../../signature.ts";

export const wordpressSettings = z.strictObject({
  /** REST bases of the post types to read. */
  types: z
    .array(z.string().regex(/^[a-z0-9_-]{1,40}$/, "must be a REST base such as posts"))
    .min(1)
    .max(10)
    .default(["posts"]),
  /** How a language is asked for: not at all, as `?lang=sk` (WPML, Polylang), or as the first part of the path. */
  languages: z.enum(["none", "lang", "path"]).default("none"),
  /** `<site address> <user>:<application password>`: lets drafts be read, for previews. */
  credential: z
    .string()
    .regex(/^[^:\s]+:.{8,}$/, "must be a user and an application password")
    .optional(),
  webhook_secret: z
    .string()
    .regex(WEBHOOK_SECRET, "must be whsec_ and the base64 of 24 to 64 bytes")
    .optional(),
});
export type WordpressSettings = z.infer<typeof wordpressSettings>;
