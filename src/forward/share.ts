/**
 * One destination's share of a batch, from its items to what was written of them: delivered, settled, and told to the
 * Destination object. A share that goes on while all others have ended can be handed over: its items are kept in R2, so
 * that its messages can be acked, and what becomes of them is settled when it is known. Called by consumer.ts for
 * what comes from the queue, and by drain.ts for what was parked.
 */
import type { DeliveryItem } from "#contracts/messages/delivery_envelope";
import type { Receipt } from "#contracts/messages/receipt";
import { logError } from "#core/log";
import { openIngress } from "#privacy/ingress";
import type { Line } from "./connections.ts";
import type { DeliveryContext } from "./consumer.ts";
import { type Delivered, deliverGroup, type Settlement } from "./deliver.ts";
import { destinationObject, type Report } from "./destination-object.ts";
import { NOT_TRIED } from "./destinations/contract.ts";
import type { Permit } from "./permits.ts";
import type { CurrentByKey } from "./recheck.ts";
import { settle } from "./settle.ts";
import { keepParked, type Parked, putParked } from "./store.ts";

/** All of one destination's requests of a batch. */
export const DEADLINE_MS = 10_000;

/** So long after its deadline what was handed over is given up: its isolate has ended, and the schedule goes on with it. */
const GIVEN_UP_MS = 45_000;

/** Why the items of a batch that goes on are parked. */
const HANDED_OVER = "handed_over";

export interface ShareInput {
  destination: string;
  items: readonly DeliveryItem[];
  /** Undefined: the ledger could not be read, and nothing may leave. */
  consent: CurrentByKey | undefined;
  line: Line;
  /** The schedule delivers the items of this object: what has to wait stays in it. */
  parkedIn?: string;
}

/** What has been written. */
export interface ShareDone {
  receipts: Receipt[];
  /** Ids of items that the queue, or the object that they came from, has to keep. */
  unsettled: ReadonlySet<string>;
  /** What stays parked in the object that it was handed over to, or came from; undefined where there is none. */
  left: Parked | undefined;
}

export interface Share {
  destination: string;
  done: Promise<ShareDone>;
  /** Whether it has ended. */
  isDone(): boolean;
  /** Resolves when it is known that the vendor was slow lately; else never. */
  slow: Promise<void>;
  /** Keep its items in R2, so that nobody has to wait for it. Whether that was done. */
  handOver(): Promise<boolean>;
  /** After its receipts are kept: the object that it was handed over to keeps only what has to wait. */
  close(done: ShareDone): Promise<void>;
}

/** Begin to deliver. `done` never rejects for what may happen to an item. */
export function startShare(input: ShareInput, context: DeliveryContext): Share {
  const { destination, items, line } = input;
  const { bucket, clock } = context;
  let isDone = false;
  let kept: Promise<string | undefined> | undefined = input.parkedIn
    ? Promise.resolve(input.parkedIn)
    : undefined;
  const slow = Promise.withResolvers<void>();
  const onPermit = (permit: Permit) => {
    if (permit.slow) slow.resolve();
  };
  const keep = async (): Promise<string | undefined> => {
    const now = clock();
    const notBefore = now + (context.deadlineMs ?? DEADLINE_MS) + GIVEN_UP_MS;
    const slowDown = destinationObject(context.destinations, destination)
      .handedOver()
      .catch((error: unknown) => logError("telling that a batch goes on failed", error));
    try {
      const parked = { code: HANDED_OVER, items: [...items] };
      const key = await putParked(bucket, destination, parked, now, context.newId(), notBefore);
      await slowDown;
      return key;
    } catch (error) {
      logError("handing a batch over failed", error);
      return undefined;
    }
  };

  const work = async (): Promise<ShareDone> => {
    const delivered = await deliverItems(input, context, onPermit);
    line.end();
    let left: Parked | undefined;
    const parkHere = async (parked: Parked) => {
      const key = await kept;
      if (key !== undefined) left = parked;
      else await putParked(bucket, destination, parked, clock(), context.newId(), earliest(parked));
    };
    const { receipts, unsettled } = await settleItems(input, delivered, parkHere, context);
    await tell(input, delivered, unsettled, context);
    return { receipts, unsettled, left };
  };

  return {
    destination,
    done: work().finally(() => {
      isDone = true;
    }),
    isDone: () => isDone,
    slow: slow.promise,
    async handOver() {
      kept ??= keep();
      return (await kept) !== undefined;
    },
    async close({ unsettled, left }) {
      const key = await kept;
      if (key === undefined) return;
      const parked = new Map(left?.items.map((item) => [item.id, item]));
      // In the order in which they came.
      const open = items.flatMap((item) => parked.get(item.id) ?? (unsettled.has(item.id) ? [item] : []));
      await keepParked(bucket, key, { code: HANDED_OVER, ...left, items: open });
    },
  };
}

