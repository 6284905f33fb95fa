/**
 * Mending a dead letter by hand: its event's properties are changed, checked by the contract and cut to what the
 * destination may have, so that an edit can mend a value and never widen what leaves. Pure; called by routes.ts.
 */
import { minimise, minimiseRules } from "#consent/minimise";
import type { DestinationDefinition } from "#contracts/definitions/destination";
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { DeliveryItem } from "#contracts/messages/delivery_envelope";
import { EVENT_CONTRACTS, isEventName } from "#contracts/registry";

export type Edited =
  | { ok: true; item: DeliveryItem; removed: string[] }
  | { ok: false; issues: { path: string; message: string }[] };

/** @param properties the event's new properties, whole */
export function editItem(
  item: DeliveryItem,
  properties: Record<string, unknown>,
  definition: DestinationDefinition,
  document: ReleaseDocument,
): Edited {
  const { name } = item.event;
  if (!isEventName(name))
    return { ok: false, issues: [{ path: "properties", message: `"${name}" has no contract to check by` }] };
  const contract = EVENT_CONTRACTS[name];
  const parsed = contract.properties.safeParse(properties);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => ({
      path: ["properties", ...path].join("."),
      message,
    }));
    return { ok: false, issues };
  }
  const purposes = item.purposes ?? definition.purposes;
  const given = { version: contract.version, properties: { ...parsed.data }, context: {} };
  const cut = minimise(name, given, {}, purposes, minimiseRules(document.policy));
  const removed = cut.removed.map(({ path }) => path);
  return { ok: true, item: { ...item, event: { ...item.event, properties: cut.properties } }, removed };
}
