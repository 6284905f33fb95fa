/** A CMS whose content offers may show: pulled on schedule and on its webhook by src/slots/cms/. */
import * as z from "zod";
import { localeSchema } from "./content.ts";

export const cmsSourceSchema = z.strictObject({
  /** Adapter: a folder of src/slots/cms/adapters. */
  type: z.string().min(1).max(32),
  /** Where it answers: WordPress's site address, or the address of the JSON. */
  url: z.url({ protocol: /^https?$/ }),
  locales: z.array(localeSchema).min(1).max(50).default(["en"]),
  /** Shown where there is none in the visitor's language; one of `locales`. */
  defaultLocale: localeSchema.default("en"),
  /** The texts are templates, as those of the release may be. */
  templates: z.boolean().default(false),
  /** Minutes between two pulls. */
  pullMinutes: z.int().min(1).max(1440).default(15),
  /** The adapter's own; `{"$secret": "NAME"}` where it is a secret. */
  settings: z.record(z.string(), z.json()).default({}),
});
export type CmsSource = z.infer<typeof cmsSourceSchema>;
