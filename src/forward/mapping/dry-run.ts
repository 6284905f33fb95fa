/**
 * What a draft of a destination makes of recent events, beside what the published one makes of them. Each event goes the
 * way that it would go: routing with its consent and minimisation, the type's map, the mappings. Nothing is sent. Called by
 * routes.ts; pure.
 *
 * Not known of a recent event, and so not shown: its traits (stand-ins.ts) and its features, which have no value here.
 */
import type { DestinationDefinition } from "#contracts/definitions/destination";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { acceptedEventSchema } from "#contracts/messages/event_envelope";
import { IDENTITY_STATES } from "#contracts/taxonomy";
import type { MapResult } from "../destinations/contract.ts";
import { destinationType } from "../destinations/registry.ts";
import { mapItem } from "../map-item.ts";
import { routeEvent } from "../route.ts";
import { readDestinationSettings, type SecretOf } from "../secrets.ts";
import type { RecentEvent } from "./recent.ts";
import { naming, STAND_IN_TRAITS, withoutPersons } from "./stand-ins.ts";

export interface TriedEvent {
  event_id: string;
  name: string;
  received_at: string;
  /** Null: there is no published one. */
  before: MapResult<unknown> | null;
  after: MapResult<unknown>;
  /** Paths in the body; empty where one of them has none. */
  changed: string[];
}

export interface DryRun {
  key: string;
  /** Undefined: it is not published. */
  published: DestinationDefinition | undefined;
  draft: DestinationDefinition;
  document: ReleaseDocument;
  secretOf: SecretOf;
  /** Whether pseudonyms may be shown. */
  personal: boolean;
}

const MAX_CHANGED = 100;
const STAND_INS = JSON.stringify(STAND_IN_TRAITS);

/** Try a draft on events. One that cannot be read is left out. */
export async function dryRun(events: readonly RecentEvent[], given: DryRun): Promise<TriedEvent[]> {
  const { published, draft } = given;
  const before = published && tryOf(published, given);
  const after = tryOf(draft, given);
  const tried = await Promise.all(
    events.map(async (recent): Promise<TriedEvent | undefined> => {
      const { id, name, receivedAt } = recent.event;
      const results = [before ? await before(recent) : null, await after(recent)] as const;
      if (results[1] === undefined) return undefined;
      return {
        event_id: id,
        name,
        received_at: new Date(receivedAt).toISOString(),
        before: results[0] ?? null,
        after: results[1],
        changed:
          results[0]?.status === "mapped" && results[1].status === "mapped"
            ? changes(results[0].body, results[1].body, "").slice(0, MAX_CHANGED)
            : [],
      };
    }),
  );
  return tried.filter((one) => one !== undefined);
}

type Try = (recent: RecentEvent) => Promise<MapResult<unknown> | undefined>;

function tryOf(definition: DestinationDefinition, { key, document, secretOf, personal }: DryRun): Try {
  const type = destinationType(definition.type);
  const secrets: string[] = [];
  const read =
    type &&
    readDestinationSettings(type, definition.settings, (name) => {
      const secret = secretOf(name);
      if (secret !== undefined) secrets.push(secret);
      return secret;
    });
  const code = read?.ok === false ? read.code : `unknown_type:${definition.type}`;
  const name = naming(secrets);
  const alone = { ...document, destinations: { [key]: definition } };
  return async (recent) => {
    const routed = await routedAs(recent, alone);
    if (!routed) return undefined;
    const [item] = routed.items;
    if (!item) return { status: "skipped", reason: routed.routed[key] ?? "not_routed" };
    if (!type || !read?.ok) return { status: "failed", code };
    const event = personal ? item.item.event : withoutPersons(item.item.event);
    const context = { type, settings: read.settings, definition, unseal: async () => STAND_INS };
    const result = await mapItem({ ...item.item, event }, context);
    return name(result) as MapResult<unknown>; // the same, with other texts
  };
}

/** By the consent that the event came with: nothing is sent, so that who has withdrawn since is not asked. */
function routedAs({ event, ingest }: RecentEvent, document: ReleaseDocument) {
  const parsed = acceptedEventSchema.safeParse({ ...event, identifiers: [], removed: [] });
  if (!parsed.success) return undefined;
  const identityState = IDENTITY_STATES.find((state) => state === ingest?.identityState) ?? "anonymous";
  return routeEvent({
    event: parsed.data,
    source: event.source,
    receivedAt: event.receivedAt,
    profile: event.profile ?? "<none>",
    identityState,
    segments: ingest?.segments ?? [],
    features: { analytics: {}, marketing: {}, personalization: {} },
    document,
    verified: identityState === "authenticated",
    subjects: [],
    currentGranted: parsed.data.consent.granted,
    sealTraits: async () => "stand-ins",
  });
}

/** Paths of what is not the same, down to the single value, or to what is there on one side alone. */
function changes(before: unknown, after: unknown, path: string): string[] {
  if (!isObject(before) || !isObject(after)) return before === after ? [] : [path];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) =>
    changes(before[name], after[name], path === "" ? name : `${path}.${name}`),
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