const definitionOf = ({ document }: DeliveryContext, destination: string) =>
  Object.hasOwn(document.destinations, destination) ? document.destinations[destination] : undefined;

const earliest = ({ items, waits }: Parked): number => Math.min(...items.map(({ id }) => waits?.[id] ?? 0));

function deliverItems(
  { destination, items, consent, line, parkedIn }: ShareInput,
  context: DeliveryContext,
  onPermit: (permit: Permit) => void,
): Promise<Delivered> {
  const object = destinationObject(context.destinations, destination);
  return deliverGroup(items, {
    definition: definitionOf(context, destination),
    consent,
    gate: {
      permit: (ask) => object.permit(ask),
      pause: (reason, now) => object.pause(reason, now),
    },
    toldSince: async (changes) => (await context.toldSince?.(destination, changes)) ?? new Map(),
    secretOf: context.secretOf,
    queueOf: context.queueOf,
    tokens: context.tokens,
    unseal: (sealed, place) => openIngress(context.keys.ingress, sealed, place),
    fetch: line.fetch,
    clock: context.clock,
    deadlineMs: context.deadlineMs ?? DEADLINE_MS,
    allowInsecure: context.allowInsecure,
    onPermit,
    ...(parkedIn !== undefined && { drain: true }),
  });
}

async function settleItems(
  { destination, items, parkedIn }: ShareInput,
  { settlements }: Delivered,
  park: (parked: Parked) => Promise<unknown>,
  context: DeliveryContext,
): Promise<Pick<ShareDone, "receipts" | "unsettled">> {
  const definition = definitionOf(context, destination);
  const results = items.flatMap((item, n) => {
    const settlement = settlements[n];
    return settlement ? [{ item, settlement }] : [];
  });
  const { receipts, unsettled } = await settle(results, {
    ...context,
    destination,
    queue: context.queues[definition?.queue ?? "crm"],
    park,
    ...(definition?.ordered && { ordered: true }),
  });
  // What was parked and stays so has its receipt already.
  const isNews = ({ outcome }: Receipt) => parkedIn === undefined || outcome !== "parked";
  return { receipts: receipts.filter(isNews), unsettled };
}

/** Tell the Destination object once what became of the share: of its permit, and for the console. */
async function tell(
  { destination, items, line }: ShareInput,
  { settlements, permit, asked }: Delivered,
  unsettled: ReadonlySet<string>,
  context: DeliveryContext,
): Promise<void> {
  const definition = definitionOf(context, destination);
  if (!definition) return;
  const now = context.clock();
  const count = (status: Settlement["status"]) => settlements.filter((one) => one.status === status).length;
  const lagsMs = items.flatMap(({ event }, n) =>
    settlements[n]?.status === "delivered" ? [Math.max(0, now - event.receivedAt)] : [],
  );
  const failed = settlements.find((one) => one.status === "failed") ?? settlements.find(isTried);
  const waits = settlements.some(({ status }) => status === "parked" || status === "retry");
  const report: Report = {
    now,
    ...line.measured,
    ...{ delivered: count("delivered"), skipped: count("skipped"), retry: count("retry") },
    ...{ failed: count("failed"), parked: count("parked"), lagsMs },
    ...(failed && "code" in failed && { error: failed.code }),
    ...(permit?.id !== undefined && { permit: permit.id }),
    ...(asked && { sent: sentOf(asked) }),
    ...(definition.ordered && (waits || unsettled.size > 0) && { backlog: true }),
  };
  try {
    await destinationObject(context.destinations, destination).report(report);
  } catch (error) {
    logError("reporting to the destination's object failed", error);
  }
}

const isTried = (one: Settlement): boolean => one.status === "retry" && one.code !== NOT_TRIED;

/** What the vendor said, as far as it says something of the vendor. */
function sentOf({ outcomes, elapsedMs }: NonNullable<Delivered["asked"]>): NonNullable<Report["sent"]> {
  const count = (is: (outcome: Delivered["settlements"][number]) => boolean) => outcomes.filter(is).length;
  return {
    delivered: count(({ status }) => status === "delivered"),
    failed: count(({ status }) => status === "failed"),
    retry: count(isTried),
    timedOut: count((one) => one.status === "retry" && one.code === "timeout"),
    unauthorized: count(({ status }) => status === "unauthorized"),
    elapsedMs,
  };
}
