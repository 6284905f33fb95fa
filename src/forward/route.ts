/**
 * Which destinations an event goes to, as what, and why not to the others. Called by ingest for each event; the plan of
 * a release is compiled once. A destination sees the fields that its own purposes allow, and so does its condition.
 */
import * as z from "zod";
import { type MinimiseRules, minimise, minimiseRules } from "#consent/minimise";
import { narrowTo } from "#consent/still-granted";
import type { DestinationDefinition } from "#contracts/definitions/destination";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { type FieldRule, fieldRule } from "#contracts/fields";
import type { DeliveryEvent, DeliveryItem } from "#contracts/messages/delivery_envelope";
import type { AcceptedEvent } from "#contracts/messages/event_envelope";
import { EVENT_CONTRACTS, isEventName } from "#contracts/registry";
import type { IdentityState, Purpose } from "#contracts/taxonomy";
import { compileCondition, type Predicate } from "#core/condition";
import type { Place } from "#privacy/seal";
import { readsOf } from "#segments/reads";
import { destinationType } from "./destinations/registry.ts";
import { deliveryPlace, itemIdOf } from "./item-id.ts";
import { purposesOf } from "./purposes.ts";

/** What routing looks at of an event: as the door accepted it, or as the lake has it. */
export type RoutedEvent = Pick<
  AcceptedEvent,
  "id" | "name" | "version" | "occurredAt" | "properties" | "context" | "consent"
>;

export interface RouteInput {
  event: RoutedEvent;
  source: string;
  /** Epoch ms. */
  receivedAt: number;
  profile: string;
  identityState: IdentityState;
  /** Keys of the segments the profile is in; their purposes are read from the release. */
  segments: readonly string[];
  /** Values of the release's features by key, for each purpose: folded only from events that granted it. */
  features: Readonly<Record<Purpose, Readonly<Record<string, unknown>>>>;
  document: ReleaseDocument;
  /** Whether the traits are proved to be this person's. */
  verified: boolean;
  /** Identifier keys whose consent and suppression are read again before the item leaves; first, whose facts it is. */
  subjects: readonly string[];
  /** What the ledger grants now; the event's own consent still limits it. */
  currentGranted: readonly Purpose[];
  /** Seals the event's personal traits for a place; called only for destinations that may have them. */
  sealTraits?: (place: Place) => Promise<string | undefined>;
}

export interface Routed {
  items: { destination: string; queue: DestinationDefinition["queue"]; item: DeliveryItem }[];
  /** Per destination `queued`, or the reason why the event does not go there. */
  routed: Record<string, string>;
}

/** A destination of a release, compiled. */
export interface Plan {
  key: string;
  definition: DestinationDefinition;
  /** What has to be granted: the definition's purposes, and those that its type needs. */
  needs: readonly Purpose[];
  events: ReadonlySet<string>;
  when: Predicate | undefined;
  segments: ReadonlySet<string>;
  features: ReadonlySet<string>;
  takesTraits: boolean;
}

const plans = new WeakMap<ReleaseDocument, Plan[]>();

/** Whether some destination takes events of this name from bots, too. */
export const isForBots = (document: ReleaseDocument, eventName: string): boolean =>
  planOf(document).some(
    ({ definition, events }) =>
      definition.bots && definition.enabled && (events.size === 0 || events.has(eventName)),
  );

/** Route one event over all destinations of the release. */
export async function routeEvent(input: RouteInput): Promise<Routed> {
  const granted = input.event.consent.granted.filter((purpose) => input.currentGranted.includes(purpose));
  const result: Routed = { items: [], routed: {} };
  for (const plan of planOf(input.document)) {
    const seen = view(plan, input, granted);
    result.routed[plan.key] = typeof seen === "string" ? seen : "queued";
    if (typeof seen === "string") continue;
    const id = await itemIdOf(input.event.id, plan.key, input.subjects[0] ?? "");
    const sealed = plan.takesTraits ? await input.sealTraits?.(deliveryPlace(id)) : undefined;
    const event: DeliveryEvent = sealed === undefined ? seen : { ...seen, sealed };
    const { purposes } = plan.definition;
    const item = { id, attempt: 1, subjects: [...input.subjects], purposes: [...purposes], event };
    result.items.push({ destination: plan.key, queue: plan.definition.queue, item });
  }
  return result;
}

