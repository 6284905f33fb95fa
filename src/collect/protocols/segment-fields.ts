/**
 * Reading a vendor's values into ours, one way for all protocols, so that the same purchase is the same whoever sends it;
 * and a vendor's fields by a table: each of our fields has a reader and the names that the vendor has for
 * it. A value that the reader cannot make sense of is as if absent, so that a bad optional field costs itself and not
 * its event; of a field that a contract requires, the value stays as it came, and the refusal says what is wrong with it.
 */
import { asId, asNumber, asRecord, asText } from "../shape.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** A value in our form, or undefined where it is not one. */
export type Read = (value: unknown) => unknown;

/** How one of our fields is read, and its names at the vendor: the first that can be read counts. */
export interface Field {
  read: Read;
  from: readonly string[];
  required?: boolean;
}

/** Our fields by name. */
export type FieldTable = Readonly<Record<string, Field>>;

export const field = (read: Read, ...from: string[]): Field => ({ read, from });

export const required = (read: Read, ...from: string[]): Field => ({ read, from, required: true });

/** The fields of `table` that `given` has. */
export function readFields(table: FieldTable, given: Fields): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const name in table) {
    const { read, from, required } = table[name] as Field; // its own key
    const value = firstOf(read, from, given);
    if (value !== undefined) out[name] = value;
    else if (required) {
      const raw = from.map((theirs) => given[theirs]).find((v) => v !== undefined);
      if (raw !== undefined) out[name] = raw;
    }
  }
  return out;
}

function firstOf(read: Read, from: readonly string[], given: Fields): unknown {
  for (const name of from) {
    const raw = given[name];
    const value = raw === undefined || raw === null ? undefined : read(raw);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** A text, cut to what the contract takes. Also a number, as its digits: many senders do not mind the difference. */
export const text =
  (max: number): Read =>
  (value) => {
    const given = typeof value === "number" ? asId(value) : asText(value);
    return given === undefined || given === "" ? undefined : given.slice(0, max);
  };

/** An identifier; never cut, since another one may begin alike. */
export const id: Read = (value) => asId(value);

/** A number in [0, max], also from a numeric text. */
export const amount =
  (max = 1e12): Read =>
  (value) => {
    const number = asNumber(value);
    return number !== undefined && number >= 0 && number <= max ? number : undefined;
  };

/** A whole number in [min, max]. */
export const whole =
  (min: number, max: number): Read =>
  (value) => {
    const number = asNumber(value);
    return Number.isInteger(number) && Number(number) >= min && Number(number) <= max ? number : undefined;
  };

/**
 * What a contract requires stays as it came where it cannot be read: the refusal then says what is wrong with it, and a
 * repair has something to repair.
 */
export const readOrRaw = (read: Read, value: unknown): unknown => read(value) ?? value ?? undefined;

/** ISO 4217 in any case. */
export const currency: Read = (value) => {
  const code = asText(value)?.trim().toUpperCase();
  return code !== undefined && /^[A-Z]{3}$/.test(code) ? code : undefined;
};

/** Rows of a list, each by a table of its own. A row that is no object stays, for the refusal to name it. */
export const rows =
  (table: FieldTable, max: number): Read =>
  (value) =>
    Array.isArray(value)
      ? value.slice(0, max).map((row: unknown) => {
          const given = asRecord(row);
          return given ? readFields(table, given) : row;
        })
      : undefined;
