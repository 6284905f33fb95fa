/** Validation errors as the API reports them: a path and a sentence, never the offending value. */
import type * as z from "zod";

const MAX_ISSUES = 10;

export interface Issue {
  path: string;
  message: string;
}

/** The issues of a zod error, at most ten. @param prefix put before each path */
export function issuesOf(error: z.ZodError, prefix = ""): Issue[] {
  return error.issues.slice(0, MAX_ISSUES).map((issue) => ({
    path: [...(prefix ? [prefix] : []), ...issue.path.map(String)].join(".").slice(0, 200),
    message: issue.message.slice(0, 200),
  }));
}
