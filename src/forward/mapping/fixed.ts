/**
 * What no mapping may change: whose the event is, what was agreed to, what is proved, and by what a repetition is told.
 * Those who write a release do not decide on these. Named as the bodies of the destinations name them; asked at publish
 * (check.ts), and held for each event (apply.ts), since a field may be set by the object around it, too.
 */
import { at } from "./place.ts";

const FIXED = [
  ...["consent", "opt_out", "data_processing_options", "verified", "modes"],
  ...["data_processing_options_country", "data_processing_options_state"],
  ...["profile", "key", "email", "client_id", "user_id", "distinct_id", "event_id", "uuid", "version"],
  // Of PostHog, which reads them of whom an event is, and of whom else.
  ...["token", "distinct_id", "$anon_distinct_id", "$process_person_profile"].map(
    (name) => `properties.${name}`,
  ),
  "properties.hs_legal_basis",
  // Of a webhook.
  ...["consent", "vendor_consent", "traits_verified", "profile", "event_id"].map((name) => `data.${name}`),
];
const PATHS = FIXED.map((path) => path.split("."));

/** Whether a path is one of them, or lies within one. */
export const isFixed = (path: string): boolean =>
  FIXED.some((fixed) => path === fixed || path.startsWith(`${fixed}.`));

/** The first of them that is another in `after` than in `before`. Bodies share what is untouched, so that this is cheap. */
export const changedFixed = (before: unknown, after: unknown): string | undefined =>
  PATHS.find((path) => at(before, path) !== at(after, path))?.join(".");
