/**
 * Reading fields of an event that passed its contract but may have been minimised since: whatever is absent, or is not
 * of the expected type, is undefined, and the mapping leaves it out.
 */

/** A non-empty string. */
export const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** A finite number. */
export const number = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;

/** An object; empty where there is none. */
export const record = (value: unknown): Readonly<Record<string, unknown>> =>
  // The check makes it true: any non-null object that is no array can be read by name.
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};

/** An array; empty where there is none. */
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The object without the fields that are undefined. */
export function defined<T>(fields: Record<string, T | undefined>): Record<string, T> {
  const out: Record<string, T> = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) out[name] = value;
  return out;
}
