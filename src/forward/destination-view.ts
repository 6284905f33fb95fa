/**
 * One destination as the console's own page of it shows it: how it is doing, what it takes, its limits, its settings with
 * secrets as names alone, and its figures by minute and hour. Called by routes.ts.
 */
import type { DestinationDefinition } from "#contracts/definitions/destination";
import { DAY_MS } from "#core/clock";
import { type Destination, type DestinationStatus, destinationObject } from "./destination-object.ts";
import type { FormField } from "./destinations/form.ts";
import { readForm } from "./destinations/forms.ts";
import { destinationType } from "./destinations/registry.ts";
import { type Bucket, type Summary, summarise } from "./metrics.ts";
import { secretName } from "./secrets.ts";
import { listParked } from "./store.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Parked objects are counted up to this many; each holds the items of one batch. */
const PARKED_COUNTED = 100;

export interface ViewContext {
  bucket: R2Bucket;
  destinations: DurableObjectNamespace<Destination>;
  assets: Fetcher;
}

/** What the list of destinations has of each, too. */
export interface ListedDestination
  extends Pick<DestinationDefinition, "type" | "queue" | "purposes" | "events" | "enabled"> {
  key: string;
  title: string;
  /** How a person is deleted there, or why they cannot be. */
  erasure: string;
  status: DestinationStatus;
  /** Items that wait in R2; `more`: there are others that were not counted. */
  parked: { items: number; more: boolean };
}

/** What became of items in one minute or hour. `at`: its start, epoch ms. */
export type Point = Pick<Bucket, "at" | "delivered" | "failed" | "retry"> &
  Pick<Summary, "lagP95Seconds" | "latencyMeanMs">;

export interface ShownDestination extends ListedDestination {
  bots: boolean;
  /** It takes only events of which a condition holds. */
  conditional: boolean;
  ordered: boolean;
  changes: DestinationDefinition["changes"] | null;
  /** How many. */
  mappings: number;
  deduplicates: boolean;
  /** Those that hold: of the type, or of the release where it says less. */
  limits: { requestsPerSecond: number; concurrency: number; perRequest: number } | null;
  settings: ShownSetting[];
  /** Of the last 60 seconds. */
  lastMinute: Summary;
  /** Of the last hour, oldest first, without those in which nothing happened. */
  minutes: Point[];
  /** Of the last day. */
  hours: Point[];
}

/** One setting: what its type says of it, and its value in the release. Of a secret the name is shown alone. */
export type ShownSetting = FormField & ({ value?: unknown } | { secret: string } | { hidden: true });

/** As it stands in the list. @param now epoch ms */
export async function listed(
  key: string,
  { type, queue, purposes, events, enabled }: DestinationDefinition,
  { bucket, destinations }: Omit<ViewContext, "assets">,
  now: number,
): Promise<ListedDestination> {
  const [status, parked] = await Promise.all([
    destinationObject(destinations, key).status(now),
    listParked(bucket, key, PARKED_COUNTED),
  ]);
  const described = destinationType(type);
  const erasure = described?.erasure ?? "Nobody knows this type any more, so nothing can be deleted there.";
  const count = { items: parked.objects.reduce((sum, { items }) => sum + items, 0), more: parked.more };
  const title = described?.title ?? type;
  return { key, type, title, queue, purposes, events, enabled, erasure, status, parked: count };
}

/** The whole of it. @param now epoch ms */
export async function shown(
  key: string,
  definition: DestinationDefinition,
  context: ViewContext,
  now: number,
): Promise<ShownDestination> {
  const type = destinationType(definition.type);
  const [list, history, form] = await Promise.all([
    listed(key, definition, context, now),
    destinationObject(context.destinations, key).history(),
    type ? readForm(context.assets, definition.type) : [],
  ]);
  const { bots, when, ordered, changes, mappings, limits, settings } = definition;
  const known = new Map(form.map((field) => [field.name, field]));
  // What the form does not know is shown, too: a release may be older than the code.
  for (const name of Object.keys(settings))
    if (!known.has(name))
      known.set(name, { name, title: name, description: "", kind: "text", required: false });
  return {
    ...list,
    ...{ bots, conditional: when !== undefined, ordered, mappings: mappings.length },
    changes: changes ?? null,
    deduplicates: type?.deduplicates ?? false,
    limits: type
      ? {
          requestsPerSecond: Math.min(type.limits.requestsPerSecond, limits.requestsPerSecond ?? Infinity),
          concurrency: Math.min(type.limits.concurrency, limits.concurrency ?? Infinity),
          perRequest: type.limits.perRequest,
        }
      : null,
    settings: [...known.values()].map((field) => ({
      ...field,
      ...asShown(settings[field.name], type?.credentials.includes(field.name) ?? false),
    })),
    lastMinute: summarise(history.minutes, now - MINUTE_MS),
    minutes: pointsOf(history.minutes, now - HOUR_MS),
    hours: pointsOf(history.hours, now - DAY_MS),
  };
}

function asShown(value: unknown, isCredential: boolean): object {
  if (value === undefined) return {};
  const secret = secretName(value);
  if (secret !== undefined) return { secret };
  // Publishing refuses one in the clear; releases of before may have it.
  return isCredential ? { hidden: true } : { value };
}

const pointsOf = (buckets: readonly Bucket[], since: number): Point[] =>
  buckets
    .filter(({ at }) => at > since)
    .map((bucket) => {
      const { lagP95Seconds, latencyMeanMs } = summarise([bucket], 0);
      const { at, delivered, failed, retry } = bucket;
      return {
        ...{ at, delivered, failed, retry },
        ...(lagP95Seconds !== undefined && { lagP95Seconds }),
        ...(latencyMeanMs !== undefined && { latencyMeanMs }),
      };
    });
