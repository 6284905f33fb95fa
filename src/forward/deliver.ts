/**
 * One destination's share of a batch, from its items to one settlement each: is the destination still there, may each
 * item still leave, may the destination be asked, what do its settings say, what does each event become, what does the
 * vendor answer. What is not an expected outcome harms at most the item or the batch it happened in, and is logged.
 */

import type { DestinationDefinition } from "#contracts/definitions/destination";
import { type Traits, traitsSchema } from "#contracts/event";
import type { DeliveryItem } from "#contracts/messages/delivery_envelope";
import type { Clock } from "#core/clock";
import { logError } from "#core/log";
import type { DeliveryOutcome } from "#core/outcome";
import type { Place } from "#privacy/seal";
import type { BatchReport, Permit } from "./circuit.ts";
import { type DestinationType, type Fetch, type Mapped, NOT_TRIED } from "./destinations/contract.ts";
import { destinationType } from "./destinations/registry.ts";
import { deliveryPlace } from "./item-id.ts";
import { purposesOf } from "./purposes.ts";
import { type CurrentByKey, recheck } from "./recheck.ts";
import { readDestinationSettings, type SecretOf } from "./secrets.ts";

/** What becomes of an item: a vendor's outcome, or a place in R2 until the destination may be asked again. */
export type Settlement = DeliveryOutcome | { status: "parked"; code: string };

/** The Destination object, as far as delivery asks it. */
export interface Gate {
  permit(want: number, now: number): Promise<Permit>;
  report(report: BatchReport): Promise<void>;
  pause(reason: string, now: number): Promise<void>;
}

export interface DeliverContext {
  /** Undefined: the release has no such destination any more. */
  definition: DestinationDefinition | undefined;
  gate: Gate;
  /** Undefined: the ledger could not be read, and nothing may leave. */
  consent: CurrentByKey | undefined;
  secretOf: SecretOf;
  /** Opens sealed traits for a place; undefined where they do not open. */
  unseal: (sealed: string, place: Place) => Promise<string | undefined>;
  fetch: Fetch;
  clock: Clock;
  /** All of one destination's requests of a batch share it. */
  deadlineMs: number;
  allowInsecure: boolean;
}

/** After the deadline a sender has this long to say what it knows before all that is open counts as timed out. */
const GRACE_MS = 250;

/** Deliver items of one destination: one settlement for each, in the same order. Never throws. */
export async function deliverGroup(
  items: readonly DeliveryItem[],
  context: DeliverContext,
): Promise<Settlement[]> {
  try {
    return await deliver(items, context);
  } catch (error) {
    logError("delivery of a batch failed", error);
    return items.map(() => ({ status: "retry", code: "internal_error" }));
  }
}

