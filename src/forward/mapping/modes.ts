/**
 * Write modes: what happens to a field that a vendor keeps a value of already. A release names them by mapping; apply.ts
 * puts those of an event into its body, as `modes`. The types with `records` (HubSpot, Salesforce) read what the vendor has,
 * and ask `writeValue`. Pure.
 */
import type { WriteMode } from "#contracts/definitions/mapping";
import type { DestinationType } from "../destinations/contract.ts";
import { within } from "./schema.ts";

/** Path in the body, such as `properties.phone` → how it is written. */
export type Modes = Record<string, WriteMode>;

/** Whether a type has records, and its body takes the modes of their fields: as `modes`, by path. */
export const takesModes = ({ records, body }: Pick<DestinationType, "records" | "body">): boolean =>
  records !== undefined && within([body], "modes").length > 0;

/** So long a list may get by `append`, in characters: what would be longer stays as it is. */
const MAX_APPENDED = 10_000;
const SEPARATOR = ";";

/**
 * What to write where the vendor has `current` and we have `next`; undefined: nothing, it stays as it is.
 *
 * - `overwrite`: always what is new.
 * - `if_empty`: only where nothing is there.
 * - `append`: lists with `;` between their values, as HubSpot's multiple checkboxes and Salesforce's multi-select picklists
 *   have them: what is new comes last, and nothing twice.
 * - `never_backward`: only what comes later: in `order` where it is given (a vendor's stages), else a greater number or a
 *   later ISO 8601 date. What is not known in `order`, or cannot be compared, stays: nobody can say which comes later.
 *
 * @param current as the vendor gives it; null, undefined or empty: it has none
 * @param order values from the first to the last
 */
export function writeValue(
  mode: WriteMode,
  current: unknown,
  next: unknown,
  order?: readonly string[],
): unknown {
  const isEmpty = current === undefined || current === null || current === "";
  if (next === undefined || next === null || next === "") return undefined;
  if (isEmpty) return mode === "append" && typeof next === "string" ? valuesOf(next).join(SEPARATOR) : next;
  switch (mode) {
    case "overwrite":
      return same(current, next) ? undefined : next;
    case "if_empty":
      return undefined;
    case "append":
      return appended(String(current), String(next));
    case "never_backward":
      return isLater(current, next, order) ? next : undefined;
  }
}

const same = (current: unknown, next: unknown): boolean => String(current) === String(next);

const valuesOf = (list: string): string[] => [
  ...new Set(list.split(SEPARATOR).flatMap((value) => value.trim() || [])),
];

function appended(current: string, next: string): string | undefined {
  const values = valuesOf(current);
  const all = [...new Set([...values, ...valuesOf(next)])];
  const list = all.join(SEPARATOR);
  return all.length === values.length || list.length > MAX_APPENDED ? undefined : list;
}

function isLater(current: unknown, next: unknown, order: readonly string[] | undefined): boolean {
  if (order) {
    const [from, to] = [order.indexOf(String(current)), order.indexOf(String(next))];
    return from >= 0 && to > from;
  }
  const [from, to] = [numberOf(current), numberOf(next)];
  if (from !== undefined && to !== undefined) return to > from;
  const [since, until] = [momentOf(current), momentOf(next)];
  return since !== undefined && until !== undefined && until > since;
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\s*[+-]?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

/** Vendors write zones as `Z`, `+0000` or `+00:00`. */
function momentOf(value: unknown): number | undefined {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\d(T.+)?$/.test(value)) return undefined;
  const at = Date.parse(value.replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
  return Number.isNaN(at) ? undefined : at;
}
