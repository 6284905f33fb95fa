/**
 * What granted purposes let be known of a person, as the contract of traits says: which values, and by which identifiers.
 * The door asks the contract itself; this is for what is stored and whose consent has changed since. Pure.
 */
import { traitsSchema } from "#contracts/event";
import { ALL, type FieldRule, fieldRule } from "#contracts/fields";
import { once } from "#contracts/once";
import type { Purpose } from "#contracts/taxonomy";

const rules = once(
  () =>
    new Map<string, FieldRule>(
      Object.entries(traitsSchema().shape).map(([field, schema]) => {
        const rule = fieldRule(schema.unwrap());
        if (!rule) throw new Error(`trait ${field} has no class`);
        return [field, rule];
      }),
    ),
);

/** Whether the value of a trait may be had for one of these purposes; one that no contract names, never. */
export const valueServes = (field: string, granted: readonly Purpose[]): boolean =>
  overlap(rules().get(field)?.purposes ?? [], granted);

/** Whether any trait may be had for one of these purposes. */
export const anyValueServes = (granted: readonly Purpose[]): boolean =>
  [...rules().keys()].some((field) => valueServes(field, granted));

/** Whether a person may be known by their identifiers of this namespace; one that is no trait serves any purpose. */
export function nameServes(namespace: string, granted: readonly Purpose[]): boolean {
  const rule = rules().get(namespace);
  return overlap(rule?.hashedFor ?? ALL, granted);
}

const overlap = (some: readonly Purpose[], granted: readonly Purpose[]): boolean =>
  some.some((purpose) => granted.includes(purpose));