async function deliver(items: readonly DeliveryItem[], context: DeliverContext): Promise<Settlement[]> {
  const { definition, consent, gate, clock } = context;
  const all = (settlement: Settlement): Settlement[] => items.map(() => settlement);
  if (!definition) return all({ status: "skipped", reason: "destination_removed" });
  if (!definition.enabled) return all({ status: "skipped", reason: "destination_disabled" });
  // Fails closed: while nobody can say who withdrew, nothing leaves.
  if (!consent) return all({ status: "retry", code: "consent_unavailable" });

  const now = clock();
  const type = destinationType(definition.type);
  const purposes = purposesOf(definition, type);
  const checked = items.map((item) => recheck(item, purposes, consent, now));
  const settlements = checked.map((one): Settlement | undefined =>
    "stop" in one ? { status: "skipped", reason: one.stop } : undefined,
  );
  const open = () => items.map((_, index) => index).filter((index) => settlements[index] === undefined);
  const settleOpen = (settlement: Settlement): Settlement[] =>
    settlements.map((known) => known ?? settlement);
  if (open().length === 0) return settleOpen({ status: "retry", code: "internal_error" });

  if (!type) return settleOpen(await misconfigured(context, `unknown_type:${definition.type}`));
  const read = readDestinationSettings(type, definition.settings, context.secretOf);
  if (!read.ok) return settleOpen(await misconfigured(context, read.code));

  const permit = await askGate(gate, open().length, clock());
  if (!permit) return settleOpen({ status: "retry", code: "permit_unavailable" });
  if (!permit.granted) return settleOpen({ status: "parked", code: permit.reason ?? "paused" });

  const mapped: { index: number; body: Mapped<unknown> }[] = [];
  for (const index of open()) {
    const given = items[index];
    const left = checked[index];
    if (!given || !left || "stop" in left) continue;
    const item = { ...given, event: left.event };
    const result = await mapItem(type, item, read.settings, context.unseal);
    if (result.status === "mapped")
      mapped.push({ index, body: { itemId: item.id, event: item.event, body: result.body } });
    else settlements[index] = result;
  }
  const outcomes = await sendAll(
    type,
    mapped.map(({ body }) => body),
    read.settings,
    context,
  );
  for (const [n, { index }] of mapped.entries()) {
    const outcome = outcomes[n] ?? { status: "retry", code: "no_outcome" };
    const mayRepeat = outcome.status === "delivered" && !type.deduplicates;
    settlements[index] = mayRepeat ? { ...outcome, mayRepeat } : outcome;
  }
  await tellGate(gate, outcomes, clock());
  return settleOpen({ status: "retry", code: "no_outcome" }).map((settlement) =>
    settlement.status === "unauthorized" ? { status: "parked", code: "unauthorized" } : settlement,
  );
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

async function mapItem(
  type: DestinationType,
  item: DeliveryItem,
  settings: unknown,
  unseal: DeliverContext["unseal"],
): Promise<ReturnType<DestinationType["map"]>> {
  try {
    const traits = await traitsOf(type, item, unseal);
    return traits ? type.map(item.event, traits, settings) : { status: "failed", code: "traits_unreadable" };
  } catch (error) {
    logError(`mapping for ${type.name} failed`, error);
    return { status: "failed", code: "mapping_error" };
  }
}

async function traitsOf(
  type: DestinationType,
  item: DeliveryItem,
  unseal: DeliverContext["unseal"],
): Promise<Traits | undefined> {
  if (!type.needsPersonal || item.event.sealed === undefined) return {};
  const plain = await unseal(item.event.sealed, deliveryPlace(item.id));
  if (plain === undefined) return undefined;
  const parsed = traitsSchema.safeParse(jsonOf(plain));
  return parsed.success ? parsed.data : undefined;
}

/** Undefined where it is none: the parser's own error would quote what it could not read. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Send in portions of the type's limit until the deadline; what was not begun by then used up no attempt. */
async function sendAll(
  type: DestinationType,
  bodies: readonly Mapped<unknown>[],
  settings: unknown,
  context: DeliverContext,
): Promise<DeliveryOutcome[]> {
  const signal = AbortSignal.timeout(context.deadlineMs);
  const hard = expiry(context.deadlineMs + GRACE_MS);
  const outcomes: DeliveryOutcome[] = [];
  for (let at = 0; at < bodies.length; at += type.limits.batch) {
    const portion = bodies.slice(at, at + type.limits.batch);
    const fill = (code: string) => portion.map((): DeliveryOutcome => ({ status: "retry", code }));
    if (signal.aborted) {
      outcomes.push(...fill(NOT_TRIED));
      continue;
    }
    const { fetch, allowInsecure, clock } = context;
    const sent = type
      .send(portion, { settings, fetch, now: clock(), signal, allowInsecure })
      .catch((error: unknown) => {
        logError(`sending to ${type.name} failed`, error);
        return fill("sender_error");
      });
    const answered = await Promise.race([sent, hard.then(() => fill("timeout"))]);
    // Whatever has no outcome of its own was not confirmed.
    outcomes.push(...portion.map((_, n) => answered[n] ?? { status: "retry" as const, code: "no_outcome" }));
  }
  return outcomes;
}

function expiry(ms: number): Promise<void> {
  const signal = AbortSignal.timeout(ms);
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

async function askGate(gate: Gate, want: number, now: number): Promise<Permit | undefined> {
  try {
    return await gate.permit(want, now);
  } catch (error) {
    logError("asking for a permit failed", error);
    return undefined;
  }
}

async function tellGate(gate: Gate, outcomes: readonly DeliveryOutcome[], now: number): Promise<void> {
  const count = (status: DeliveryOutcome["status"]) => outcomes.filter((o) => o.status === status).length;
  const report = {
    delivered: count("delivered"),
    failed: count("failed"),
    unauthorized: count("unauthorized"),
  };
  try {
    await gate.report({ ...report, retry: count("retry"), now });
  } catch (error) {
    logError("reporting to the gate failed", error);
  }
}
