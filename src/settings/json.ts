/** Settings that are JSON texts. */
import * as z from "zod";

/** Parse the JSON of a setting; what it holds is checked by the schema that follows. */
export const fromJson = (text: string, ctx: z.RefinementCtx): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    ctx.addIssue({ code: "custom", message: "is not JSON" });
    return z.NEVER;
  }
};

/**
 * A setting of JSON; where it is left blank it is `byDefault`.
 * @param schema made when there is something to check: most deployments leave most of these blank
 */
export const jsonOr = <T>(byDefault: T, schema: () => z.ZodType<T>) =>
  z
    .string()
    .default("")
    .transform((text, ctx): T => {
      if (text.trim() === "") return byDefault;
      const given = fromJson(text, ctx);
      if (ctx.issues.length > 0) return z.NEVER;
      const read = schema().safeParse(given);
      if (read.success) return read.data;
      for (const { path, message } of read.error.issues) ctx.addIssue({ code: "custom", path, message });
      return z.NEVER;
    });
