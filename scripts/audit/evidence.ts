/** What is checked, wherever it comes from: the entries page by page, the checkpoints, and the keys that signed them. */

import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import * as z from "zod";
import type { AuditEntry } from "../../src/privacy/audit/chain.ts";
import { type Checkpoint, checkpointSchema } from "../../src/privacy/audit/checkpoint.ts";
import type { PublicJwk } from "../../src/privacy/audit/signer.ts";
import { CannotCheck } from "./cannot-check.ts";
import { auditEntrySchema, publicJwkSchema } from "./shapes.ts";

export interface Evidence {
  /** Where it is from, for a person. */
  from: string;
  /** Ascending by seq. */
  checkpoints: Checkpoint[];
  keys: PublicJwk[];
  /** In the order in which they are there. */
  pages: AsyncIterable<AuditEntry[]>;
}

const PAGE = 1_000;

/** An export that was kept: one entry a line. */
export async function readFiles(file: string, checkpoints: string, key: string): Promise<Evidence> {
  return {
    from: file,
    checkpoints: await readCheckpoints(checkpoints),
    keys: await readKeys(key),
    pages: readEntries(file),
  };
}

/** A key, or `{"keys": […]}` with all of them. */
export async function readKeys(file: string): Promise<PublicJwk[]> {
  const schema = z.union(
    [
      z.object({ keys: z.array(publicJwkSchema).min(1) }),
      publicJwkSchema.transform((jwk) => ({ keys: [jwk] })),
    ],
    "is no public Ed25519 key with a `kid`, and no list of them",
  );
  return parse(schema, await readJson(file), file).keys;
}

/** A list, or the API's answer. */
export async function readCheckpoints(file: string): Promise<Checkpoint[]> {
  const list = z.array(checkpointSchema);
  const schema = z.union(
    [list, z.object({ checkpoints: list }).transform(({ checkpoints }) => checkpoints)],
    "is no list of checkpoints",
  );
  return parse(schema, await readJson(file), file).sort((a, b) => a.seq - b.seq);
}

export async function* readEntries(file: string): AsyncGenerator<AuditEntry[]> {
  const lines = createInterface({
    input: createReadStream(file, "utf8"),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  let page: AuditEntry[] = [];
  let number = 0;
  try {
    for await (const line of lines) {
      number += 1;
      if (line.trim() === "") continue;
      page.push(parse(auditEntrySchema, toJson(line, `${file}, line ${number}`), `${file}, line ${number}`));
      if (page.length < PAGE) continue;
      yield page;
      page = [];
    }
  } catch (error) {
    throw isMissing(error) ? new CannotCheck(`${file} is not there.`) : error;
  }
  if (page.length > 0) yield page;
}

/** @throws CannotCheck where a value is not of the shape @param where names it for a person */
export function parse<T extends z.ZodType>(schema: T, value: unknown, where: string): z.infer<T> {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new CannotCheck(`${where}: ${[...(issue?.path ?? []), issue?.message].join(" ")}.`);
}

export function toJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CannotCheck(`${where} is not JSON.`);
  }
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw isMissing(error) ? new CannotCheck(`${file} is not there.`) : error;
  });
  return toJson(text, file);
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT";
