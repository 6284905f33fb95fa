/**
 * A claim is not a proof (docs/decisions/005): what items may change in a record. All items of one person are folded, in
 * the order of their events, over what the org already knows, and only the difference is written. Pure, so that the rule
 * is tested without Salesforce.
 */
import type { WriteMode } from "#contracts/definitions/mapping";
import type { Fields } from "./fields.ts";
import type { SalesforceBody } from "./map.ts";
import { isEmpty, isSame, written } from "./write.ts";

/** What is known of a record before anything is written. */
export type KnownRecord = { status: "absent" } | { status: "present"; id: string; values: Fields };

export interface FoldRules {
  /** Stands for what is not known, and counts as empty. */
  placeholder: string | false;
  /** How fields are written where no mapping says otherwise; `overwrite` where this does not, either. */
  modes: ReadonlyMap<string, WriteMode>;
  /** Fields that only a proof may write to a record that exists: they say whose it is. */
  key: ReadonlySet<string>;
  /** Fields that tell what the edge knows: the profile that created the record may renew them. */
  own: ReadonlySet<string>;
  /** The fields of these meanings, where the org has them. */
  profile: string | undefined;
  stage: string | undefined;
  /** The org's words for our stages, in order. */
  stages: readonly string[];
  /** Fields that a new record must have. */
  required: readonly string[];
}

/**
 * What became of an item: `linked` speaks of the record with right, so that its event may be linked to it; `filled` is a
 * claim that only added what was missing; `refused` is a claim that may change nothing.
 */
export type Admission = "linked" | "filled" | "refused";

export interface Folded {
  write: Fields;
  admissions: Admission[];
}

/** @param items of one person, in the order of their events */
export function foldRecord(known: KnownRecord, items: readonly SalesforceBody[], rules: FoldRules): Folded {
  const before: Fields = known.status === "present" ? known.values : {};
  const now: Fields = { ...before };
  let exists = known.status === "present";
  const admissions = items.map((item): Admission => {
    const isOwn = rules.profile !== undefined && now[rules.profile] === item.profile;
    if (item.verified) prove(now, item, rules);
    else if (exists) return claim(now, item, isOwn, rules);
    else prove(now, item, rules);
    exists = true;
    return "linked";
  });
  if (known.status === "absent" && rules.placeholder !== false)
    for (const name of rules.required) if (isEmpty(now[name], false)) now[name] = rules.placeholder;
  const write: Fields = {};
  for (const [name, value] of Object.entries(now)) if (!isSame(value, before[name])) write[name] = value;
  return { write, admissions };
}

/** What a field becomes by its mode; undefined where it stays. */
function next(now: Fields, item: SalesforceBody, name: string, rules: FoldRules) {
  const mode = item.modes?.[`fields.${name}`] ?? rules.modes.get(name) ?? "overwrite";
  const order = name === rules.stage ? rules.stages : undefined;
  return written(mode, now[name], item.fields[name] ?? null, rules.placeholder, order);
}

function prove(now: Fields, item: SalesforceBody, rules: FoldRules): void {
  for (const name of Object.keys(item.fields)) {
    const value = next(now, item, name, rules);
    if (value !== undefined) now[name] = value;
  }
}

/** A claim about a record that exists. */
function claim(now: Fields, item: SalesforceBody, isOwn: boolean, rules: FoldRules): Admission {
  let isChanged = false;
  for (const name of Object.keys(item.fields)) {
    const mayFill = isEmpty(now[name], rules.placeholder) && !rules.key.has(name);
    if (!mayFill && !(isOwn && rules.own.has(name))) continue;
    const value = next(now, item, name, rules);
    if (value === undefined || isSame(value, now[name])) continue;
    now[name] = value;
    isChanged = true;
  }
  if (isOwn) return "linked";
  return isChanged ? "filled" : "refused";
}
