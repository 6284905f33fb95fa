/**
 * What was marked is looked at again when its time has come, and told if it still differs: the graph, consent and
 * suppression are read anew, an item goes to the destination's queue, a receipt is landed, and then it is written what was
 * told. What was told is looked at once more, since an event may have come meanwhile; only then the marks go. Whoever dies
 * before that tells it again under the same id. Called by the schedule, each minute.
 */
import type { DeliveryEnvelope } from "#contracts/messages/delivery_envelope";
import type { Receipt } from "#contracts/messages/receipt";
import { logError } from "#core/log";
import type { Routed } from "#forward/route";
import type { LiveTail } from "#lake/live-tail";
import { land, showLive } from "#lake/receipts";
import { sendDeliveries } from "../route.ts";
import { consentOf } from "./consent.ts";
import { addMarks, deleteDue, dueRows, markOf, textOf } from "./due-store.ts";
import { type GatherDeps, type Gathered, gatherProfiles } from "./gather.ts";
import { itemOf } from "./item.ts";
import { ownRows } from "./mark.ts";
import { knownOf, mayTell } from "./person.ts";
import { toldAs } from "./state.ts";
import { type ToldRow, writeTold } from "./store.ts";
import { type Watch, watchesOf } from "./watch.ts";

export interface TellDeps extends GatherDeps {
  liveTail: DurableObjectNamespace<LiveTail>;
  queues: Record<"analytics" | "crm", Queue<DeliveryEnvelope>>;
}

/** So many marks are looked at together, and for so long in one run; of each database so many rows are read. */
const MARKS_TOGETHER = 200;
const RUN_MS = 25_000;
const ROWS_PER_RUN = 120;
/** A profile that cannot be looked at is looked at again so much later: it must not stand before the others. */
const AGAIN_MS = 10 * 60_000;

/** Mark → epoch ms from which it was due. */
type Marks = ReadonlyMap<string, number>;

/** Tell what is due. @returns how many changes were told */
export async function tellChanges(deps: TellDeps): Promise<number> {
  if (watchesOf(deps.document).length === 0) return 0;
  const begun = deps.clock();
  const due = await dueRows(deps.identity, begun, ROWS_PER_RUN);
  let told = 0;
  for (let at = 0; at < due.length && deps.clock() - begun < RUN_MS; ) {
    const marks = new Map<string, number>();
    const from = at;
    // The first of a mark counts: it is the same one when this is done again after a crash.
    for (; at < due.length && marks.size < MARKS_TOGETHER; at++)
      for (const mark of JSON.parse(due[at]?.marks ?? "[]") as string[])
        if (!marks.has(mark)) marks.set(mark, due[at]?.dueAt ?? 0);
    const all = [...marks];
    for (let n = 0; n < all.length; n += MARKS_TOGETHER)
      told += await settle(new Map(all.slice(n, n + MARKS_TOGETHER)), deps);
    await deleteDue(due.slice(from, at));
  }
  return told;
}

/** Tell, and look whether it is still so: what was read before an event, and written after it, differs again. */
async function settle(marks: Marks, deps: TellDeps): Promise<number> {
  const first = await tellSome(marks, deps);
  if (first.size === 0) return 0;
  const more = await tellSome(first, deps);
  const now = deps.clock();
  await addMarks(
    deps.identity,
    [...more.keys()].map((mark) => ({ ...markOf(mark), dueAt: now })),
  );
  return first.size + more.size;
}

/** A change that is told, and the rows that say so afterwards. */
interface Telling {
  mark: string;
  dueAt: number;
  item: Routed["items"][number];
  receipt: Receipt;
  rows: ToldRow[];
}

/** @returns the marks of what was told */
async function tellSome(marks: Marks, deps: TellDeps): Promise<Map<string, number>> {
  const now = deps.clock();
  const subjects = [...new Set([...marks.keys()].map((mark) => markOf(mark).subject))];
  const tellings: Telling[] = [];
  const failed: string[] = [];
  for (const gathered of await gatherProfiles(subjects, deps, now)) {
    for (const watch of watchesOf(deps.document)) {
      const own = gathered.marked.map((subject) => textOf({ destination: watch.key, subject }));
      const mark = own.find((one) => marks.has(one));
      if (mark === undefined) continue;
      try {
        const dueAt = Math.min(...own.flatMap((one) => marks.get(one) ?? []));
        const telling = await tellingOf(watch, gathered, { mark, dueAt }, deps, now);
        if (telling) tellings.push(telling);
      } catch (error) {
        logError(`a change for ${watch.key} could not be told`, error);
        failed.push(mark);
      }
    }
  }
  const again = failed.map((mark) => ({ ...markOf(mark), dueAt: now + AGAIN_MS }));
  if (again.length > 0) await addMarks(deps.identity, again);
  if (tellings.length > 0) {
    await send(tellings, deps, now);
    await writeTold(
      deps.identity,
      tellings.flatMap(({ rows }) => rows),
    );
  }
  return new Map(tellings.map(({ mark, dueAt }) => [mark, dueAt]));
}

/** Undefined: nothing differs any more, or the destination may not be told. What it was told then stays as it is. */
async function tellingOf(
  watch: Watch,
  { look, persons, rows, ledger }: Gathered,
  { mark, dueAt }: Pick<Telling, "mark" | "dueAt">,
  { document, keys }: TellDeps,
  now: number,
): Promise<Telling | undefined> {
  const { profile, granted } = look;
  if (!mayTell(profile, watch)) return undefined;
  const consent = consentOf(profile.members, granted, ledger, document.policy, now);
  if (!consent) return undefined;
  const kept = ownRows(persons, watch.key, rows);
  const known = knownOf(kept);
  const difference = await look.differs(watch, known);
  if (!difference) return undefined;
  const subject = known.subject ?? persons[0] ?? profile.root;
  const version = Math.max(known.version + 1, dueAt);
  const item = await itemOf(watch, look, difference, { subject, version, consent, keys, now });
  const told = toldAs(difference, known.told, version);
  const receipt: Receipt = {
    stage: "change",
    eventId: item.item.event.id,
    at: now,
    outcome: "told",
    subject,
    profile: profile.root,
    changed: difference.change.changed,
    routed: { [watch.key]: "queued" },
  };
  // All that is kept of the profile says so, also what a split would give to others.
  const under = new Set([subject, ...kept.map((row) => row.subject)]);
  return {
    mark,
    dueAt,
    item,
    receipt,
    rows: [...under].map((one) => ({ subject: one, destination: watch.key, told, version })),
  };
}

async function send(tellings: readonly Telling[], deps: TellDeps, now: number): Promise<void> {
  const items = tellings.map(({ item }) => item);
  const receipts = tellings.map(({ receipt }) => receipt);
  const batch = receipts[0]?.eventId ?? "";
  const tooLarge = await sendDeliveries(items, deps.queues, batch, now);
  await land(deps.lake, "events", batch, now, receipts);
  await land(deps.lake, "deliveries", `${batch}-too-large`, now, tooLarge);
  await showLive(deps.liveTail, [...receipts, ...tooLarge]);
}
