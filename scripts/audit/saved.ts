/**
 * What an auditor keeps: the export, the checkpoints and the public keys. A later run holds the log against them, and so
 * finds also what was written anew by somebody who has the master secret and can sign.
 */
import { access, mkdir, open, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AuditEntry, ChainHead } from "../../src/privacy/audit/chain.ts";
import type { Checkpoint } from "../../src/privacy/audit/checkpoint.ts";
import type { PublicJwk } from "../../src/privacy/audit/signer.ts";
import { readCheckpoints, readEntries, readKeys } from "./evidence.ts";

const EXPORT = "export.ndjson";
const CHECKPOINTS = "checkpoints.json";
const KEYS = "keys.json";

export interface Saved {
  /** Ascending. */
  heads: ChainHead[];
  checkpoints: Checkpoint[];
  keys: PublicJwk[];
}

/** What an earlier run kept; undefined where none did. */
export async function readSaved(dir: string): Promise<Saved | undefined> {
  const isThere = await access(join(dir, KEYS)).then(
    () => true,
    () => false,
  );
  if (!isThere) return undefined;
  const heads: ChainHead[] = [];
  for await (const page of readEntries(join(dir, EXPORT)))
    for (const { seq, hash } of page) heads.push({ seq, hash });
  return {
    heads,
    checkpoints: await readCheckpoints(join(dir, CHECKPOINTS)),
    keys: await readKeys(join(dir, KEYS)),
  };
}

export interface Keeper {
  /** Take entries in, beside what is kept. */
  take: (page: readonly AuditEntry[]) => Promise<void>;
  /** Put what was taken in the place of what is kept. */
  keep: (checkpoints: readonly Checkpoint[], keys: readonly PublicJwk[]) => Promise<void>;
}

/** Keeps what is read in a folder; what was kept before stays until all is read and goes on from it. */
export async function keeper(dir: string): Promise<Keeper> {
  await mkdir(dir, { recursive: true });
  const part = join(dir, `${EXPORT}.part`);
  const file = await open(part, "w");
  return {
    take: async (page) => {
      if (page.length > 0) await file.write(page.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
    },
    keep: async (checkpoints, keys) => {
      await file.close();
      await rename(part, join(dir, EXPORT));
      await writeFile(join(dir, CHECKPOINTS), `${JSON.stringify(checkpoints, null, 1)}\n`);
      await writeFile(join(dir, KEYS), `${JSON.stringify({ keys }, null, 1)}\n`);
    },
  };
}
