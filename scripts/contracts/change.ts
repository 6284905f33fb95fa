/** A difference between two versions of a contract's JSON Schema, said so that a person finds it. */

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Change {
  /** Where: `properties.items[].price`, `context.page.url`; `(any name)` stands for each entry of a record. */
  field: string;
  /** What happened to it: "is removed", "must now have at most 64 characters (was 128)". */
  what: string;
  /** Whether somebody who relies on the older version may fail, or a field may go further than it was promised. */
  breaking: boolean;
}

export const breaking = (field: string, what: string): Change => ({ field, what, breaking: true });
export const compatible = (field: string, what: string): Change => ({ field, what, breaking: false });

export const isObject = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
