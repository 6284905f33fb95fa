/** The audit log of a running Doorstep, by the operator's API: page by page, as an export for an auditor. */
import type * as z from "zod";
import type { AuditEntry } from "../../src/privacy/audit/chain.ts";
import type { Checkpoint } from "../../src/privacy/audit/checkpoint.ts";
import { CannotCheck } from "./cannot-check.ts";
import { type Evidence, parse, toJson } from "./evidence.ts";
import { auditCheckpointsSchema, auditEntriesSchema } from "./shapes.ts";

const PAGE = 1_000;
const TIMEOUT_MS = 60_000;

/** @param url with the base path, without `/admin` @param token of somebody who may read the audit log */
export async function download(url: string, token: string): Promise<Evidence> {
  const api = `${url.replace(/\/+$/, "")}/admin/api/audit`;
  const get = async <T extends z.ZodType>(path: string, schema: T): Promise<z.infer<T>> =>
    parse(schema, await fetchJson(`${api}${path}`, token), `${api}${path}`);

  // Before the entries: a checkpoint that is made meanwhile would be of an entry that was not read.
  const checkpoints: Checkpoint[] = [];
  let keys: Evidence["keys"] = [];
  for (let after: number | null = 0; after !== null; ) {
    const page: z.infer<typeof auditCheckpointsSchema> = await get(
      `/checkpoints?after=${after}&limit=${PAGE}`,
      auditCheckpointsSchema,
    );
    checkpoints.push(...page.checkpoints);
    keys = page.public_keys;
    after = onward(after, page.next);
  }
  return { from: url, checkpoints, keys, pages: entries() };

  async function* entries(): AsyncGenerator<AuditEntry[]> {
    for (let after: number | null = 0; after !== null; ) {
      const page: z.infer<typeof auditEntriesSchema> = await get(
        `/export?after=${after}&limit=${PAGE}`,
        auditEntriesSchema,
      );
      yield page.entries;
      after = onward(after, page.next);
    }
  }
}

/** A server that sends the reader back would keep it reading for ever. */
function onward(after: number, next: number | null): number | null {
  if (next === null || next > after) return next;
  throw new CannotCheck(`The answer says to go on after entry ${next}, which was read already.`);
}

async function fetchJson(url: string, token: string): Promise<unknown> {
  const init = { headers: { authorization: `Bearer ${token}` }, redirect: "manual" } as const;
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(
    (error: unknown) => {
      const why = error instanceof Error ? (error.cause instanceof Error ? error.cause : error).message : "";
      throw new CannotCheck(`${url} does not answer: ${why}.`);
    },
  );
  if (response.status === 401) throw new CannotCheck("The token is missing, wrong or expired (401).");
  if (response.status === 403)
    throw new CannotCheck("The token's role may not read the audit log (403): a privacy officer's may.");
  if (response.status !== 200) throw new CannotCheck(`${url} answers ${response.status}.`);
  return toJson(await response.text(), url);
}
