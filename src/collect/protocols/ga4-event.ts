/**
 * What GA4's two protocols have in common once they are read: an event of GA4's vocabulary, and what of it is context.
 * ga4-tag.ts and ga4-measurement.ts make these, ga4-mapping.ts says which contract they are.
 */
import { asText, defined } from "../shape.ts";

export type Fields = Readonly<Record<string, unknown>>;

export interface Ga4Event {
  name: string;
  /** The event's own parameters by GA4's names. Of a tag all are texts, but for those that it says are numbers. */
  params: Fields;
  /** Products, by the names of GA4's item parameters. */
  items: readonly Fields[];
}

/** Parameters that say where and when, not what. They become context, or nothing. */
const CIRCUMSTANCES = new Set([
  "page_location",
  "page_title",
  "page_referrer",
  "language",
  "screen_resolution",
  "session_id",
  "session_number",
  "ga_session_id",
  "ga_session_number",
  "engagement_time_msec",
  "debug_mode",
  "timestamp_micros",
  "items",
]);

/** The parameters that say what happened. */
export const ownParams = (params: Fields): Record<string, unknown> =>
  Object.fromEntries(Object.entries(params).filter(([name]) => !CIRCUMSTANCES.has(name)));

/** GA4's page parameters as our context. @param library what sent it */
export const contextOf = (params: Fields, library: string): Record<string, unknown> =>
  defined({
    page: defined({
      url: cut(params.page_location, 4096),
      title: cut(params.page_title, 512),
      referrer: cut(params.page_referrer, 4096),
    }),
    locale: cut(params.language, 35),
    library: { name: library },
  });

/** A text for people, as long as its field is. */
export const cut = (value: unknown, max: number): string | undefined => asText(value)?.slice(0, max);
