/** What a value becomes in a field that may have one: the write modes, and what counts as empty. Pure. */
import type { WriteMode } from "#contracts/definitions/mapping";
import { writeValue } from "../../mapping/modes.ts";
import type { Value } from "./fields.ts";

/** @param placeholder stands for what is not known */
export const isEmpty = (value: Value | undefined, placeholder: string | false): boolean =>
  value === undefined || value === null || value === "" || value === placeholder;

/** The field's new value; undefined where it stays. What overwrites may also empty it: who is in no segment any more. */
export function written(
  mode: WriteMode,
  now: Value | undefined,
  next: Value,
  placeholder: string | false,
  order?: readonly string[],
): Value | undefined {
  if (mode === "overwrite") return next === "" ? null : next;
  const value = writeValue(mode, isEmpty(now, placeholder) ? undefined : now, next, order);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? value
    : undefined;
}

/** Whether Salesforce would not tell these apart: moments come back in its own form. */
export const isSame = (a: Value | undefined, b: Value | undefined): boolean =>
  (a ?? "") === (b ?? "") || (typeof a === "string" && typeof b === "string" && moment(a) === moment(b));

/** Epoch ms of a moment as we or Salesforce write it; NaN, which equals nothing, of any other text. */
const moment = (text: string): number =>
  /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, "$1:$2")) : Number.NaN;
