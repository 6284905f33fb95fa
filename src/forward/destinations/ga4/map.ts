/**
 * One event as the body of a request to GA4: what events.ts makes of it, and what all events share. No personal trait,
 * and no identifier but derived ids, ever leaves by this file.
 * https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference
 */
import * as z from "zod";
import type { Traits } from "#contracts/event";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import { fnv1a32 } from "#core/fnv";
import { googleConsent } from "../consent-fields.ts";
import type { MapResult } from "../contract.ts";
import { defined, record, text } from "../read.ts";
import { ga4Event } from "./events.ts";
import { fitParams, type Param } from "./limits.ts";
import { isReserved } from "./names.ts";
import type { Ga4Settings } from "./settings.ts";

const param = z.union([z.string(), z.number()]);
const said = z.enum(["GRANTED", "DENIED"]);

/** One event and what its request must say; only events that agree on all but `event` share a request. */
export const ga4Body = z.strictObject({
  client_id: z.string(),
  user_id: z.string().max(256).exactOptional(),
  consent: z.strictObject({ ad_user_data: said, ad_personalization: said }),
  /** Country only; the request comes from the Worker, whose address says nothing. */
  user_location: z.strictObject({ country_id: z.string().length(2) }).exactOptional(),
  device: z
    .strictObject({ category: z.string().exactOptional(), language: z.string().exactOptional() })
    .exactOptional(),
  event: z.strictObject({
    name: z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,39}$/),
    timestamp_micros: z.int(),
    params: z.record(z.string(), z.union([param, z.array(z.record(z.string(), param))])),
  }),
});
export type Ga4Body = z.infer<typeof ga4Body>;

/** Map one event. Traits are not looked at. */
export function mapGa4(
  event: DeliveryEvent,
  _traits: Traits,
  { user_id }: Pick<Ga4Settings, "user_id">,
): MapResult<Ga4Body> {
  const own = ga4Event(event.name, event.properties);
  if ("skipped" in own) return { status: "skipped", reason: own.skipped };
  const { name, params } = own;
  const country = text(event.context.geo?.country);
  const category = event.context.device?.type;
  const device = defined({
    category: category === "other" ? undefined : category,
    language: text(event.context.locale)?.toLowerCase(),
  });
  return {
    status: "mapped",
    body: {
      client_id: clientIdOf(event.profile),
      ...(user_id && event.identityState === "authenticated" && { user_id: userIdOf(event.profile) }),
      consent: googleConsent(event.consent),
      ...(country && { user_location: { country_id: country } }),
      ...(Object.keys(device).length > 0 && { device }),
      event: {
        name,
        // GA4 takes the past only, and a sender's clock may run ahead.
        timestamp_micros: Math.min(event.occurredAt, event.receivedAt) * 1000,
        params: fitParams({
          ...sessionParams(event),
          ...pageParams(event),
          ...params,
          ...experimentParams(event),
        }),
      },
    },
  };
}

/** A body that a mapping has changed, within GA4's limits; a name that GA4 keeps for itself it would drop without a word. */
export function fitGa4(body: Ga4Body): MapResult<Ga4Body> {
  const { event } = body;
  if (isReserved(event.name)) return { status: "skipped", reason: "reserved_name" };
  return { status: "mapped", body: { ...body, event: { ...event, params: fitParams(event.params) } } };
}

/** Of a person who is known: 32 hex digits, the same for the same profile and never its key. */
export const userIdOf = (profile: string): string =>
  [0, 1, 2, 3].map((n) => fnv1a32(`ga4-user:${n}:${profile}`).toString(16).padStart(8, "0")).join("");

/** GA4's form of a client id, `digits.digits`, the same for the same profile and never its key. */
export const clientIdOf = (profile: string): string => `${fnv1a32(profile)}.${fnv1a32(`ga4:${profile}`)}`;

/**
 * Without a session id and an engagement time an event shows in no report. GA4's session ids are digits: the second in
 * which the session began. An event without a session (a server's) gets the half hour that it fell into. The engagement
 * time of a single event is not known, so it is the least that counts as activity.
 */
function sessionParams(event: DeliveryEvent): Record<string, Param | undefined> {
  const { session } = event.context;
  const startedAt = session?.startedAt ?? Math.floor(event.occurredAt / 1_800_000) * 1_800_000;
  return {
    session_id: String(Math.floor(startedAt / 1000)),
    session_number: session?.number,
    engagement_time_msec: 1,
  };
}

function pageParams(event: DeliveryEvent): Record<string, Param | undefined> {
  const page = record(event.context.page);
  return { page_location: text(page.url), page_title: text(page.title), page_referrer: text(page.referrer) };
}

const experimentParams = (event: DeliveryEvent): Record<string, Param | undefined> => ({
  experiment_id: text(event.context.experiment_id),
  variation_id: text(event.context.variation_id),
});
