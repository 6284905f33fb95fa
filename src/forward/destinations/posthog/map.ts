/**
 * One event as PostHog's: its own names for pages, screens, persons and groups, ours for the rest, with properties as they
 * are. An anonymous visitor makes no person there. What is only claimed of a person fills what is empty and no more.
 * https://posthog.com/docs/api/capture
 */
import * as z from "zod";
import type { Traits } from "#contracts/event";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import { PROFILE_CHANGE, profileChangeSchema } from "#contracts/messages/profile_change";
import { isEventName } from "#contracts/registry";
import type { MapResult } from "../contract.ts";
import { defined, list, record, text } from "../read.ts";
import { distinctIdOf, sessionUuid } from "./ids.ts";
import type { PosthogSettings } from "./settings.ts";

/** PostHog discards a larger event without a word. https://posthog.com/docs/data/ingestion-warnings */
const EVENT_BYTES = 1_000_000;

export const posthogBody = z.strictObject({
  event: z.string().min(1),
  distinct_id: z.string().min(1).max(200),
  timestamp: z.iso.datetime(),
  properties: z.record(z.string(), z.unknown()),
});
export type PosthogBody = z.infer<typeof posthogBody>;

type Properties = Readonly<Record<string, unknown>>;
/** What is an event's own; `person` is what it says of the person besides the traits. */
type Own =
  | { event: string; properties: Properties; person?: Properties; needsPerson?: boolean }
  | { skipped: string };

export function mapPosthog(
  event: DeliveryEvent,
  traits: Traits,
  settings: PosthogSettings,
): MapResult<PosthogBody> {
  const own = ownOf(event, traits);
  if (!own) return { status: "failed", code: "change_unreadable" };
  if ("skipped" in own) return { status: "skipped", reason: own.skipped };
  const isPerson = settings.person_profiles === "always" || event.identityState !== "anonymous";
  if (own.needsPerson && !isPerson) return { status: "skipped", reason: "anonymous_profile" };
  return fitPosthog({
    event: own.event,
    distinct_id: distinctIdOf(event.profile),
    // One of the future is moved by PostHog, and would then be no repetition of itself.
    timestamp: new Date(Math.min(event.occurredAt, event.receivedAt)).toISOString(),
    properties: {
      ...own.properties,
      ...shared(event),
      ...(isPerson ? personOf(event, traits, own.person) : { $process_person_profile: false }),
    },
  });
}

/** Events by which PostHog makes one person of two, which no mapping may do. */
const MERGES: ReadonlySet<string> = new Set(["$create_alias", "$merge_dangerously"]);

/** An event that PostHog would discard without a word is refused here. */
export function fitPosthog(body: PosthogBody): MapResult<PosthogBody> {
  if (MERGES.has(body.event)) return { status: "failed", code: "event_reserved" };
  return new TextEncoder().encode(JSON.stringify(body)).length > EVENT_BYTES
    ? { status: "failed", code: "too_large" }
    : { status: "mapped", body };
}

function ownOf(event: DeliveryEvent, traits: Traits): Own | undefined {
  const { name, properties: p } = event;
  const { content, ...given } = p;
  const properties = { ...given, ...contentOf(content) };
  switch (name) {
    case "page_view":
      return { event: "$pageview", properties };
    case "screen_view":
      return { event: "$screen", properties: { ...properties, $screen_name: p.screen_name } };
    case "identify":
      return Object.keys(traits).length > 0
        ? { event: "$identify", properties, needsPerson: true }
        : { skipped: "no_traits" };
    case "group":
      return groupOf(event, traits);
    case "custom":
      return customOf(p);
    case PROFILE_CHANGE:
      return changeOf(p);
    default:
      return { event: name, properties };
  }
}

/**
 * A claim names a group and says nothing of it: PostHog would write it over what others have proved, and cannot fill only
 * what is empty of a group. https://posthog.com/docs/product-analytics/group-analytics
 */
