/**
 * Events of the lake as items for one destination, as ingest would route them today: by the profile that they belong to
 * now, the consent that still holds, and the traits that are known by now. An event's personal traits are not in the lake;
 * the profile's golden ones go with it where the destination may have them. Called by run.ts.
 */

import { stillGranted, whyNot } from "#consent/still-granted";
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { Traits } from "#contracts/event";
import type { DeliveryItem } from "#contracts/messages/delivery_envelope";
import type { ConsentLookup } from "#forward/recheck";
import { type RoutedEvent, routeEvent } from "#forward/route";
import { traitRules } from "#identity/golden/choose";
import { goldenTraits } from "#identity/golden/record";
import { subjectKeys } from "#identity/golden/subject-keys";
import { isProvenPerson, rootOf } from "#identity/graph";
import { readClosed } from "#identity/read";
import { identityRules } from "#identity/rules";
import type { IdentityShards } from "#identity/shards";
import type { LakeEvent } from "#lake/read-hour";
import { sealIngress } from "#privacy/ingress";
import type { Keyring } from "#privacy/keys";
import type { Place } from "#privacy/seal";
import type { Cuts } from "#segments/rfm";
import { type ProfileNow, profileNow } from "../profiles.ts";
import { contributors, NO_FEATURES, visitorOf } from "../route.ts";

export interface BackfillContext {
  identity: IdentityShards;
  keys: Keyring;
  /** The release, with the one destination. */
  document: ReleaseDocument;
  /** Of its RFM features. */
  cuts?: Cuts;
  currentConsent: ConsentLookup;
  /** Epoch ms. */
  now: number;
}

export interface Backfilled {
  items: DeliveryItem[];
  /** By reason. */
  skipped: Record<string, number>;
}

/** @param destination its key in the release */
export async function backfillItems(
  events: readonly LakeEvent[],
  destination: string,
  context: BackfillContext,
): Promise<Backfilled> {
  const { identity, keys, document, cuts, currentConsent, now } = context;
  const named = [...new Set(events.flatMap(({ subject }) => subject ?? []))];
  const graph = await readClosed(identity, named, identityRules(document));
  const current = await currentConsent([...new Set([...named, ...named.map(claimedIn)])].filter(Boolean));
  const subjects = subjectKeys(graph.subjectKeys);
  const rules = traitRules(document);
  const profiles = new Map<string, ProfileNow>();
  const profileOf = (subject: string): ProfileNow => {
    const row = graph.rows.get(subject);
    const root = row ? rootOf(row) : subject;
    let profile = profiles.get(root);
    if (!profile) {
      const partition = { members: new Map([[root, [...(row?.members ?? [subject])]]]) };
      const { rows, lists } = graph;
      profile = profileNow(root, { rows, before: rows, partition, lists, cuts }, document, now);
      profiles.set(root, profile);
    }
    return profile;
  };
  const result: Backfilled = { items: [], skipped: {} };
  const skip = (reason: string) => {
    result.skipped[reason] = (result.skipped[reason] ?? 0) + 1;
  };
  for (const landed of events) {
    const { subject = "", source, receivedAt } = landed;
    const event = landed as LakeEvent & RoutedEvent; // the lake has what ingest landed of an accepted event
    const known = [subject, claimedIn(subject)].flatMap((key) => current.get(key) ?? []);
    const granted = stillGranted(event.consent, known, now);
    if (granted.length === 0) {
      skip(whyNot(event.consent, known, now));
      continue;
    }
    const profile = profileOf(subject);
    const isBot = event.context.bot === true;
    const verified = isProvenPerson(subject);
    const traits: Traits = isBot
      ? {}
      : await goldenTraits(profile.members, keys, subjects, { rules, provenOnly: verified, granted });
    const text = Object.keys(traits).length > 0 ? JSON.stringify(traits) : undefined;
    const { items, routed } = await routeEvent({
      event,
      source,
      receivedAt,
      profile: subject.startsWith("visitor_id:") && !subject.includes("|") ? subject : visitorOf(profile),
      identityState: profile.state,
      segments: isBot ? [] : Object.values(profile.segments).flat(),
      features: isBot ? NO_FEATURES : profile.features,
      document,
      verified,
      // Of a claim also who is claimed, as when it came.
      subjects: [
        ...new Set([
          ...[subject, claimedIn(subject)].filter(Boolean),
          ...(text ? contributors(profile) : []),
        ]),
      ],
      currentGranted: granted,
      ...(text !== undefined && {
        sealTraits: (place: Place) => sealIngress(keys.ingress, text, place, now),
      }),
    });
    const [routedItem] = items;
    if (routedItem) result.items.push({ ...routedItem.item, via: "backfill" });
    else skip(routed[destination] ?? "not_routed");
  }
  return result;
}

/** Whom a browser's claim is about, of the row that is kept apart for it; else empty. */
const claimedIn = (subject: string): string => subject.split("|")[1] ?? "";
