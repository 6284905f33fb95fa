/**
 * Identifiers besides the user's and the anonymous id, as senders write them: a record by namespace, in Doorstep's own
 * protocol; `context.externalIds`, in Segment's calls. Whether there is such a namespace, and whether the value names
 * anybody, is decided in identify.ts.
 */
import { asId, asRecord, asText } from "../shape.ts";
import type { NamedIdentifier } from "./protocol.ts";
import type { Fields } from "./segment-fields.ts";

/** Values that are longer are none; identify.ts measures them as it does all others. */
const MAX_CHARS = 32_768;

/** @param raw `{"login_id": "ida", "person-loyalty_card": "4512"}`; what is no record names nobody */
export function recordedIdentifiers(raw: unknown): NamedIdentifier[] | undefined {
  const record = asRecord(raw);
  if (!record) return undefined;
  const found: NamedIdentifier[] = [];
  for (const namespace in record) add(found, namespace, record[namespace]);
  return found;
}

/**
 * Of a call: a phone's id, the browser's own where an alias names another, and external ids
 * (https://segment.com/docs/unify/identity-resolution/externalids/; RudderStack's clients leave out the s).
 */
export function segmentIdentifiers(
  context: Fields,
  anonymousId: string | undefined,
  other: string | undefined,
): NamedIdentifier[] | undefined {
  const device = asId(asRecord(context.device)?.id, MAX_CHARS);
  const external = context.externalIds ?? context.externalId;
  const isOther = other !== undefined && other !== anonymousId;
  if (device === undefined && !isOther && !Array.isArray(external)) return undefined;
  const found: NamedIdentifier[] = [];
  if (device !== undefined) found.push({ namespace: "device_id", value: device });
  if (isOther) found.push({ namespace: "anonymous_id", value: other });
  if (Array.isArray(external)) for (const one of external) addExternal(found, asRecord(one));
  return found;
}

/** An account's is nobody's own, and what is encoded is another value than the one that others send. */
function addExternal(found: NamedIdentifier[], external: Fields | undefined): void {
  if (!external) return;
  const { type, id, collection, encoding } = external;
  if (collection !== undefined && collection !== null && collection !== "users") return;
  if (encoding !== undefined && encoding !== null && encoding !== "none") return;
  add(found, asText(type) ?? "", id);
}

function add(found: NamedIdentifier[], namespace: string, value: unknown): void {
  if (value === undefined || value === null || value === "") return;
  found.push({ namespace, value: asId(value, MAX_CHARS) ?? "" });
}
