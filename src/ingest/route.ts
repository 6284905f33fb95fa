/** Which destinations a batch's events go to: asks src/forward/route.ts for each event that took effect. */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { Traits } from "#contracts/event";
import type { DeliveryEnvelope } from "#contracts/messages/delivery_envelope";
import type { Receipt } from "#contracts/messages/receipt";
import { oversizeReceipts, packItems } from "#forward/envelope";
import { type Routed, routeEvent } from "#forward/route";
import { traitRules } from "#identity/golden/choose";
import { goldenTraits } from "#identity/golden/record";
import type { SubjectKeys } from "#identity/golden/subject-keys";
import { isScoped } from "#identity/graph";
import { sealIngress } from "#privacy/ingress";
import type { Keyring } from "#privacy/keys";
import type { Place } from "#privacy/seal";
import { goesOn, type IngestEvent, isBot } from "./batch.ts";
import type { ProfileNow } from "./profiles.ts";

export interface Deliveries {
  items: Routed["items"];
  /** Per event: destination → `queued`, or why not. */
  routed: Map<IngestEvent, Record<string, string>>;
}

/** Route every event that goes on; duplicates and what was withdrawn go nowhere. A bot is in no segment. */
export async function routeBatch(
  items: readonly IngestEvent[],
  profileOf: (item: IngestEvent) => ProfileNow | undefined,
  given: { document: ReleaseDocument; keys: Keyring; subjects: SubjectKeys },
): Promise<Deliveries> {
  const { document, keys, subjects } = given;
  const result: Deliveries = { items: [], routed: new Map() };
  const golden = new Map<string, Traits>();
  const rules = traitRules(document);
  for (const item of items) {
    const profile = profileOf(item);
    if (!goesOn(item) || !profile) continue;
    const { verified, keys: named } = item.resolution;
    const { granted } = item;
    const wanted = `${verified} ${granted.join()} ${profile.root}`;
    let traits = golden.get(wanted);
    if (!traits) {
      traits = await goldenTraits(profile.members, keys, subjects, { rules, provenOnly: verified, granted });
      golden.set(wanted, traits);
    }
    const sealed = Object.keys(traits).length > 0 ? JSON.stringify(traits) : undefined;
    const { items: routed, routed: why } = await routeEvent({
      event: item.event,
      source: item.source,
      receivedAt: item.receivedAt,
      profile: stableId(item, profile),
      identityState: profile.state,
      segments: isBot(item) ? [] : Object.values(profile.segments).flat(),
      features: isBot(item) ? NO_FEATURES : profile.features,
      document,
      verified,
      subjects: [...new Set([...named, ...(sealed ? contributors(profile) : [])])],
      currentGranted: granted,
      ...(sealed !== undefined && {
        sealTraits: (place: Place) => sealIngress(keys.ingress, sealed, place, item.receivedAt),
      }),
    });
    result.items.push(...routed);
    result.routed.set(item, why);
  }
  return result;
}

export const NO_FEATURES: ProfileNow["features"] = { analytics: {}, marketing: {}, personalization: {} };

/** Whose data the golden traits are: the rows that hold them, and the persons that these rows claim to be. */
export const contributors = (profile: Pick<ProfileNow, "members">): string[] =>
  profile.members.flatMap(({ key, sealed }) => {
    if (sealed === null) return [];
    const claimed = key.split("|")[1];
    return claimed === undefined ? [key] : [key, claimed];
  });

/**
 * What a vendor knows the profile by. The visitor id where there is one: a profile's root may change when identifiers
 * join it, and a vendor would take that for another person.
 */
function stableId(item: IngestEvent, profile: ProfileNow): string {
  const own = item.event.identifiers.find((i) => i.proof === "cookie")?.key;
  return own ?? visitorOf(profile);
}

/** The visitor id of a profile that has one; else its root. */
export const visitorOf = ({ members, root }: Pick<ProfileNow, "members" | "root">): string =>
  members.find((row) => row.key.startsWith("visitor_id:") && !isScoped(row.key))?.key ?? root;

/** Limits of one `sendBatch`, below the platform's 256 KB. */
const MAX_MESSAGES_PER_SEND = 4;

/**
 * Hand items to their queues, packed per destination.
 * @param batch names the batch: the same batch makes the same envelopes
 * @returns receipts of items that fit no message
 */
export async function sendDeliveries(
  items: Routed["items"],
  queues: Record<"analytics" | "crm", Queue<DeliveryEnvelope>>,
  batch: string,
  at: number,
): Promise<Receipt[]> {
  const receipts: Receipt[] = [];
  const messages: Record<"analytics" | "crm", DeliveryEnvelope[]> = { analytics: [], crm: [] };
  for (const [destination, group] of Map.groupBy(items, (i) => i.destination)) {
    const packed = packItems(
      destination,
      group.map((i) => i.item),
      (n) => `${batch}-${destination}-${n}`,
    );
    receipts.push(...oversizeReceipts(destination, packed.tooLarge, at));
    messages[group[0]?.queue ?? "analytics"].push(...packed.envelopes);
  }
  for (const name of ["analytics", "crm"] as const) {
    for (let i = 0; i < messages[name].length; i += MAX_MESSAGES_PER_SEND) {
      await queues[name].sendBatch(
        messages[name].slice(i, i + MAX_MESSAGES_PER_SEND).map((body) => ({ body })),
      );
    }
  }
  return receipts;
}
