/**
 * One destination's share of a batch, from its items to one settlement each: is the destination still there, may each
 * item still leave, how many may leave now, what do its settings say, what does each event become, what does the vendor
 * answer. What is not an expected outcome harms at most the item or the batch it happened in, and is logged.
 */

import type { DestinationDefinition } from "#contracts/definitions/destination";
import type { DeliveryItem } from "#contracts/messages/delivery_envelope";
import type { Clock } from "#core/clock";
import { logError } from "#core/log";
import type { DeliveryOutcome } from "#core/outcome";
import type { Place } from "#privacy/seal";
import type { DestinationType, Fetch, Mapped, SendContext, TokenCache } from "./destinations/contract.ts";
import { destinationType } from "./destinations/registry.ts";
import { mapItem } from "./map-item.ts";
import { byTime, wavesOf } from "./order.ts";
import type { Ask, Permit } from "./permits.ts";
import { purposesOf } from "./purposes.ts";
import { type CurrentByKey, recheck } from "./recheck.ts";
import { readDestinationSettings, type SecretOf } from "./secrets.ts";
import { inOrder, sending } from "./send.ts";
import { changesAmong, type ToldSince, withoutSuperseded } from "./superseded.ts";

/** What becomes of an item: a vendor's outcome, or a place in R2 until the destination may be asked again. */
export type Settlement = DeliveryOutcome | { status: "parked"; code: string };

/** The Destination object, as far as delivery asks it. */
export interface Gate {
  permit(ask: Ask): Promise<Permit>;
  pause(reason: string, now: number): Promise<void>;
}

export interface DeliverContext {
  /** Undefined: the release has no such destination any more. */
  definition: DestinationDefinition | undefined;
  gate: Gate;
  /** Undefined: the ledger could not be read, and nothing may leave. */
  consent: CurrentByKey | undefined;
  /** Of changes of profiles: what this destination has been told since. */
  toldSince: (items: readonly DeliveryItem[]) => Promise<ToldSince>;
  secretOf: SecretOf;
  /** Opens sealed traits for a place; undefined where they do not open. */
  unseal: (sealed: string, place: Place) => Promise<string | undefined>;
  fetch: Fetch;
  clock: Clock;
  tokens: TokenCache;
  /** A queue that the customer has bound. */
  queueOf: SendContext<unknown>["queueOf"];
  /** All of one destination's requests of a batch share it. */
  deadlineMs: number;
  allowInsecure: boolean;
  /** The schedule delivers what was parked: see `Ask`. */
  drain?: boolean;
  /** Told as soon as it is known, for whoever waits for this batch. */
  onPermit?: (permit: Permit) => void;
}

/** One settlement for each item in the items' order, and what of them the vendor was asked. */
export interface Delivered {
  settlements: Settlement[];
  permit: Permit | undefined;
  /** The vendor's outcomes alone; undefined: it was asked nothing. */
  asked?: { outcomes: DeliveryOutcome[]; elapsedMs: number };
}

/** Deliver items of one destination. Never throws. */
export async function deliverGroup(
  items: readonly DeliveryItem[],
  context: DeliverContext,
): Promise<Delivered> {
  const known: Pick<Delivered, "permit"> = { permit: undefined };
  const noted: DeliverContext = {
    ...context,
    onPermit: (permit) => {
      known.permit = permit;
      context.onPermit?.(permit);
    },
  };
  try {
    return { ...(await deliver(items, noted)), ...known };
  } catch (error) {
    logError("delivery of a batch failed", error);
    return { settlements: items.map(() => ({ status: "retry", code: "internal_error" })), ...known };
  }
}

