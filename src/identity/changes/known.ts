/** What a planned change asks of the graph: whether a change can be about an identifier, and what its profile is. Pure. */
import { Problem } from "#core/problem";
import { isBrowser, isScoped, namesDevice, namesPerson, namespaceOf } from "../graph.ts";
import type { IdentityRules } from "../rules.ts";
import type { Known } from "./asked.ts";

/** The identifier that names a profile best: a person's by the rules' priority, else a device's, else what there is. */
export function bestNamed(keys: readonly string[], rules: IdentityRules): string {
  const rank = (key: string): number => {
    if (isScoped(key)) return 4_000;
    const place = rules.priority.indexOf(namespaceOf(key));
    if (namesPerson(key)) return place < 0 ? 1_000 : place;
    if (namesDevice(key)) return isBrowser(key) ? 2_000 : 2_001;
    return 3_000;
  };
  const [best = ""] = [...keys].sort((x, y) => rank(x) - rank(y) || (x < y ? -1 : 1));
  return best;
}

/** Whether a change can be about it. */
export function requireKnown(key: string, { graph }: Known): void {
  const row = graph.rows.get(key);
  if (!row) throw new Problem(404, "unknown_identifier", "No identifier of this key is known.");
  if (row.suppressed)
    throw new Problem(409, "suppressed", "An identifier of it was erased: nothing can be done with it.");
}

/** Members of an identifier's profile; itself alone, where it is in none. */
export const membersOf = (key: string, { rootOf, members }: Known["parts"]): string[] =>
  members.get(rootOf.get(key) ?? key) ?? [key];
