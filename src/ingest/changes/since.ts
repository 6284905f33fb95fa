/**
 * What a destination has been told of profiles since some changes were queued: of each change the parts that a later one
 * has told anew. Asked by delivery (src/forward/superseded.ts), wired by src/background.ts.
 */
import type { DeliveryItem } from "#contracts/messages/delivery_envelope";
import { profileChangeSchema } from "#contracts/messages/profile_change";
import type { ToldSince } from "#forward/superseded";
import type { IdentityShards } from "#identity/shards";
import { readTold } from "./store.ts";

/** @param items changes of profiles, for one destination; the first of an item's subjects is whom it is kept under */
export async function toldSince(
  identity: IdentityShards,
  destination: string,
  items: readonly Pick<DeliveryItem, "id" | "subjects" | "event">[],
): Promise<ToldSince> {
  const rows = await readTold(
    identity,
    items.flatMap(({ subjects }) => subjects.slice(0, 1)),
  );
  const told = new Map(
    rows.filter((row) => row.destination === destination).map((row) => [row.subject, row.told.at]),
  );
  return new Map(
    items.map(({ id, subjects, event }) => {
      const { version = 0, changed = [] } = profileChangeSchema.safeParse(event.properties).data ?? {};
      const at = told.get(subjects[0] ?? "") ?? {};
      return [id, changed.filter((part) => (at[part] ?? 0) > version)];
    }),
  );
}
