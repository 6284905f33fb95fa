/**
 * One event as the body of a request to GA4: what events.ts makes of it, and what all events share. No personal trait,
 * and no identifier but a derived client id, ever leaves by this file.
 * https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference
 */
import type { Traits } from "#contracts/event";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import { fnv1a32 } from "#core/fnv";
import { type GoogleConsent, googleConsent } from "../consent-fields.ts";
import type { MapResult } from "../contract.ts";
import { defined, record, text } from "../read.ts";
import { ga4Event } from "./events.ts";
import { fitParams, type Param, type Params } from "./limits.ts";

/** One event and what its request must say; only events that agree on all but `event` share a request. */
export interface Ga4Body {
  client_id: string;
  consent: GoogleConsent;
  /** Country only; the request comes from the Worker, whose address says nothing. */
  user_location?: { country_id: string };
  device?: { category?: string; language?: string };
  event: { name: string; timestamp_micros: number; params: Params };
}

/** Map one event. Traits are not looked at. */
export function mapGa4(event: DeliveryEvent, _traits: Traits): MapResult<Ga4Body> {
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
