/**
 * What a mapping may read of an event: which paths exist in its contract, and which of them reach a destination with these
 * purposes at all. Pure; used by check.ts at publish.
 */
import type * as z from "zod";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { contextSchema, traitsSchema } from "#contracts/event";
import type { EventContract } from "#contracts/events/contract";
import { deliveryEventSchema } from "#contracts/messages/delivery_envelope";
import { enrichedContextSchema } from "#contracts/messages/event_envelope";
import { PROFILE_CHANGE, profileChangeSchema } from "#contracts/messages/profile_change";
import { EVENT_CONTRACTS, isEventName } from "#contracts/registry";
import type { Purpose } from "#contracts/taxonomy";
import type { DestinationType } from "../destinations/contract.ts";
import { mayShow } from "../route.ts";
import { atPath, ruleOf, type Schemas, within } from "./schema.ts";

/** What paths are read in. */
export interface Readable {
  event: string;
  type: DestinationType;
  purposes: readonly Purpose[];
  features: ReleaseDocument["features"];
  /** What `item` is, within `each`. */
  item?: Schemas;
}

/** What may be at a path, or why nothing can be. */
export type Read = { found: Schemas } | { problem: string };

const shape = deliveryEventSchema.shape;
/** The event's own fields, as scope.ts names them. */
const OWN: Readonly<Record<string, z.ZodType>> = {
  id: shape.id,
  name: shape.name,
  occurred_at: shape.occurredAt,
  received_at: shape.receivedAt,
  source: shape.source,
  profile: shape.profile,
  identity_state: shape.identityState,
  verified: shape.verified,
  segments: shape.segments,
  consent: shape.consent,
};
export const ROOTS = [...Object.keys(OWN), "features", "properties", "context", "traits"];

/** What the door adds to the context, where it does not serve every purpose: `fields` of route.ts. */
const OF_THE_DOOR: Readonly<Record<string, readonly Purpose[]>> = {
  session: ["analytics", "personalization"],
  ip: ["analytics", "marketing"],
};

/** Look a path up. */
export function readPath(path: string, readable: Readable): Read {
  const [root = "", ...rest] = path.split(".");
  const { event, purposes } = readable;
  switch (root) {
    case "item":
      return readable.item
        ? present(atPath(readable.item, rest), path, event)
        : { problem: "`item` is only within `each`" };
    case "features":
      return feature(rest, readable);
    case "traits":
      return whyNoTraits(readable) ?? allowed([traitsSchema()], rest, path, readable);
    case "context": {
      const [part = ""] = rest;
      const serves = Object.hasOwn(OF_THE_DOOR, part) ? OF_THE_DOOR[part] : undefined;
      if (serves && !serves.some((purpose) => purposes.includes(purpose))) return neverArrives(path, serves);
      return allowed([contextSchema(), enrichedContextSchema], rest, path, readable);
    }
    case "properties":
      return allowed(propertiesOf(event), rest, path, readable);
    default: {
      const own = Object.hasOwn(OWN, root) ? OWN[root] : undefined;
      return own
        ? present(atPath([own], rest), path, event)
        : { problem: `there is no "${root}": a path begins with one of ${ROOTS.join(", ")}` };
    }
  }
}

/** Of all versions: an event may have been accepted before the newest was deployed. */
function propertiesOf(event: string): Schemas {
  if (event === PROFILE_CHANGE) return [profileChangeSchema];
  if (!isEventName(event)) return [];
  const { properties, previous = [] }: EventContract = EVENT_CONTRACTS[event];
  return [properties, ...previous.map((one) => one.properties)];
}

/** Down a path of a contract: something must be there, and one of the destination's purposes let it through. */
function allowed(
  roots: Schemas,
  names: readonly string[],
  path: string,
  { purposes, event }: Readable,
): Read {
  let found = roots;
  for (const name of names) {
    found = within(found, name);
    const rules = found.map(ruleOf);
    const isOpen = rules.some((rule) => !rule || rule.purposes.some((purpose) => purposes.includes(purpose)));
    const serves = rules.flatMap((rule) => rule?.purposes ?? []);
    if (found.length > 0 && !isOpen) return neverArrives(path, [...new Set(serves)]);
  }
  return present(found, path, event);
}

const present = (found: Schemas, path: string, event: string): Read =>
  found.length > 0 ? { found } : { problem: `there is no "${path}" in ${event}` };

const neverArrives = (path: string, serves: readonly Purpose[]): Read => ({
  problem: `"${path}" never arrives here: it serves ${serves.join(", ") || "no purpose"} alone, which is not among the destination's purposes`,
});

function whyNoTraits({ type, purposes }: Readable): { problem: string } | undefined {
  if (!type.needsPersonal)
    return { problem: `traits never arrive: the type "${type.name}" takes no personal data` };
  return purposes.includes("marketing")
    ? undefined
    : {
        problem:
          'traits never arrive: they serve "marketing" alone, which is not among the destination\'s purposes',
      };
}

function feature([key, ...rest]: readonly string[], { features, purposes, event }: Readable): Read {
  const feature = key !== undefined && Object.hasOwn(features, key) ? features[key] : undefined;
  const parts = feature && partsIn(feature);
  // An affinity's parts have the names that its values have; an RFM's are known.
  const isThere =
    rest.length === 0 || (rest.length === 1 && parts !== undefined && (parts[rest[0] ?? ""] ?? parts["*"]));
  if (!feature || !isThere)
    return {
      problem:
        key === undefined ? "names no feature" : `the release has no feature "${[key, ...rest].join(".")}"`,
    };
  if (!mayShow(features, key ?? "", purposes))
    return {
      problem: `the feature "${key}" never arrives here: what it reads serves none of the destination's purposes`,
    };
  const isNumber = rest.length > 0 ? isThere === "number" : isNumeric(feature);
  return present(
    isNumber ? [shape.receivedAt] : atPath([shape.features], [key ?? ""]),
    `features.${[key, ...rest].join(".")}`,
    event,
  );
}

type Feature = ReleaseDocument["features"][string];

function partsIn(feature: Feature): Readonly<Record<string, "number" | "text">> | undefined {
  if ("affinity" in feature) return { "*": "number" };
  return "rfm" in feature
    ? { recency: "number", frequency: "number", monetary: "number", code: "text" }
    : undefined;
}

function isNumeric(feature: Feature): boolean {
  if ("agg" in feature) return !["first", "last", "top"].includes(feature.agg);
  return "ratio" in feature || "score" in feature;
}
