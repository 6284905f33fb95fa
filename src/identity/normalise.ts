/**
 * Normal forms of identifiers, and what is none. Trackers send placeholders ("anonymous", "undefined", "0") in id
 * fields; taken for ids they would weld thousands of people together.
 */
import type { IdentifierNamespace } from "#contracts/taxonomy";

const PLACEHOLDERS = new Set([
  "anonymous",
  "guest",
  "distinct_id",
  "id",
  "not_authenticated",
  "email",
  "undefined",
  "null",
  "none",
  "nil",
  "true",
  "false",
  "0",
  "nan",
  "[object object]",
  "",
  "-",
  "unknown",
  "n/a",
]);
const EMAIL = /^[^\s@]{1,64}@[^\s@]+\.[^\s@.]{2,}$/;

/** The normal form of a value in its namespace, or undefined where it identifies nobody. */
export function normaliseIdentifier(namespace: IdentifierNamespace, value: string): string | undefined {
  const trimmed = value.trim().normalize("NFC");
  const bare = trimmed
    .replace(/^(["'])(.*)\1$/, "$2")
    .trim()
    .toLowerCase();
  if (PLACEHOLDERS.has(bare) || /^0+$/.test(bare)) return undefined;
  if (namespace === "email") return EMAIL.test(bare) ? bare : undefined;
  if (namespace === "phone") {
    const digits = trimmed.replace(/[\s().-]/g, "").replace(/^00/, "+");
    return /^\+[1-9]\d{6,14}$/.test(digits) ? digits : undefined;
  }
  return trimmed;
}
