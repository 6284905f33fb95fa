/**
 * The Measurement Protocol's validation server: `POST /debug/mp/collect` takes nothing in and says what is wrong, in the
 * shape that Google's has. Besides Google's rules it knows our contracts.
 * Source: https://developers.google.com/analytics/devguides/collection/protocol/ga4/validating-events
 */
import { EVENT_CONTRACTS, isEventName } from "#contracts/registry";
import { Problem } from "#core/problem";
import { parseJson } from "#door/body";
import { issuesOf } from "../issues.ts";
import { asNumber, asRecord, asText } from "../shape.ts";
import type { Fields } from "./ga4-event.ts";
import { nameAndProperties } from "./ga4-mapping.ts";
import { MAX_EVENTS, MAX_PARAMS } from "./ga4-measurement.ts";

type Code =
  | "VALUE_INVALID"
  | "VALUE_REQUIRED"
  | "NAME_INVALID"
  | "NAME_RESERVED"
  | "VALUE_OUT_OF_BOUNDS"
  | "EXCEEDED_MAX_ENTITIES";

export interface ValidationMessage {
  fieldPath: string;
  description: string;
  validationCode: Code;
}

const NAME = /^[A-Za-z]\w{0,39}$/;
const RESERVED_PREFIX = /^(_|ga_|google_|firebase_|gtag\.)/;
/** Names that GA4 keeps for what it collects itself. `screen_view` and `user_engagement` apps send all the same. */
const RESERVED = new Set(
  `ad_activeview ad_click ad_exposure ad_query ad_reward adunit_exposure app_clear_data app_exception app_install
  app_remove app_store_refund app_update app_upgrade dynamic_link_app_open dynamic_link_app_update
  dynamic_link_first_open error firebase_campaign firebase_in_app_message_action firebase_in_app_message_dismiss
  firebase_in_app_message_impression first_open first_visit in_app_purchase notification_dismiss
  notification_foreground notification_open notification_receive os_update session_start`.split(/\s+/),
);
/** Characters of a parameter's value; the page's may be longer. */
const MAX_VALUE = 100;
const MAX_VALUES: Record<string, number> = { page_location: 1_000, page_referrer: 420, page_title: 300 };
/** More than these are not listed. */
const MAX_MESSAGES = 100;

/** What is wrong with a request, in its order; nothing if it would be taken in whole. */
export function validate(text: string): ValidationMessage[] {
  const messages: ValidationMessage[] = [];
  const say = (fieldPath: string, validationCode: Code, description: string) => {
    if (messages.length < MAX_MESSAGES) messages.push({ fieldPath, description, validationCode });
  };
  const body = bodyOf(text);
  if (!body) {
    say("", "VALUE_INVALID", "The body is not a JSON object.");
    return messages;
  }
  if (!asText(body.client_id) && !asText(body.app_instance_id) && !asText(body.user_id))
    say("client_id", "VALUE_REQUIRED", "One of client_id, app_instance_id and user_id is required.");
  timestamp(body.timestamp_micros, "timestamp_micros", say);
  properties(body.user_properties, say);
  consent(body.consent, say);
  if (!Array.isArray(body.events)) {
    say("events", "VALUE_REQUIRED", "A list of events is required.");
    return messages;
  }
  if (body.events.length > MAX_EVENTS)
    say("events", "EXCEEDED_MAX_ENTITIES", `There are ${body.events.length} events; ${MAX_EVENTS} may be.`);
  for (const [index, item] of body.events.slice(0, MAX_EVENTS).entries())
    event(asRecord(item) ?? {}, index, say);
  return messages;
}

type Say = (fieldPath: string, code: Code, description: string) => void;

function bodyOf(text: string): Fields | undefined {
  try {
    return asRecord(parseJson(text));
  } catch (error) {
    if (error instanceof Problem) return undefined; // which is just what the caller says
    throw error;
  }
}

