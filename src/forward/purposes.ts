/** Which purposes an event needs to be granted to leave for a destination. Called by route.ts and deliver.ts. */
import type { DestinationDefinition } from "#contracts/definitions/destination";
import type { Purpose } from "#contracts/taxonomy";
import type { DestinationType } from "./destinations/contract.ts";

/** The definition's, and those that its type needs: a release may be older than that rule. */
export function purposesOf(
  { purposes }: DestinationDefinition,
  type: DestinationType | undefined,
): readonly Purpose[] {
  const needed = type?.needs.filter((purpose) => !purposes.includes(purpose)) ?? [];
  return needed.length > 0 ? [...purposes, ...needed] : purposes;
}
