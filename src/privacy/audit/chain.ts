/**
 * The audit log as a chain: each entry's hash covers the entry and the hash of the one before, so that none can be
 * changed, removed, put elsewhere or repeated without a trace. What the end of the chain was is said by checkpoints,
 * which are kept elsewhere (checkpoint.ts). Runs in the Worker and, for an auditor, in Node (scripts/audit-verify.ts).
 */
import { toHex } from "./hex.ts";

/** A detail of an entry: a number, a truth, or a short text without personal data. */
export type AuditValue = string | number | boolean | null;

export interface AuditEntry {
  /** From 1, without a gap. */
  seq: number;
  /** Epoch ms. */
  at: number;
  actor: { id: string; name: string; role: string };
  action: string;
  target: string;
  detail: Record<string, AuditValue>;
  /** Hash of the entry before, hex; of the first 64 zeros. */
  prev: string;
  /** Hash of this one, hex. */
  hash: string;
}

/** Where a chain ends. */
export interface ChainHead {
  seq: number;
  hash: string;
}

/** Before the first entry. */
export const GENESIS: ChainHead = { seq: 0, hash: "0".repeat(64) };

/** Of the canonical text: another form of it is another number. */
const FORMAT = 1;
const encoder = new TextEncoder();

/**
 * What is hashed: one JSON array in a fixed order, details sorted by their names. JSON quotes what separates, so that no
 * two entries have the same text.
 */
export function canonicalText(entry: Omit<AuditEntry, "prev" | "hash">): string {
  const { seq, at, actor, action, target, detail } = entry;
  const details = Object.entries(detail).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([FORMAT, seq, at, actor.id, actor.name, actor.role, action, target, details]);
}

/** SHA-256 of the hash before and the entry, hex. */
export async function hashEntry(prev: string, entry: Omit<AuditEntry, "prev" | "hash">): Promise<string> {
  const bytes = encoder.encode(`${prev}\n${canonicalText(entry)}`);
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}
