/**
 * `npm run demo:traffic`: plays visitors through the running Worker, so that no page of the console and
 * the sandbox is empty. Settings: PORT (8787) or DOORSTEP_URL, DEMO_VISITORS (200), DEMO_CONCURRENCY (8),
 * DEMO_SECONDS (180, the longest it may run).
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Tally } from "./traffic/browser.ts";
import { note } from "./traffic/browser.ts";
import { personaOf } from "./traffic/persona.ts";
import { type LeftCart, playVisit } from "./traffic/visit.ts";

/** Carts are reminded of after a minute: the release's `cart_abandoned`. */
const REMINDED_AFTER_MS = 65_000;
/** So many of those who left one are waited for. */
const REMINDED = 10;

/** How a run is bounded. `progress` is told after each visitor. */
export type TrafficOptions = {
  origin: string;
  visitors: number;
  concurrency: number;
  seconds: number;
  progress?: (done: number, tally: Tally) => void;
};

/** Plays visitors until all have been or the time is over. One visitor's trouble is noted and ends only that visit. */
export async function playTraffic({
  origin,
  visitors,
  concurrency,
  seconds,
  progress,
}: TrafficOptions): Promise<Tally> {
  const tally: Tally = {
    visitors: 0,
    pages: 0,
    events: 0,
    accepted: 0,
    dropped: 0,
    rejected: 0,
    problems: new Map(),
  };
  const endsAt = Date.now() + seconds * 1000;
  const signal = AbortSignal.timeout(seconds * 1000);
  const runId = Date.now().toString(36).slice(-5);
  const carts: LeftCart[] = [];
  let next = 0;
  let done = 0;

  async function worker(): Promise<void> {
    while (next < visitors && !signal.aborted) {
      const number = next;
      next += 1;
      try {
        const cart = await playVisit(origin, personaOf(number, runId), tally, signal);
        if (cart) carts.push(cart);
      } catch (error) {
        note(
          tally,
          signal.aborted ? "a visit was cut short: the time was over" : `a visit failed: ${reason(error)}`,
        );
      }
      done += 1;
      progress?.(done, tally);
    }
  }

  await Promise.all(Array.from({ length: Math.min(concurrency, visitors) }, worker));
  for (const { leftAt, comeBack } of carts.slice(0, REMINDED)) {
    const at = leftAt + REMINDED_AFTER_MS;
    if (at >= endsAt) break;
    await sleep(Math.max(0, at - Date.now()));
    await comeBack().catch((error: unknown) => note(tally, `a visit failed: ${reason(error)}`));
  }
  return tally;
}

async function main(): Promise<void> {
  const origin = process.env.DOORSTEP_URL ?? `http://localhost:${process.env.PORT ?? 8787}`;
  const visitors = whole("DEMO_VISITORS", 200);
  try {
    const health = await fetch(new URL("/health", origin), { signal: AbortSignal.timeout(5000) });
    await health.body?.cancel();
    if (!health.ok) throw new Error(`/health answered ${health.status}`);
  } catch (error) {
    console.error(
      `No Worker at ${origin} (${reason(error)}). Start it with \`npm start\`, or set PORT or DOORSTEP_URL.`,
    );
    process.exitCode = 1;
    return;
  }

  const startedAt = performance.now();
  const tally = await playTraffic({
    origin,
    visitors,
    concurrency: whole("DEMO_CONCURRENCY", 8),
    seconds: whole("DEMO_SECONDS", 180),
    progress(done, { accepted }) {
      const line = `${done} of ${visitors} visitors, ${accepted} events accepted`;
      if (process.stdout.isTTY) process.stdout.write(`\r${line}`);
      else if (done % 50 === 0) console.log(line);
    },
  });
  if (process.stdout.isTTY) process.stdout.write("\n");

  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(
    `\n${tally.visitors} visitors opened ${tally.pages} pages in ${seconds} s and sent ${tally.events} events:`,
  );
  console.log(
    `  accepted ${tally.accepted}\n  dropped  ${tally.dropped} (no consent for them)\n  rejected ${tally.rejected}`,
  );
  for (const [problem, count] of tally.problems) console.log(`  ${count} × ${problem}`);
  if (tally.accepted + tally.dropped === 0) {
    console.error("The Worker took no event at all.");
    process.exitCode = 1;
  }
}

function whole(name: string, fallback: number): number {
  const value = Number(process.env[name] ?? fallback);
  return Number.isInteger(value) && value > 0 ? value : fallback;
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error && "code" in error.cause ? String(error.cause.code) : undefined;
  return cause ?? error.message;
}

if (import.meta.main) await main();
