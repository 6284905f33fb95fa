/**
 * What an item becomes at its destination: its traits are opened, the type's own mapping makes a body, and the release's
 * mappings change it. Called by deliver.ts for each item that may leave.
 */
import type { DestinationDefinition } from "#contracts/definitions/destination";
import { type Traits, traitsSchema } from "#contracts/event";
import type { DeliveryItem } from "#contracts/messages/delivery_envelope";
import { logError } from "#core/log";
import type { Place } from "#privacy/seal";
import type { DestinationType, MapResult } from "./destinations/contract.ts";
import { deliveryPlace } from "./item-id.ts";
import { applyMappings } from "./mapping/apply.ts";

/** What an item is mapped with. */
export interface MapContext {
  type: DestinationType;
  /** As the type's schema has parsed them. */
  settings: unknown;
  definition: Pick<DestinationDefinition, "mappings">;
  /** Opens sealed traits for a place; undefined where they do not open. */
  unseal: (sealed: string, place: Place) => Promise<string | undefined>;
}

/** Map an item. What goes wrong here harms this item alone. */
export async function mapItem(
  item: DeliveryItem,
  { type, settings, definition, unseal }: MapContext,
): Promise<MapResult<unknown>> {
  try {
    const traits = await traitsOf(type, item, unseal);
    if (!traits) return { status: "failed", code: "traits_unreadable" };
    const { event } = item;
    const given = { event, traits, type, settings };
    return applyMappings(definition.mappings, given, type.map(event, traits, settings));
  } catch (error) {
    logError(`mapping for ${type.name} failed`, error);
    return { status: "failed", code: "mapping_error" };
  }
}

async function traitsOf(
  type: DestinationType,
  item: DeliveryItem,
  unseal: MapContext["unseal"],
): Promise<Traits | undefined> {
  if (!type.needsPersonal || item.event.sealed === undefined) return {};
  const plain = await unseal(item.event.sealed, deliveryPlace(item.id));
  if (plain === undefined) return undefined;
  const parsed = traitsSchema().safeParse(jsonOf(plain));
  return parsed.success ? parsed.data : undefined;
}

/** Undefined where it is none: the parser's own error would quote what it could not read. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
