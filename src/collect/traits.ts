/**
 * The traits of an event, a person's own data: which may be kept in the clear, to be sealed, and which are identifiers.
 * Called by identify.ts.
 */
import { shownKey } from "#consent/minimise";
import { type Traits, traitsSchema } from "#contracts/event";
import { type FieldRule, fieldRule } from "#contracts/fields";
import type { Removal } from "#contracts/messages/event_envelope";
import { once } from "#contracts/once";
import type { Purpose } from "#contracts/taxonomy";
import { cleanText } from "#core/clean-text";
import { comparedText, type MatchTraits } from "#identity/match";
import type { Reading } from "#identity/normalise";
import { asRecord } from "./shape.ts";

type Shape = ReturnType<typeof traitsSchema>["shape"];
const fields = once(() => {
  const { shape } = traitsSchema();
  return (Object.keys(shape) as (keyof Shape)[]).map((name) => {
    const schema = shape[name].unwrap();
    const rule = fieldRule(schema);
    if (!rule) throw new Error(`trait ${name} has no class`);
    return { name, schema, rule };
  });
});
const rules = once(() => new Map<string, FieldRule>(fields().map(({ name, rule }) => [name, rule])));

/** Takes an identifier that the event claims. @returns its normal form, or why it is not taken */
export type Add = (namespace: string, value: string) => Reading;

/** Whether a granted purpose may have the hash: of an address fewer than of an id, which says nothing by itself. */
export const mayHash = (trait: string, granted: readonly Purpose[]): boolean => {
  const hashedFor = rules().get(trait)?.hashedFor;
  return !hashedFor || hashedFor.some((purpose) => granted.includes(purpose));
};

/**
 * The traits that may be kept in the clear, to be sealed, addresses and numbers in their normal forms; identifiers among
 * them are added on the way. @param told gets what match rules may compare, as far as a granted purpose may have it
 */
export function readTraits(
  raw: unknown,
  granted: readonly Purpose[],
  add: Add,
  removed: Removal[],
  told: MatchTraits,
): Traits {
  const given = asRecord(raw) ?? {};
  const kept: Record<string, string> = {};
  for (const { name, schema, rule } of fields()) {
    const value = given[name];
    if (value === undefined || value === null || value === "") continue;
    const path = `traits.${name}`;
    const clear = rule.purposes.some((p) => granted.includes(p));
    const hashed = rule.hashedFor !== undefined && mayHash(name, granted);
    let text = typeof value === "string" && value.length <= MAX_TRAIT_CHARS ? cleanText(value) : value;
    if (hashed && typeof text === "string") {
      // Every trait with `hashedFor` is named as its namespace.
      const read = add(name, text);
      if (!read.ok) {
        removed.push(dropped(path, read.reason));
        continue;
      }
      text = read.value;
    }
    const parsed = schema.safeParse(text);
    if (!parsed.success) {
      removed.push(dropped(path, "invalid_identifier"));
      continue;
    }
    if ((hashed || clear) && name !== "customer_id") {
      const compared = rule.hashedFor ? parsed.data : comparedText(name, parsed.data);
      if (compared !== undefined) told[name] = compared;
    }
    if (clear) kept[name] = parsed.data;
    else removed.push({ path, action: hashed ? "hashed" : "dropped", reason: "purpose_not_granted" });
  }
  for (const key in given) {
    if (!rules().has(key) && removed.length < 50) {
      removed.push({ path: `traits.${shownKey(key)}`, action: "dropped", reason: "not_in_contract" });
    }
  }
  return kept;
}

/** No trait's contract takes more. */
const MAX_TRAIT_CHARS = 1_024;

export const dropped = (path: string, reason: Removal["reason"]): Removal => ({
  path,
  action: "dropped",
  reason,
});
