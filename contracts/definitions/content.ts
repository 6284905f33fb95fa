/** Content that belongs to a release. HTML is sanitised when the release is published. */
import * as z from "zod";

export const contentDefinitionSchema = z
  .strictObject({ html: z.string().max(50_000).optional(), data: z.json().optional() })
  .refine((c) => c.html !== undefined || c.data !== undefined, "needs html or data");
export type ContentDefinition = z.infer<typeof contentDefinitionSchema>;