async function deliver(
  items: readonly DeliveryItem[],
  context: DeliverContext,
): Promise<Omit<Delivered, "permit">> {
  const { definition, consent, clock } = context;
  const all = (settlement: Settlement) => ({ settlements: items.map(() => settlement) });
  if (!definition) return all({ status: "skipped", reason: "destination_removed" });
  if (!definition.enabled) return all({ status: "skipped", reason: "destination_disabled" });
  // Fails closed: while nobody can say who withdrew, nothing leaves.
  if (!consent) return all({ status: "retry", code: "consent_unavailable" });

  const type = destinationType(definition.type);
  const settlements: (Settlement | undefined)[] = [];
  const leaving = stillLeaving(items, purposesOf(definition, type), consent, clock(), settlements);
  const settleOpen = (settlement: Settlement) => ({
    settlements: items.map((_, index) => settlements[index] ?? settlement),
  });
  if (leaving.length === 0) return settleOpen({ status: "retry", code: "internal_error" });

  if (!type) return settleOpen(await misconfigured(context, `unknown_type:${definition.type}`));
  const read = readDestinationSettings(type, definition.settings, context.secretOf);
  if (!read.ok) return settleOpen(await misconfigured(context, read.code));

  const current = await withoutOutdated(leaving, context, settlements);
  if (definition.ordered) current.sort((a, b) => byTime(a.item, b.item));
  const permit = await askGate(context, askOf(definition, type, current, context));
  if (!permit) return settleOpen({ status: "retry", code: "permit_unavailable" });
  context.onPermit?.(permit);
  for (const { index } of current.splice(permit.granted))
    settlements[index] = { status: "parked", code: permit.reason ?? "rate_limited" };
  if (current.length === 0) return settleOpen({ status: "retry", code: "internal_error" });

  const begun = clock();
  const mapped: { index: number; body: Mapped<unknown> }[] = [];
  for (const { index, item } of current) {
    const result = await mapItem(item, { type, settings: read.settings, definition, unseal: context.unseal });
    if (result.status === "mapped")
      mapped.push({ index, body: { itemId: item.id, event: item.event, body: result.body } });
    else settlements[index] = result;
  }
  const send = sending(type, read.settings, context);
  const bodies = mapped.map(({ body }) => body);
  const outcomes = definition.ordered ? await inOrder(bodies, send) : await send(bodies);
  for (const [n, { index }] of mapped.entries()) {
    const outcome = outcomes[n] ?? { status: "retry", code: "no_outcome" };
    const mayRepeat = outcome.status === "delivered" && !type.deduplicates;
    settlements[index] =
      outcome.status === "unauthorized"
        ? { status: "parked", code: "unauthorized" }
        : mayRepeat
          ? { ...outcome, mayRepeat }
          : outcome;
  }
  return {
    ...settleOpen({ status: "retry", code: "no_outcome" }),
    asked: {
      outcomes: outcomes.flatMap((outcome) => (outcome.status === "parked" ? [] : [outcome])),
      elapsedMs: clock() - begun,
    },
  };
}

/** An item that may leave, and its place among all. */
interface Leaving {
  index: number;
  item: DeliveryItem;
}

/** What may still leave, as what is left of it; of the others it is written why not. */
function stillLeaving(
  items: readonly DeliveryItem[],
  purposes: ReturnType<typeof purposesOf>,
  consent: CurrentByKey,
  now: number,
  settlements: (Settlement | undefined)[],
): Leaving[] {
  return items.flatMap((item, index) => {
    const checked = recheck(item, purposes, consent, now);
    if ("event" in checked) return [{ index, item: { ...item, event: checked.event } }];
    settlements[index] = { status: "skipped", reason: checked.stop };
    return [];
  });
}

/** Without changes of profiles that are out of date. While it is not known what was told since, they go as they are. */
async function withoutOutdated(
  leaving: readonly Leaving[],
  { toldSince }: DeliverContext,
  settlements: (Settlement | undefined)[],
): Promise<Leaving[]> {
  const changes = changesAmong(leaving.map(({ item }) => item));
  if (changes.length === 0) return [...leaving];
  const told = await toldSince(changes).catch((error: unknown): ToldSince => {
    logError("what was told of profiles is unavailable", error);
    return new Map();
  });
  const events = withoutSuperseded(
    leaving.map(({ item }) => item),
    told,
  );
  return leaving.flatMap(({ index, item }, n) => {
    const event = events[n];
    if (event) return [{ index, item: { ...item, event } }];
    settlements[index] = { status: "skipped", reason: "superseded" };
    return [];
  });
}

/** What the type allows, and the release where it says less. */
function askOf(
  { limits, ordered }: DestinationDefinition,
  type: DestinationType,
  leaving: readonly Leaving[],
  { clock, deadlineMs, drain }: Pick<DeliverContext, "clock" | "deadlineMs" | "drain">,
): Ask {
  const want = leaving.length;
  const { perRequest } = type.limits;
  // In order, a request carries one item of a profile: so many items it carries on average.
  const waves = ordered ? wavesOf(leaving.map(({ item }) => item)) : [];
  const requests = waves.reduce((sum, wave) => sum + Math.ceil(wave.length / perRequest), 0);
  return {
    want,
    perRequest: requests > 0 ? Math.max(1, Math.floor(want / requests)) : perRequest,
    requestsPerSecond: Math.min(type.limits.requestsPerSecond, limits.requestsPerSecond ?? Infinity),
    concurrency: Math.min(type.limits.concurrency, limits.concurrency ?? Infinity),
    deadlineMs,
    ...(ordered && { ordered }),
    ...(drain && { drain }),
    now: clock(),
  };
}

/** A mistake in the release or its secrets: a person must mend it, and nothing is lost until then. */
async function misconfigured({ gate, clock }: DeliverContext, code: string): Promise<Settlement> {
  try {
    await gate.pause(code, clock());
  } catch (error) {
    logError("pausing a destination failed", error);
  }
  return { status: "parked", code };
}

async function askGate({ gate }: DeliverContext, ask: Ask): Promise<Permit | undefined> {
  try {
    return await gate.permit(ask);
  } catch (error) {
    logError("asking for a permit failed", error);
    return undefined;
  }
}
