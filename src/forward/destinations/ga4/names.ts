/**
 * Names of events and parameters that the Measurement Protocol takes, and how a sender's own name becomes one. GA4 answers 2xx to a name
 * that it keeps for itself and drops the event without a word.
 * https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference#reserved_names
 * https://support.google.com/analytics/answer/13316687 (names reserved on web streams). Of those, names that Google's tag
 * collects by itself (`click`, `file_download`, `scroll`, `video_start` …) may be sent, and are.
 */
const RESERVED: ReadonlySet<string> = new Set(
  `ad_activeview ad_click ad_exposure ad_impression ad_query ad_reward adunit_exposure app_background app_clear_data
  app_exception app_install app_remove app_store_refund app_store_subscription_cancel app_store_subscription_convert
  app_store_subscription_renew app_uninstall app_update app_upgrade dynamic_link_app_open dynamic_link_app_update
  dynamic_link_first_open error firebase_campaign firebase_in_app_message_action firebase_in_app_message_dismiss
  firebase_in_app_message_impression first_open first_visit in_app_purchase notification_dismiss
  notification_foreground notification_open notification_receive notification_send os_update screen_view
  session_start session_start_with_rollout user_engagement`.split(/\s+/),
);

const RESERVED_PREFIX = /^(_|firebase_|ga_|google_|gtag\.)/;
const NAME_LENGTH = 40;

/** Whether GA4 keeps this name of an event for itself. */
export const isReserved = (name: string): boolean => RESERVED.has(name) || RESERVED_PREFIX.test(name);

/** Whether a parameter may have this name. */
export const takesParam = (name: string): boolean =>
  name.length <= NAME_LENGTH &&
  /^[A-Za-z][A-Za-z0-9_]*$/.test(name) &&
  !RESERVED_PREFIX.test(name) &&
  name !== "firebase_conversion";

/**
 * A sender's name in snake case, of at most 40 characters: "Košík 2 otvorený" is `kosik_2_otvoreny`, "3D View" is
 * `event_3d_view`. Undefined where no letter and no digit is left of it.
 */
export function eventName(given: string): string | undefined {
  const words = given
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/([a-z]\d*)([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
  if (words.length === 0) return undefined;
  const name = words.join("_");
  return (/^[a-z]/.test(name) ? name : `event_${name}`).slice(0, NAME_LENGTH).replace(/_$/, "");
}
