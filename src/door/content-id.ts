/**
 * An event's id made from its content, for a sender of history that gives none: a file that is sent twice has the same
 * ids twice, and ingest takes each once. Pure and synchronous; called by protocols when they read an import.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/**
 * `c_` and 128 bits of SHA-256 in hex, of the source and the item with its keys in order. Two items that are equal in
 * everything are one event: what may truly happen twice needs an id, or a time or order number that differs.
 * @param item parsed JSON, of bounded nesting
 */
export const contentId = (source: string, item: unknown): string =>
  `c_${bytesToHex(sha256(utf8ToBytes(`${source}\n${canonical(item)}`)).subarray(0, 16))}`;

/** JSON with the keys of every object in order, so that a sender's serialiser makes no difference. */
const canonical = (item: unknown): string =>
  JSON.stringify(item, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  ) ?? "";
