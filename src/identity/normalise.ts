/**
 * Normal forms of identifiers, and what is none. Trackers send placeholders ("anonymous", "undefined", "0") in id
 * fields; taken for ids they would weld thousands of people together. The rules are in normalise/; docs/identity.md has
 * them as a table. The door reads values by `readIdentifier`; whoever looks a person up does by `normaliseIdentifier`.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { Removal } from "#contracts/messages/event_envelope";
import { cleanText } from "#core/clean-text";
import { FORMS } from "./normalise/forms.ts";
import { loadPhones } from "./normalise/phone.ts";
import { isPlaceholder, isPlaceholderAddress } from "./normalise/placeholders.ts";
import { MAX_CHARS, type ValueRules, type ValuesOf, valueRules } from "./normalise/rules.ts";

/** A value in its normal form, or why it identifies nobody. */
export type Reading = { ok: true; value: string } | { ok: false; reason: Removal["reason"] };

const refuse = (reason: Removal["reason"]): Reading => ({ ok: false, reason });
const UNKNOWN = refuse("unknown_namespace");
const INVALID = refuse("invalid_identifier");
const PLACEHOLDER = refuse("placeholder_identifier");
const LENGTH = refuse("identifier_length");
const BLOCKED = refuse("blocked_identifier");
const DISPOSABLE = refuse("disposable_address");

/** Longer than this, invisible characters and all, a value is not looked at. */
const MAX_RAW_CHARS = 1_024;
/** Also halves of a character, and what stands for one that could not be read: two such ids may have been different. */
const CONTROL = /[\p{Cc}\p{Cs}\ufffd]/u;

/** Whether values of a namespace cannot be read before `loadPhones`. */
export const needsPhones = (namespace: string, { namespaces }: ValueRules): boolean =>
  namespaces.get(namespace)?.form === "phone";

/**
 * A value as an event names it.
 * @throws Error where the namespace needs `loadPhones` and nobody has waited for it
 */
export function readIdentifier(namespace: string, value: string, rules: ValueRules): Reading {
  const values = rules.namespaces.get(namespace);
  if (!values) return UNKNOWN;
  const read = readAs(values.form, value, rules);
  if (!read.ok) return read;
  const normal = read.value;
  if (normal.length < values.minLength || normal.length > values.maxLength) return LENGTH;
  if (values.isBlocked(normal)) return BLOCKED;
  return values.isDisposable(normal) ? DISPOSABLE : read;
}

/**
 * The normal form of a value, to look a person up by it, or undefined where it identifies nobody. A value that the release
 * refuses by a list or a length still has one: what was stored before it did so has to be found.
 */
export async function normaliseIdentifier(
  namespace: string,
  value: string,
  document: ReleaseDocument,
): Promise<string | undefined> {
  const rules = valueRules(document);
  const form = namespace === "visitor_id" ? "exact" : rules.namespaces.get(namespace)?.form;
  if (form === undefined) return undefined;
  if (form === "phone") await loadPhones();
  const read = readAs(form, value, rules);
  return read.ok ? read.value : undefined;
}

function readAs(form: ValuesOf["form"], value: string, { phoneCountry }: ValueRules): Reading {
  if (value.length > MAX_RAW_CHARS) return LENGTH;
  const text = cleanText(value);
  if (text.length > MAX_CHARS) return LENGTH;
  if (CONTROL.test(text)) return INVALID;
  if (isPlaceholder(text)) return PLACEHOLDER;
  const normal = FORMS[form](text, phoneCountry);
  if (normal === undefined) return INVALID;
  // `n.u-l l` is `null` once its signs are gone.
  if (normal !== text && isPlaceholder(normal)) return PLACEHOLDER;
  if (form === "email" && isPlaceholderAddress(normal)) return PLACEHOLDER;
  return normal.length > MAX_CHARS ? LENGTH : { ok: true, value: normal };
}
