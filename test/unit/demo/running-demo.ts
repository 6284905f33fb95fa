/** Starts the demo on a free port for a test file, with short calls for its sandbox. */
import { afterAll, beforeAll } from "vitest";
import type { Demo } from "../../../demo/server.ts";
import { startDemo } from "../../../demo/server.ts";

type Call = { headers?: Record<string, string>; body?: unknown; method?: string; signal?: AbortSignal };

/** One received request, as `GET /_received` lists it. */
export type Received = {
  at: string;
  vendor: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: unknown;
  status: number | null;
  valid?: boolean;
  validationMessages?: { fieldPath: string; validationCode: string; description: string }[];
  duplicate?: boolean;
  fault?: string;
};

/** Starts a demo before the file's tests and closes it after them. */
export function runningDemo(stateDir?: string) {
  let demo: Demo | undefined;
  beforeAll(async () => {
    demo = await startDemo({ port: 0, ...(stateDir === undefined ? {} : { stateDir }) });
  });
  afterAll(() => demo?.close());

  const call = (path: string, { method = "POST", body, headers = {}, signal }: Call = {}) =>
    fetch(`${demo?.url}${path}`, {
      method,
      headers,
      redirect: "manual",
      ...(signal === undefined ? {} : { signal }),
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });

  return {
    call,
    url: () => demo?.url ?? "",
    get: (path: string, headers: Record<string, string> = {}) => call(path, { method: "GET", headers }),
    post: (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
      call(path, {
        body: new URLSearchParams(fields).toString(),
        headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      }),
    hubspot: (
      batch: "upsert" | "read",
      body: unknown,
      headers: Record<string, string> = {},
      signal?: AbortSignal,
    ) =>
      call(`/hubspot/crm/v3/objects/contacts/batch/${batch}`, {
        body,
        headers: { authorization: "Bearer pat-demo", "content-type": "application/json", ...headers },
        ...(signal === undefined ? {} : { signal }),
      }),
    ga4: (body: unknown, query = "measurement_id=G-DEMO&api_secret=ga4-demo", path = "/ga4/mp/collect") =>
      call(`${path}?${query}`, { body, headers: { "content-type": "application/json" } }),
    arm: (fault: unknown) => call("/_faults", { body: fault }),
    async faults(): Promise<{ faults: { mode: string; remaining: number }[]; held: Record<string, number> }> {
      return await (await call("/_faults", { method: "GET" })).json();
    },
    clearFaults: () => call("/_faults", { method: "DELETE" }),
    clear: () => call("/_received", { method: "DELETE" }),
    async received(vendor?: string): Promise<Received[]> {
      const response = await call(`/_received${vendor ? `?vendor=${vendor}` : ""}`, { method: "GET" });
      return await response.json();
    },
    async contacts(): Promise<{ id: string; properties: Record<string, string> }[]> {
      return await (await call("/_contacts", { method: "GET" })).json();
    },
  };
}

/** Waits until `check` holds, at most 3 seconds. */
export async function until(check: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 150; attempt += 1) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("it did not come to that within 3 seconds");
}