function groupOf({ properties, verified }: DeliveryEvent, traits: Traits): Own {
  const { group_id, group_type, ...fields } = properties;
  const $group_set = defined<unknown>({ name: text(traits.company), ...fields });
  return {
    event: "$groupidentify",
    properties: {
      $group_type: text(group_type) ?? "company",
      $group_key: group_id,
      ...(verified && { $group_set }),
    },
  };
}

/** Of an event without a contract. What begins with `$` is PostHog's own; `token` and `distinct_id` are read by it. */
function customOf(p: Properties): Own {
  const event = text(p.event)?.trim();
  if (!event) return { skipped: "no_valid_name" };
  if (event.startsWith("$") || isEventName(event)) return { skipped: "reserved_name" };
  const { token, distinct_id, ...properties } = record(p.fields);
  return { event, properties };
}

/** Undefined where it cannot be read. */
function changeOf(p: Properties): Own | undefined {
  const change = profileChangeSchema.safeParse(p).data;
  if (!change) return undefined;
  const { version, changed, segments, stage, score } = change;
  return {
    event: "$set",
    properties: { doorstep_changed: changed, doorstep_version: version },
    person: defined<unknown>({
      doorstep_segments: segments?.all,
      doorstep_stage: stage?.to,
      doorstep_score: score?.to,
    }),
    needsPerson: true,
  };
}

/** Traits of a person that is proved are set; those of one that is claimed only where there is none. */
function personOf({ verified }: DeliveryEvent, traits: Traits, known: Properties = {}): Properties {
  const { first_name, last_name, ...rest } = traits;
  const given = defined<unknown>({
    ...rest,
    first_name,
    last_name,
    name: [first_name, last_name].filter(Boolean).join(" ") || undefined,
  });
  const set = verified ? { ...given, ...known } : known;
  const once = verified ? {} : given;
  return {
    ...(Object.keys(set).length > 0 && { $set: set }),
    ...(Object.keys(once).length > 0 && { $set_once: once }),
  };
}

/** What all events share, by the names that PostHog's own script gives it. */
function shared(event: DeliveryEvent): Properties {
  const { page, utm, click_ids, device, geo, session, locale, experiment_id, variation_id } = event.context;
  const url = text(record(page).url);
  const at = url === undefined ? undefined : URL.parse(url);
  const referrer = text(record(page).referrer);
  const [, browser, version] = /^(.*?)(?: (\d+))?$/.exec(device?.browser ?? "") ?? [];
  const type = device?.type;
  const campaign = Object.entries(record(utm)).map(([name, value]) => [`utm_${name}`, value]);
  return defined<unknown>({
    ...Object.fromEntries(campaign),
    ...record(click_ids),
    $lib: "doorstep",
    $current_url: url,
    $host: at?.host,
    $pathname: at?.pathname,
    title: text(record(page).title),
    $referrer: referrer,
    $referring_domain: referrer === undefined ? undefined : URL.parse(referrer)?.host,
    $session_id: session && sessionUuid(session.id, session.startedAt),
    $browser: browser || undefined,
    $browser_version: version === undefined ? undefined : Number(version),
    $browser_language: text(locale),
    $os: text(device?.os),
    $device_type: type && type !== "other" ? type.charAt(0).toUpperCase() + type.slice(1) : undefined,
    // The request comes from the Worker, whose address says nothing of the visitor's.
    $geoip_disable: true,
    $geoip_country_code: text(geo?.country),
    $geoip_subdivision_1_code: text(geo?.region),
    experiment_id: text(experiment_id),
    variation_id: text(variation_id),
    doorstep_source: event.source,
    doorstep_segments: event.segments.length > 0 ? event.segments : undefined,
    doorstep_consent: event.consent.granted,
  });
}

function contentOf(value: unknown): Properties {
  const { content_id, content_type, topic, taxonomy, author, publish_date } = record(value);
  return defined<unknown>({
    content_id,
    content_type,
    content_topic: topic,
    content_taxonomy: list(taxonomy).length > 0 ? taxonomy : undefined,
    content_author: author,
    content_publish_date: publish_date,
  });
}
