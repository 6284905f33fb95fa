/**
 * The sandbox's own API and page: `/_received`, `/_contacts`, `/_crm`, `/_deletions`, `/_service_account`, `/_faults`,
 * `/_sandbox`.
 * Tests and the page use it; no vendor has such paths.
 */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { DemoRequest, Reply } from "../http.ts";
import { json } from "../http.ts";
import type { Faults } from "./faults.ts";
import { faultRequest } from "./faults.ts";
import type { UserDeletion } from "./ga4/deletion.ts";
import type { Contacts } from "./hubspot/contacts.ts";
import type { Crm } from "./hubspot/hubspot.ts";
import type { Records } from "./records.ts";
import { parseJson } from "./vendor.ts";

const PAGE_FILES: Record<string, { file: string; type: string }> = {
  "/_sandbox": { file: "sandbox.html", type: "text/html; charset=utf-8" },
  "/_sandbox/sandbox.css": { file: "sandbox.css", type: "text/css; charset=utf-8" },
  "/_sandbox/tables.css": { file: "tables.css", type: "text/css; charset=utf-8" },
  "/_sandbox/sandbox.js": { file: "sandbox.js", type: "text/javascript; charset=utf-8" },
  "/_sandbox/dom.js": { file: "dom.js", type: "text/javascript; charset=utf-8" },
  "/_sandbox/batches.js": { file: "batches.js", type: "text/javascript; charset=utf-8" },
  "/_sandbox/panels.js": { file: "panels.js", type: "text/javascript; charset=utf-8" },
};

const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'";

/** What the control API works on. `reset` makes every vendor forget what it stored. */
export type ControlParts = {
  records: Records;
  faults: Faults;
  contacts: Contacts;
  /** What HubSpot has besides contacts. */
  crm(): Crm;
  deletion: UserDeletion;
  reset(): void;
};

/** The handler of every path that starts with `/_`. */
export function createControl({
  records,
  faults,
  contacts,
  crm,
  deletion,
  reset,
}: ControlParts): (request: DemoRequest) => Promise<Reply> {
  const routes: Record<string, Record<string, (request: DemoRequest) => Reply>> = {
    "/_received": {
      GET({ url }) {
        const vendor = url.searchParams.get("vendor");
        const limit = z.coerce
          .number()
          .int()
          .min(0)
          .safeParse(url.searchParams.get("limit") ?? undefined);
        const { total, records: list } = records.list({
          ...(vendor ? { vendor } : {}),
          ...(limit.success ? { limit: limit.data } : {}),
        });
        return json(200, list, { "x-total-count": String(total) });
      },
      DELETE() {
        records.clear();
        reset();
        return json(200, { cleared: true });
      },
    },
    "/_contacts": { GET: () => json(200, contacts.all()) },
    "/_crm": { GET: () => json(200, crm()) },
    "/_deletions": { GET: () => json(200, { hubspot: contacts.deletions(), ga4: deletion.deletions() }) },
    // The key file that Google would give out; this one is made anew by every sandbox.
    "/_service_account": { GET: () => json(200, deletion.keyFile()) },
    "/_faults": {
      GET: () => json(200, faults.list()),
      POST({ body }) {
        const parsed = faultRequest.safeParse(parseJson(body));
        if (!parsed.success) return json(400, { error: `bad fault: ${explain(parsed.error)}` });
        return json(201, { armed: faults.arm(parsed.data), ...faults.list() });
      },
      DELETE: ({ url }) => json(200, faults.clear(url.searchParams.get("vendor") ?? undefined)),
    },
  };

  return async (request) => {
    const page = PAGE_FILES[request.path];
    if (page !== undefined) return pageFile(page);
    const methods = routes[request.path];
    if (methods === undefined) return json(404, { error: `the sandbox has no ${request.path}` });
    const handler = methods[request.method];
    if (handler === undefined) {
      const allow = Object.keys(methods).join(", ");
      return json(405, { error: `use ${allow}` }, { allow });
    }
    return handler(request);
  };
}

function explain(error: z.ZodError): string {
  return error.issues
    .map((issue) => (issue.path.length > 0 ? `${issue.path.join(".")}: ${issue.message}` : issue.message))
    .join("; ");
}

async function pageFile({ file, type }: { file: string; type: string }): Promise<Reply> {
  return {
    status: 200,
    headers: { "content-type": type, "cache-control": "no-cache", "content-security-policy": PAGE_POLICY },
    body: await readFile(new URL(`./page/${file}`, import.meta.url)),
  };
}
