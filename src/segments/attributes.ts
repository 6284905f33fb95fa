/**
 * The attributes that a condition reads at the edge: the visitor's features as of now, made of the snapshot and of the
 * session's events since, so that the first page after an event already reflects it; the segments that follow from
 * them; and what the request itself says. Nothing is computed before a condition asks for it. Pure; called by the slots path
 * once per request.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { DeviceType, IdentityState, Purpose } from "#contracts/taxonomy";
import { isIdle, recentEvents, type Session } from "#door/session";
import { type CompiledFeature, compileFeatures } from "./compile.ts";
import { asAttribute, NO_RFM } from "./derived.ts";
import { type EdgeState, edgeValue } from "./edge-values.ts";
import { isHidden, sessionLabel } from "./features.ts";
import { type LazyShape, lazyShape } from "./lazy.ts";
import { compileSegments, forceSegments, segmentsOf } from "./membership.ts";
import type { Cuts } from "./rfm.ts";
import { eventsSince } from "./since.ts";
import type { FeatureValues, SnapshotAtEdge } from "./snapshot-text.ts";
import { stageIn } from "./stage.ts";

/** By name; those that no feature gives are listed in src/release/attribute-types.ts. */
export type Attributes = Record<string, unknown>;

export interface AttributesInput {
  document: ReleaseDocument;
  granted: readonly Purpose[];
  /** Epoch ms. */
  now: number;
  snapshot?: SnapshotAtEdge | undefined;
  /** Epoch ms: events of the session until then are in the snapshot; absent: the snapshot itself says which. */
  since?: number | undefined;
  session?: Session | undefined;
  /** Of the release's RFM features. */
  cuts?: Cuts | undefined;
  /** The visitor is in these segments and in no others, whatever is known: a preview. */
  segments?: readonly string[] | undefined;
  request: {
    country?: string | undefined;
    region?: string | undefined;
    device: DeviceType;
    /** Of this request's URL; else the session's campaign holds. */
    utm?: Record<string, string> | undefined;
  };
}

/** The attributes; none at all without consent to personalization. */
export function attributesNow(input: AttributesInput): Attributes {
  const { document, granted, now, snapshot, session, request } = input;
  if (!granted.includes("personalization")) return {};
  const attributes = shapeOf(document)({ input, edge: undefined });
  if (input.segments) forceSegments(attributes, input.segments);
  const campaign = request.utm ?? session?.campaign;
  attributes.identity_state = (snapshot?.state ?? "anonymous") satisfies IdentityState;
  attributes.device = request.device;
  if (request.country !== undefined) attributes.country = request.country;
  if (request.region !== undefined) attributes.region = request.region;
  attributes.session_number = session ? session.number + (isIdle(session, now) ? 1 : 0) : 1;
  if (campaign?.source !== undefined) attributes.utm_source = campaign.source;
  if (campaign?.medium !== undefined) attributes.utm_medium = campaign.medium;
  if (campaign?.campaign !== undefined) attributes.utm_campaign = campaign.campaign;
  return attributes;
}

/** What one request's attributes are computed from. */
interface From {
  input: AttributesInput;
  /** Made for the first feature that is asked for. */
  edge: EdgeState | undefined;
}

const shapes = new WeakMap<ReleaseDocument, LazyShape<From>>();

function shapeOf(document: ReleaseDocument): LazyShape<From> {
  let shape = shapes.get(document);
  if (!shape) {
    const byName = new Map(compileFeatures(document).map((feature) => [feature.name, feature]));
    const compute = new Map<string, (from: From, self: Attributes) => unknown>();
    for (const feature of byName.values())
      if (!isHidden(feature.name))
        compute.set(feature.name, (from, self) => valueIn(feature, byName, from, self));
    compute.set("lists", ({ input }) => input.snapshot?.lists ?? []);
    compute.set("lifecycle_stage", (_, self) => stageIn(document, self));
    compute.set("segments", ({ input }, self) => segmentsOf(self, compileSegments(document), input.granted));
    shape = lazyShape(compute);
    shapes.set(document, shape);
  }
  return shape;
}

function valueIn(
  feature: CompiledFeature,
  byName: ReadonlyMap<string, CompiledFeature>,
  from: From,
  self: Attributes,
): unknown {
  from.edge ??= edgeOf(from.input);
  const { edge } = from;
  const read = (name: string): unknown => {
    const other = isHidden(name) ? byName.get(name) : undefined;
    if (other) return edgeValue(other, byName, edge, read);
    const value = self[name];
    return value === NO_RFM ? undefined : value;
  };
  return asAttribute(feature, edgeValue(feature, byName, edge, read));
}

const NOTHING: FeatureValues = new Map();

function edgeOf({ now, snapshot, since, session, cuts }: AttributesInput): EdgeState {
  const goesOn = session !== undefined && !isIdle(session, now);
  return {
    now,
    features: snapshot?.features ?? NOTHING,
    asOf: snapshot?.asOf ?? now,
    recent: session ? eventsSince(recentEvents(session), session.startedAt, snapshot, since) : [],
    session: goesOn
      ? {
          label: () => sessionLabel(session.id),
          events: () => recentEvents(session).filter(({ at }) => at >= session.startedAt),
        }
      : undefined,
    cuts,
  };
}
