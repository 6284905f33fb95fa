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

/** A setting of JSON; where it is left blank it is `byDefault`. */
export const jsonOr = <T>(byDefault: unknown, schema: z.ZodType<T>) =>
  z
    .string()
    .default("")
    .transform((text, ctx): unknown => (text.trim() === "" ? byDefault : fromJson(text, ctx)))
    .pipe(schema as z.ZodType<T, unknown>);
