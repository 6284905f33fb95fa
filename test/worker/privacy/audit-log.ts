/** What the tests of the audit log share: a fresh log, entries in it, and hands that tamper with it. */
import { env } from "cloudflare:workers";
import { type Actor, SYSTEM } from "#privacy/actor";
import { type AuditEntry, GENESIS, hashEntry } from "#privacy/audit/chain";
import { checkAudit } from "#privacy/audit/check";
import { keepCheckpoint } from "#privacy/audit/checkpoints";
import { auditSigner } from "#privacy/audit/signer";
import { appendAudit, entriesAfter } from "#privacy/audit/store";
import { emptyStores } from "../setup.ts";
import { secretsOf } from "./rings.ts";

export const TENANT = "shop";
export const AT = Date.parse("2026-11-22T10:00:00Z");
export const { IDENTITY_0: db, LAKE: bucket } = env;
export const ANN: Actor = {
  id: "t_1",
  name: "Ann",
  role: "privacy_officer",
  personal: true,
  sources: undefined,
};
export const signerOf = (version: 1 | 2, tenant = TENANT) =>
  auditSigner({ ...secretsOf(version), TENANT: tenant });
export const context = {
  db,
  bucket,
  signer: () => signerOf(1),
};

/** An empty log, with its triggers. */
export async function freshLog(): Promise<void> {
  await emptyStores();
}

/** The next entry, as the product makes it. */
export const note = (action = "person.read", detail = {}) =>
  appendAudit(db, { at: AT, actor: ANN, action, target: "email:1.abc", detail });

/** So many entries, one after the other. */
export async function notes(count: number): Promise<void> {
  for (let i = 0; i < count; i++)
    await appendAudit(db, {
      at: AT + i,
      actor: SYSTEM,
      action: "person.read",
      target: `p${i}`,
      detail: { i },
    });
}

export const keep = (now = AT) => keepCheckpoint(context, now, true);
export const everything = () => entriesAfter(db, 0, 1_000);
export const check = () => checkAudit(context, GENESIS);

/** What the check finds, without the sentences. */
export async function found(): Promise<object[]> {
  const { problems, ok } = await check();
  if (ok !== (problems.length === 0)) throw new Error("`ok` contradicts the problems");
  return problems.map(({ says: _, ...problem }) => problem);
}

/** What somebody does who may write to the database itself. */
export async function tamper(...statements: string[]): Promise<void> {
  const drops = ["audit_is_not_changed", "audit_is_not_deleted"].map(
    (name) => `DROP TRIGGER IF EXISTS ${name}`,
  );
  await db.batch([...drops, ...statements].map((sql) => db.prepare(sql)));
}

/** Writes a chain anew from an entry on, with hashes that are right. */
export async function rewriteFrom(seq: number, change: (entry: AuditEntry) => AuditEntry): Promise<void> {
  const entries = await everything();
  let prev = entries.find((entry) => entry.seq === seq - 1)?.hash ?? GENESIS.hash;
  await tamper();
  for (const entry of entries.filter((one) => one.seq >= seq)) {
    const changed = change(entry);
    const hash = await hashEntry(prev, changed);
    await db
      .prepare("UPDATE audit SET target = ?1, prev = ?2, hash = ?3 WHERE seq = ?4")
      .bind(changed.target, prev, hash, entry.seq)
      .run();
    prev = hash;
  }
}