/** The event as the destination may see it, or why it may not. */
function view(plan: Plan, input: RouteInput, granted: Purpose[]): DeliveryEvent | string {
  const { event } = input;
  const { purposes, enabled, bots } = plan.definition;
  if (!enabled) return "disabled";
  if (plan.events.size > 0 && !plan.events.has(event.name)) return "event_not_listed";
  if (event.context.bot && !bots) return "bot";
  const missing = plan.needs.find((purpose) => !granted.includes(purpose));
  if (missing) return `no_consent:${missing}`;

  const seen: DeliveryEvent = {
    id: event.id,
    name: event.name,
    occurredAt: event.occurredAt,
    ...fields(event, purposes, minimiseRules(input.document.policy)),
    consent: narrowTo(event.consent, granted),
    source: input.source,
    receivedAt: input.receivedAt,
    profile: input.profile,
    identityState: input.identityState,
    segments: input.segments.filter((key) => plan.segments.has(key)),
    features: Object.fromEntries(
      purposes.flatMap((purpose) =>
        Object.entries(input.features[purpose]).filter(([key]) => plan.features.has(key)),
      ),
    ),
    verified: input.verified,
  };
  return plan.when && !plan.when(attributes(seen)) ? "condition" : seen;
}

/** Properties and context, cut down to the fields whose rule serves one of these purposes. */
function fields(
  event: RoutedEvent,
  purposes: readonly Purpose[],
  rules: MinimiseRules,
): Pick<DeliveryEvent, "properties" | "context"> {
  if (!isEventName(event.name)) return { properties: {}, context: {} };
  const { device, geo, session, referrer, bot, agent, flags, ip, ...client } = event.context;
  const { version, properties } = event;
  const cut = minimise(event.name, { version, properties, context: client }, {}, purposes, rules);
  // What the door itself adds is coarse already. Most of it is technical, or serves any purpose (the referrer's class).
  const serves = (...some: Purpose[]) => some.some((purpose) => purposes.includes(purpose));
  const context = {
    ...cut.context,
    ...(device && { device }),
    ...(geo && { geo }),
    ...(session && serves("analytics", "personalization") && { session }),
    ...(referrer && { referrer }),
    ...(bot && { bot }),
    ...(agent && { agent }),
    ...(flags && { flags }),
    ...(ip && serves("analytics", "marketing") && { ip }),
  };
  return { properties: cut.properties, context };
}

/** What a destination's `when` is asked about. */
export const attributes = (
  event: Omit<
    DeliveryEvent,
    "id" | "occurredAt" | "consent" | "receivedAt" | "profile" | "sealed" | "verified"
  >,
): Record<string, unknown> => ({
  ...event.features,
  event: event.name,
  source: event.source,
  identity_state: event.identityState,
  segments: event.segments,
  properties: event.properties,
  context: event.context,
  country: event.context.geo?.country ?? null,
});

/** The destinations of a release, compiled once. Also asked for changes of profiles. */
export function planOf(document: ReleaseDocument): Plan[] {
  let plan = plans.get(document);
  if (!plan) {
    plan = Object.entries(document.destinations).map(([key, definition]) =>
      compile(key, definition, document),
    );
    plans.set(document, plan);
  }
  return plan;
}

function compile(key: string, definition: DestinationDefinition, document: ReleaseDocument): Plan {
  const type = destinationType(definition.type);
  const serves = (purpose: Purpose) => definition.purposes.includes(purpose);
  const keysOf = <T>(all: Record<string, T>, admits: (one: T) => boolean) =>
    new Set(Object.keys(all).filter((name) => admits(all[name] as T))); // the names are its own keys
  return {
    key,
    definition,
    needs: purposesOf(definition, type),
    events: new Set(definition.events),
    when: definition.when && compileCondition(definition.when),
    segments: keysOf(document.segments, (segment) => serves(segment.purpose)),
    features: new Set(
      Object.keys(document.features).filter((name) => mayShow(document.features, name, definition.purposes)),
    ),
    takesTraits: (type?.needsPersonal ?? false) && serves("marketing"),
  };
}

/**
 * Whether a feature may be shown: as each field may that it reads, by itself or through what it is made of. A count shows
 * that events happened.
 */
export const mayShow = (
  features: ReleaseDocument["features"],
  name: string,
  purposes: readonly Purpose[],
): boolean =>
  readsOf(features, name).every(({ event, field }) => {
    if (field === undefined) return true;
    if (!isEventName(event)) return false;
    const rule = ruleAt(EVENT_CONTRACTS[event].properties, field.split("."));
    return rule?.purposes.some((purpose) => purposes.includes(purpose)) ?? false;
  });

/** The rule of the field at a path, through optional fields, arrays and records; undefined where there is none. */
function ruleAt(schema: z.ZodType, path: readonly string[]): FieldRule | undefined {
  if (schema instanceof z.ZodOptional) return fieldRule(schema) ?? ruleAt(schema.unwrap() as z.ZodType, path);
  if (schema instanceof z.ZodArray) return fieldRule(schema) ?? ruleAt(schema.element as z.ZodType, path);
  const [name, ...rest] = path;
  if (name === undefined) return fieldRule(schema);
  if (schema instanceof z.ZodRecord) return ruleAt(schema.valueType as z.ZodType, rest);
  if (!(schema instanceof z.ZodObject) || !Object.hasOwn(schema.shape, name)) return undefined;
  return ruleAt(schema.shape[name] as z.ZodType, rest); // every field of a shape is a schema
}
