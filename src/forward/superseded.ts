/**
 * Changes of profiles that are out of date before they leave. Each part of a change says all that a destination has to
 * know of it, so a part that a later change has told, or tells in the same batch, is left out; a change of which nothing
 * is left is skipped. So a retry that is late never takes a CRM back to what was. Pure; called by deliver.ts.
 */
import type { DeliveryEvent, DeliveryItem } from "#contracts/messages/delivery_envelope";
import { PROFILE_CHANGE, type ProfileChange, profileChangeSchema } from "#contracts/messages/profile_change";

/** Id of an item → parts of its change that the destination has been told of since. */
export type ToldSince = ReadonlyMap<string, readonly string[]>;

/** Of each item its event, without what is out of date; undefined: nothing of it is left. In the items' order. */
export function withoutSuperseded(
  items: readonly Pick<DeliveryItem, "id" | "event">[],
  told: ToldSince,
): (DeliveryEvent | undefined)[] {
  const changes = items.map(({ event }) => changeOf(event));
  /** Profile and part → the newest version in this batch. */
  const newest = new Map<string, number>();
  const place = (profile: string, part: string) => JSON.stringify([profile, part]);
  for (const [n, change] of changes.entries()) {
    for (const part of change?.changed ?? []) {
      const key = place(items[n]?.event.profile ?? "", part);
      newest.set(key, Math.max(newest.get(key) ?? 0, change?.version ?? 0));
    }
  }
  return items.map(({ id, event }, n) => {
    const change = changes[n];
    if (!change) return event;
    const since = told.get(id) ?? [];
    const left = change.changed.filter(
      (part) => !since.includes(part) && (newest.get(place(event.profile, part)) ?? 0) <= change.version,
    );
    if (left.length === change.changed.length) return event;
    return left.length === 0 ? undefined : { ...event, properties: narrowed(event, left) };
  });
}

/** The changes among some items. */
export const changesAmong = (items: readonly DeliveryItem[]): DeliveryItem[] =>
  items.filter(({ event }) => event.name === PROFILE_CHANGE);

function changeOf({ name, properties }: DeliveryEvent): ProfileChange | undefined {
  return name === PROFILE_CHANGE ? profileChangeSchema.safeParse(properties).data : undefined;
}

/** The change's fields of these parts alone; traits are named by `changed`, and their values travel with the item. */
function narrowed({ properties }: DeliveryEvent, parts: readonly string[]): DeliveryEvent["properties"] {
  const kept = Object.entries(properties).filter(
    ([name]) => !["segments", "stage", "score"].includes(name) || parts.includes(name),
  );
  return { ...Object.fromEntries(kept), changed: [...parts] };
}
