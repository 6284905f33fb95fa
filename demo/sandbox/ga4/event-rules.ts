/**
 * The documented limits of one GA4 event: its name, its parameters, and what e-commerce events need.
 * `rules.ts` calls this for every event of a request.
 */
import { z } from "zod";
import {
  ITEM_PARAMS,
  LIMITS,
  LONGER_VALUES,
  NAME_PATTERN,
  REQUIRED_PARAMS,
  RESERVED_EVENTS,
  RESERVED_PARAMS,
  RESERVED_PREFIXES,
} from "./names.ts";
import type { MpEvent, ValidationMessage } from "./schemas.ts";

const itemList = z.array(z.record(z.string(), z.unknown()));

/** Everything that is wrong with one event; `path` is where it stands in the request. */
export function eventMessages(event: MpEvent, path: string): ValidationMessage[] {
  const params = Object.entries(event.params);
  return [
    ...nameMessages(event.name, `${path}.name`, RESERVED_EVENTS, "event"),
    ...(params.length > LIMITS.params
      ? [
          message(
            `${path}.params`,
            "EXCEEDED_MAX_ENTITIES",
            `An event can have at most 25 parameters; this one has ${params.length}.`,
          ),
        ]
      : []),
    ...params.flatMap(([name, value]) =>
      name === "items"
        ? itemMessages(value, `${path}.params.items`)
        : [
            ...nameMessages(name, `${path}.params.${name}`, RESERVED_PARAMS, "parameter"),
            ...valueMessages(value, `${path}.params.${name}`, LONGER_VALUES[name] ?? LIMITS.valueLength),
          ],
    ),
    ...commerceMessages(event, path),
  ];
}

function commerceMessages(event: MpEvent, path: string): ValidationMessage[] {
  const { params } = event;
  const messages = (REQUIRED_PARAMS[event.name] ?? [])
    .filter((name) => params[name] === undefined || params[name] === "")
    .map((name) => message(`${path}.params.${name}`, "VALUE_REQUIRED", `${event.name} requires ${name}.`));
  if (params.value !== undefined && typeof params.value !== "number") {
    messages.push(message(`${path}.params.value`, "VALUE_INVALID", "value is a number."));
  }
  if (params.value !== undefined && params.currency === undefined && event.name !== "purchase") {
    messages.push(
      message(`${path}.params.currency`, "VALUE_REQUIRED", "currency is required where value is set."),
    );
  }
  if (params.currency !== undefined && !/^[A-Z]{3}$/.test(String(params.currency))) {
    messages.push(
      message(`${path}.params.currency`, "VALUE_INVALID", "currency has three letters, by ISO 4217."),
    );
  }
  return messages;
}

function itemMessages(value: unknown, path: string): ValidationMessage[] {
  const items = itemList.safeParse(value);
  if (!items.success) return [message(path, "VALUE_INVALID", "items is an array of objects.")];
  if (items.data.length === 0) return [message(path, "VALUE_REQUIRED", "items must not be empty.")];
  const messages = items.data.flatMap((item, position) => {
    const at = `${path}[${position}]`;
    const custom = Object.keys(item).filter((name) => !ITEM_PARAMS.has(name));
    return [
      ...(item.item_id || item.item_name
        ? []
        : [message(at, "VALUE_REQUIRED", "An item requires item_id or item_name.")]),
      ...(custom.length > LIMITS.customItemParams
        ? [message(at, "EXCEEDED_MAX_ENTITIES", "An item can have at most 10 custom parameters.")]
        : []),
      ...Object.entries(item).flatMap(([name, itemValue]) => [
        ...nameMessages(name, `${at}.${name}`, RESERVED_PARAMS, "parameter"),
        ...valueMessages(itemValue, `${at}.${name}`, LIMITS.valueLength),
      ]),
    ];
  });
  return items.data.length > LIMITS.items
    ? [message(path, "EXCEEDED_MAX_ENTITIES", "At most 200 items."), ...messages]
    : messages;
}

function nameMessages(name: string, path: string, reserved: Set<string>, what: string): ValidationMessage[] {
  if (reserved.has(name) || RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix))) {
    return [message(path, "NAME_RESERVED", `The ${what} name ${name} is reserved.`)];
  }
  if (name.length > LIMITS.nameLength)
    return [message(path, "NAME_INVALID", `The ${what} name is longer than 40 characters.`)];
  if (!NAME_PATTERN.test(name)) {
    return [
      message(
        path,
        "NAME_INVALID",
        `The ${what} name ${name} must start with a letter and hold letters, digits and underscores.`,
      ),
    ];
  }
  return [];
}

function valueMessages(value: unknown, path: string, maxLength: number): ValidationMessage[] {
  if (typeof value === "string" && value.length > maxLength) {
    return [message(path, "VALUE_OUT_OF_BOUNDS", `The value is longer than ${maxLength} characters.`)];
  }
  if (typeof value === "object")
    return [message(path, "VALUE_INVALID", "A parameter value is a string or a number.")];
  return [];
}

function message(
  fieldPath: string,
  validationCode: ValidationMessage["validationCode"],
  description: string,
): ValidationMessage {
  return { fieldPath, validationCode, description };
}
