/** Narrowing of parsed JSON. */

/** The value as a plain object, or undefined. */
export const asRecord = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;

/** The value as a string, or undefined. */
export const asText = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** The value as an identifier: a non-empty string, or a number as its digits. */
export function asId(value: unknown, max = 128): string | undefined {
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  return typeof value === "string" && value !== "" && value.length <= max ? value : undefined;
}

/** A number, also one that came as a numeric string. */
export function asNumber(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

/** An object without the entries whose value is undefined. */
export function defined(record: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const name in record) {
    const value = record[name];
    if (value !== undefined) out[name] = value;
  }
  return out;
}