function event(record: Fields, index: number, say: Say): void {
  const path = `events[${index}]`;
  const name = asText(record.name) ?? "";
  if (name === "") {
    say(`${path}.name`, "VALUE_REQUIRED", "A name is required.");
    return;
  }
  if (RESERVED.has(name) || RESERVED_PREFIX.test(name))
    say(`${path}.name`, "NAME_RESERVED", "The name is one that GA4 keeps for itself.");
  else if (!NAME.test(name))
    say(`${path}.name`, "NAME_INVALID", "A name is a letter and then letters, digits and _, at most 40.");
  timestamp(record.timestamp_micros, `${path}.timestamp_micros`, say);
  const params = asRecord(record.params) ?? {};
  parameters(params, `${path}.params`, say);
  const items = Array.isArray(params.items) ? params.items.map((item) => asRecord(item) ?? {}) : [];
  contract(nameAndProperties({ name, params, items }), path, say);
}

/** What our own contract of the event says. */
function contract(mapped: ReturnType<typeof nameAndProperties>, path: string, say: Say): void {
  if (!mapped) return;
  if (!isEventName(mapped.name)) {
    say(
      path,
      "NAME_INVALID",
      "Doorstep has no contract of this name: the event goes by the source's policy.",
    );
    return;
  }
  const checked = EVENT_CONTRACTS[mapped.name].properties.safeParse(mapped.properties);
  if (checked.success) return;
  for (const { path: field, message } of issuesOf(checked.error))
    say(path, "VALUE_INVALID", `Contract ${mapped.name}, ${field || "properties"}: ${message}`);
}

function parameters(params: Fields, path: string, say: Say): void {
  const names = Object.keys(params);
  if (names.length > MAX_PARAMS)
    say(path, "EXCEEDED_MAX_ENTITIES", `There are ${names.length} parameters; ${MAX_PARAMS} may be.`);
  for (const name of names.slice(0, MAX_PARAMS)) {
    const shown = `${path}.${name.slice(0, 40)}`;
    if (RESERVED_PREFIX.test(name) && name !== "ga_session_id" && name !== "ga_session_number")
      say(shown, "NAME_RESERVED", "The prefix is one that GA4 keeps for itself.");
    else if (!NAME.test(name)) say(shown, "NAME_INVALID", "A name has at most 40 letters, digits and _.");
    const max = Object.hasOwn(MAX_VALUES, name) ? (MAX_VALUES[name] ?? MAX_VALUE) : MAX_VALUE;
    if ((asText(params[name])?.length ?? 0) > max)
      say(shown, "VALUE_OUT_OF_BOUNDS", `The value is longer than ${max} characters.`);
  }
}

function properties(given: unknown, say: Say): void {
  if (given === undefined) return;
  const known = asRecord(given);
  if (!known) {
    say("user_properties", "VALUE_INVALID", "User properties are an object.");
    return;
  }
  const names = Object.keys(known);
  if (names.length > 25)
    say("user_properties", "EXCEEDED_MAX_ENTITIES", `There are ${names.length}; 25 may be.`);
  for (const name of names.slice(0, 25)) {
    const path = `user_properties.${name.slice(0, 24)}`;
    if (RESERVED_PREFIX.test(name))
      say(path, "NAME_RESERVED", "The prefix is one that GA4 keeps for itself.");
    else if (!/^[A-Za-z]\w{0,23}$/.test(name))
      say(path, "NAME_INVALID", "A name has at most 24 letters, digits and _.");
    if ((asText(asRecord(known[name])?.value)?.length ?? 0) > 36)
      say(path, "VALUE_OUT_OF_BOUNDS", "The value is longer than 36 characters.");
  }
}

function consent(given: unknown, say: Say): void {
  if (given === undefined) return;
  const known = asRecord(given);
  if (!known) {
    say("consent", "VALUE_INVALID", "Consent is an object.");
    return;
  }
  for (const type of ["ad_user_data", "ad_personalization"]) {
    const value = known[type];
    if (value !== undefined && value !== "GRANTED" && value !== "DENIED")
      say(`consent.${type}`, "VALUE_INVALID", "A type of consent is GRANTED or DENIED.");
  }
}

function timestamp(value: unknown, path: string, say: Say): void {
  if (value !== undefined && asNumber(value) === undefined)
    say(path, "VALUE_INVALID", "A time is microseconds since 1970.");
}
