/**
 * A claim is not a proof: what items may change in a contact, and how what is proved is written. All items of one address
 * are folded, in the order of their events, over what the CRM already knows, and only the difference is written. Pure, so
 * that the rules are tested without HubSpot.
 */
import type { HubspotBody } from "./map.ts";
import { modeOf, type Properties, written } from "./properties.ts";

/**
 * What is known of a contact before anything is written. `unread`: nobody asked, because all items are proved and
 * written over whatever is there. `unknown`: the CRM's answer did not say, so a claim may write nothing.
 */
export type KnownContact =
  | { status: "absent" }
  | { status: "present"; values: Properties }
  | { status: "unread" }
  | { status: "unknown" };

/** `written`: it had a right to say something. `own`: and it is proved, or of the profile that made the contact. */
export type Admission = "own" | "written" | "claim_not_proven";

/** What to write, and what became of each item. */
export interface Folded {
  write: Properties;
  admitted: Admission[];
}

/**
 * Fold items over a contact. A proved item overwrites, as far as the mode of a property lets it: the lifecycle stage never
 * moves back, and a legal basis that somebody has chosen in the CRM stays. An item that is only a claim creates a contact
 * that does not exist; in one that exists it fills what is empty, except `doorstep_profile`, which would make it look like
 * the creator; and where this very profile created the contact, it may also keep the `doorstep_*` properties up to date
 * and move the stage forward.
 * @param items of one address, in the order of their events
 */
export function foldClaims(known: KnownContact, items: readonly HubspotBody[]): Folded {
  const before: Properties = known.status === "present" ? known.values : {};
  const now: Record<string, string> = { ...before };
  let exists = known.status !== "absent";
  const admitted = items.map((item): Admission => {
    const mayWrite = item.verified || !exists;
    if (!mayWrite && (known.status === "unknown" || known.status === "unread")) return "claim_not_proven";
    if (!mayWrite) return claim(now, item);
    for (const [name, value] of Object.entries(item.properties))
      now[name] = written(modeOf(name, item.modes), name, now[name] ?? "", value);
    exists = true;
    return "own";
  });
  const write: Record<string, string> = {};
  for (const [name, value] of Object.entries(now))
    if (value !== (before[name] ?? (known.status === "present" ? "" : undefined))) write[name] = value;
  return { write, admitted };
}

function claim(now: Record<string, string>, item: HubspotBody): Admission {
  const isOwn = now.doorstep_profile !== undefined && now.doorstep_profile === item.profile;
  let changed = false;
  for (const [name, value] of Object.entries(item.properties)) {
    const is = now[name] ?? "";
    const mayFill = is === "" && name !== "doorstep_profile";
    // Whatever a mapping says: a claim moves a stage forward only.
    const mayMove = isOwn && name === "lifecyclestage";
    const mayRenew = isOwn && name.startsWith("doorstep_");
    if (!mayFill && !mayMove && !mayRenew) continue;
    const mode = mayFill ? "overwrite" : mayMove ? "never_backward" : modeOf(name, item.modes);
    const made = written(mode, name, is, value);
    if (made === is) continue;
    now[name] = made;
    changed = true;
  }
  return isOwn ? "own" : changed ? "written" : "claim_not_proven";
}
