/**
 * Checks one Measurement Protocol request as Google's validation server does. The production endpoint
 * never tells the sender; the sandbox notes these findings beside the record, so that a test can say
 * "GA4 got valid events".
 */

import { eventMessages } from "./event-rules.ts";
import { LIMITS, NAME_PATTERN, RESERVED_PREFIXES, RESERVED_USER_PROPERTIES } from "./names.ts";
import type { MpEvent, ValidationMessage } from "./schemas.ts";
import { mpPayload } from "./schemas.ts";

// A sender's clock may run ahead a little; Google documents only that timestamps are for the past.
const FUTURE_SLACK_MS = 15 * 60_000;

/** Every documented limit that the payload breaks; empty when it is valid. `bodyBytes` is the raw size. */
export function validatePayload(payload: unknown, bodyBytes: number, now: Date): ValidationMessage[] {
  const messages: ValidationMessage[] = [];
  const add = (fieldPath: string, validationCode: ValidationMessage["validationCode"], description: string) =>
    messages.push({ fieldPath, validationCode, description });

  if (bodyBytes >= LIMITS.bodyBytes)
    add("", "VALUE_OUT_OF_BOUNDS", `The post body is ${bodyBytes} bytes; it must be smaller than 130kB.`);
  if (payload === undefined) {
    add("", "VALUE_INVALID", "The post body is not JSON.");
    return messages;
  }
  const parsed = mpPayload.safeParse(payload);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const fieldPath = issue.path.join(".");
      const absent = issue.code === "invalid_type" && valueAt(payload, issue.path) === undefined;
      const empty = issue.code === "too_small";
      add(
        fieldPath,
        absent || empty ? "VALUE_REQUIRED" : "VALUE_INVALID",
        `${fieldPath || "The payload"}: ${issue.message}.`,
      );
    }
    return messages;
  }

  const { events, user_properties: userProperties, timestamp_micros: sentAtMicros } = parsed.data;
  if (events.length > LIMITS.events)
    add(
      "events",
      "EXCEEDED_MAX_ENTITIES",
      `A request can have at most 25 events; this one has ${events.length}.`,
    );
  checkTime(sentAtMicros, "timestamp_micros");
  for (const [position, event] of events.entries()) {
    const path = `events[${position}]`;
    checkTime(event.timestamp_micros ?? microsParam(event), `${path}.timestamp_micros`);
    messages.push(...eventMessages(event, path));
  }

  const properties = Object.entries(userProperties);
  if (properties.length > LIMITS.userProperties)
    add("user_properties", "EXCEEDED_MAX_ENTITIES", "At most 25 user properties.");
  for (const [name, { value }] of properties) {
    const path = `user_properties.${name}`;
    if (RESERVED_USER_PROPERTIES.has(name) || RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix))) {
      add(path, "NAME_RESERVED", `The user property name ${name} is reserved.`);
    } else if (!NAME_PATTERN.test(name) || name.length > LIMITS.userPropertyNameLength) {
      add(
        path,
        "NAME_INVALID",
        `User property names have at most 24 letters, digits and underscores: ${name}.`,
      );
    }
    if (String(value).length > LIMITS.userPropertyValueLength)
      add(path, "VALUE_OUT_OF_BOUNDS", "User property values have at most 36 characters.");
  }
  return messages;

  function checkTime(micros: number | undefined, path: string): void {
    if (micros === undefined) return;
    const ageMs = now.getTime() - micros / 1000;
    if (ageMs > LIMITS.backdatingMs)
      add(path, "VALUE_OUT_OF_BOUNDS", "Events can be backdated up to 72 hours.");
    if (ageMs < -FUTURE_SLACK_MS)
      add(path, "VALUE_INVALID", "timestamp_micros lies in the future; is it in microseconds?");
  }
}

/** What the vendor accepts but what keeps events out of its reports, one line each. */
export function reportingGaps(payload: unknown): string[] {
  const parsed = mpPayload.safeParse(payload);
  if (!parsed.success) return [];
  return parsed.data.events.flatMap((event, position) => {
    const missing = ["session_id", "engagement_time_msec"].filter((name) => event.params[name] === undefined);
    return missing.length > 0 ? [`events[${position}] ${event.name} has no ${missing.join(" and no ")}`] : [];
  });
}

function microsParam(event: MpEvent): number | undefined {
  const value = event.params.timestamp_micros;
  return typeof value === "number" ? value : undefined;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== "object" || current === null) return undefined;
    current = Reflect.get(current, key);
  }
  return current;
}
