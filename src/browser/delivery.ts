/**
 * Sends what waits in the queue: in batches, again after a failure, and at the last moment when the page goes away. One
 * tab at a time drains the shared queue, and it also does the waiting during an outage. Two tabs may still send the
 * same event (as may an unloading page and the next one); the door counts an id once.
 */
import { base, settings } from "./config.ts";
import { consentNow, deciding, isGranted } from "./consent.ts";
import { later, sleep, warn } from "./guard.ts";
import { type Answer, backoffMs, call } from "./http.ts";
import {
  BATCH_DELAY_MS,
  BATCH_EVENTS,
  BEACON_GRACE_MS,
  MAX_BATCH_EVENTS,
  MAX_QUEUE_BYTES,
} from "./limits.ts";
import { add, byteLength, ownCount, remove, waiting } from "./queue.ts";
import type { BrowserEvent } from "./types.ts";

const sending = new Set<string>();
let bytesInFlight = 0;
let failures = 0;
let notBefore = 0;
/** The wait is the server's wish (`Retry-After`), not our own guess. */
let toldToWait = false;
let draining = false;
let timer = 0;
let wake = (): void => {};

/** Takes events over: sends at once if one is `urgent` or enough have come together, else within a second. */
export const deliver = (events: BrowserEvent[], urgent: boolean): void => {
  add(events);
  if (urgent || ownCount() >= BATCH_EVENTS) void drain();
  else schedule();
};

/** Sends what waits in at most a second. Also called at start, for what an earlier page has left. */
export const schedule = (): void => {
  if (!timer) {
    timer = later(() => {
      timer = 0;
      void drain();
    }, BATCH_DELAY_MS);
  }
};

/** Sends batch after batch until nothing waits; waits out failures for as long as the page is visible. */
export const drain = async (): Promise<void> => {
  if (draining) return;
  draining = true;
  await alone(async () => {
    for (let batch = nextBatch(); batch.length; batch = nextBatch()) {
      const waitMs = notBefore - performance.now();
      if (waitMs <= 0) await send(batch, false);
      // A hidden page may be frozen at any time, and would hold the lock; it goes on when it is visible again.
      else if (document.hidden) return;
      else {
        await sleep(waitMs, (end) => {
          wake = end;
        });
      }
    }
  });
  draining = false;
  if (!document.hidden && nextBatch().length) schedule();
};

/** The page may be gone after this: hands what is not under way yet to the browser, without waiting for the lock. */
export const flushBeforeUnload = (): void => {
  wake();
  const batch = nextBatch();
  if (batch.length && !(toldToWait && performance.now() < notBefore)) void send(batch, true).then(schedule);
};

/** The network is back: what waits for no wish of the server's is tried at once. */
export const resume = (): void => {
  if (!toldToWait) notBefore = 0;
  wake();
  void drain();
};

/** Runs `work` while no other tab runs it. Where locks are missing or forbidden, it just runs. */
const alone = async (work: () => Promise<void>): Promise<unknown> => {
  const safely = () => work().catch(warn);
  return navigator.locks?.request("ds_q", safely).catch(safely) ?? safely();
};

const nextBatch = (): BrowserEvent[] =>
  isGranted(consentNow())
    ? waiting()
        .filter(({ id }) => !sending.has(id))
        .slice(0, MAX_BATCH_EVENTS)
    : [];

const send = async (events: BrowserEvent[], unloading: boolean): Promise<void> => {
  const body = JSON.stringify({
    write_key: settings.writeKey,
    sent_at: new Date().toISOString(),
    // What the visitor has just taken back holds at once, whatever the cookie still says.
    events: events.map((event) => ({ ...event, consent: deciding?.purposes })),
  });
  const path = settings.events ?? "/events";
  const bytes = byteLength(body);
  const ids = events.map(({ id }) => id);
  // Browsers allow 64 KiB of such requests at a time; older ones do not know them.
  const keepalive = "keepalive" in Request.prototype && bytesInFlight + bytes < MAX_QUEUE_BYTES;
  for (const id of ids) sending.add(id);
  bytesInFlight += bytes;
  const answer = await (unloading && !keepalive ? beacon(path, body) : call("POST", path, body, keepalive));
  bytesInFlight -= bytes;
  for (const id of ids) sending.delete(id);
  if (answer.retry) {
    toldToWait = !!answer.afterMs;
    notBefore = performance.now() + (answer.afterMs || backoffMs(++failures));
  } else {
    failures = 0;
    remove(ids);
  }
};

/** A beacon has no answer, so its events stay queued; if the page lives on, they are sent again. */
const beacon = async (path: string, body: string): Promise<Answer> => {
  navigator.sendBeacon(base + path, body);
  await sleep(BEACON_GRACE_MS);
  return { retry: true };
};
