/**
 * A claim is not a proof: what items may change in a contact. All items of one address are folded, in the order of
 * their events, over what the CRM already knows, and only the difference is written. Pure, so that the rule is tested
 * without HubSpot.
 */
import type { HubspotBody } from "./map.ts";
import { LIFECYCLE_STAGES, PROPERTIES, type Properties, type PropertyName } from "./settings.ts";

/**
 * What is known of a contact before anything is written. `unread`: nobody asked, because all items are proved and none
 * moves a stage. `unknown`: the CRM's answer did not say, so a claim may write nothing.
 */
export type KnownContact =
  | { status: "absent" }
  | { status: "present"; values: Properties }
  | { status: "unread" }
  | { status: "unknown" };

/** What to write, and for each item whether it had any right to say something. */
export interface Folded {
  write: Properties;
  admitted: boolean[];
}

/**
 * Fold items over a contact. A proved item overwrites, but never moves the lifecycle stage back, nor takes another legal
 * basis away, which somebody has chosen in the CRM. An item that is only a
 * claim creates a contact that does not exist; in one that exists it fills what is empty, except `doorstep_profile`,
 * which would make it look like the creator; and where this very profile created the contact, it may also keep the
 * `doorstep_*` properties up to date and move the stage forward.
 * @param items of one address, in the order of their events
 */
export function foldClaims(known: KnownContact, items: readonly HubspotBody[]): Folded {
  const before: Properties = known.status === "present" ? known.values : {};
  const now: Properties = { ...before };
  let exists = known.status !== "absent";
  const admitted = items.map((item) => {
    if (item.verified) overwrite(now, item);
    else if (!exists) Object.assign(now, item.properties);
    else if (known.status === "unknown" || known.status === "unread") return false;
    else return claim(now, item);
    exists = true;
    return true;
  });
  const write: Properties = {};
  for (const name of PROPERTIES) {
    const value = now[name];
    if (value !== undefined && value !== (before[name] ?? (known.status === "present" ? "" : undefined))) {
      write[name] = value;
    }
  }
  return { write, admitted };
}

function overwrite(now: Properties, item: HubspotBody): void {
  for (const [name, value] of entries(item)) {
    if (name === "lifecyclestage" && isBack(now.lifecyclestage, value)) continue;
    if (name === "hs_legal_basis" && now.hs_legal_basis) continue;
    now[name] = value;
  }
}

function claim(now: Properties, item: HubspotBody): boolean {
  const own =
    now.doorstep_profile !== undefined &&
    now.doorstep_profile !== "" &&
    now.doorstep_profile === item.profile;
  let changed = false;
  for (const [name, value] of entries(item)) {
    const isEmpty = now[name] === undefined || now[name] === "";
    const mayFill = isEmpty && name !== "doorstep_profile";
    const mayRenew =
      own &&
      (name.startsWith("doorstep_") || (name === "lifecyclestage" && isForward(now.lifecyclestage, value)));
    if ((mayFill || mayRenew) && value !== (now[name] ?? "")) {
      now[name] = value;
      changed = true;
    }
  }
  return own || changed;
}

function entries(item: HubspotBody): [PropertyName, string][] {
  return PROPERTIES.flatMap((name): [PropertyName, string][] => {
    const value = item.properties[name];
    return value === undefined ? [] : [[name, value]];
  });
}

const ORDER: readonly string[] = LIFECYCLE_STAGES;
const rank = (stage: string | undefined): number => ORDER.indexOf(stage ?? "");

/** A portal's own stage has no rank: nothing is known to be before or after it. */
const isForward = (from: string | undefined, to: string): boolean => rank(from) >= 0 && rank(to) > rank(from);
const isBack = (from: string | undefined, to: string): boolean => rank(to) >= 0 && rank(to) < rank(from);
