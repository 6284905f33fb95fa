/** One request of test/worker/openapi.test.ts, and the status that the app answers it with. */
export interface Case {
  /** Method and path as the documents have it. */
  operation: `${"get" | "put" | "post" | "patch" | "delete"} ${string}`;
  status: number;
  /** Where it differs from the operation's. */
  path?: string;
  headers?: Record<string, string>;
  body?: unknown;
  /** A body that is no JSON. */
  form?: string;
}
