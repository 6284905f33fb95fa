/** The cost meter's findings as text. */
import { LATER_DAYS } from "./later.ts";
import { difference, dollars, type Line, monthlyDollars, priceLines, totalDollars } from "./meter.ts";
import { ASSUMED_SECONDS_PER_CALL } from "./objects.ts";
import { PAGE_FILL_MS } from "./page-stream.ts";
import { PRICES_READ_AT, type Unit } from "./prices.ts";
import type { Outcome, Scenario } from "./simulate.ts";
import { TRAFFIC_NOTES } from "./traffic.ts";

/** Dollars per million events at most, in the headline scenario. */
export const TARGET_DOLLARS = 1.2;
/** What one event writes at most, in the headline scenario. */
const TARGETS_PER_EVENT = [
  { unit: "rowsWritten", name: "D1 rows written", most: 0.3 },
  { unit: "kvWrites", name: "KV writes", most: 0.03 },
] as const satisfies { unit: Unit; name: string; most: number }[];
const SECONDS_A_MONTH = 30 * 86_400;

export interface Finding {
  scenario: Scenario;
  outcome: Outcome;
  lines: Line[];
}

export const findingOf = (scenario: Scenario, outcome: Outcome): Finding => ({
  scenario,
  outcome,
  lines: priceLines(outcome.counts, outcome.accepted),
});

/** What is assumed, before any figure. */
export const assumptions = (): string =>
  [
    `Dollars per million accepted events, at the prices of ${PRICES_READ_AT} (bench/cost/prices.ts), before what the plan includes.`,
    "The Worker's own handlers; bindings count; D1 is Miniflare's, with its own count of rows; time is virtual; batches are",
    "formed under wrangler.toml's settings, each queue as one stream. Assumed:",
    ...TRAFFIC_NOTES.map((note) => `  - ${note}`),
    "  - every HTTP request, queue batch and schedule run is one Worker request, though the price list speaks of inbound ones",
    `  - CPU is that of the handlers in Node on this machine, and ${PAGE_FILL_MS} ms for each page with filled slots`,
    `  - a Durable Object is busy for ${ASSUMED_SECONDS_PER_CALL * 1000} ms a call, and sleeps unbilled in between`,
    '  - the release is the demo\'s without its pages under /try and the segment "active": everybody is in that one, which costs a',
    "    write to KV and an index row for each visitor",
    "  - storage is not in it: it grows with what is kept, not with events",
  ].join("\n");

/** One scenario: units, dollars, and what it was measured on. */
export function describe({ scenario, outcome, lines }: Finding): string {
  const { eventsPerSecond, eventsPerRequest, visitors, isolates } = scenario;
  const asked = Object.entries(outcome.requests)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(", ");
  const batches = [...outcome.batches]
    .map(([queue, { batches: n, messages }]) => `${queue} ${messages} messages in ${n} batches`)
    .join(", ");
  // What no handler did: the queues themselves.
  const rest = [...outcome.causes.values()].reduce(difference, outcome.counts);
  const failed = [...outcome.failures].map(([what, count]) => `${count} × ${what}`).join(", ");
  return [
    `${eventsPerRequest} events a request, ${eventsPerSecond} events/s: ${dollars(totalDollars(lines))}`,
    `  ${outcome.accepted} events of ${visitors} visitors over ${Math.round(outcome.seconds)} s, ${isolates} isolates; requests: ${asked}`,
    `  queues: ${batches}`,
    ...(failed ? [`  NOT ANSWERED AS EXPECTED: ${failed}`] : []),
    ...lines.map(
      ({ product, unit, amount, dollars: cost }) =>
        `  ${product.padEnd(16)}${unit.padEnd(20)}${Math.round(amount).toLocaleString("en").padStart(12)}${`$${cost.toFixed(4)}`.padStart(11)}`,
    ),
    "  by cause:",
    ...[...outcome.causes, ["queue reads, deletes", rest] as const].map(([cause, counts]) => {
      const caused = priceLines(counts, outcome.accepted).toSorted((a, b) => b.dollars - a.dollars);
      const most = caused
        .filter((line) => line.dollars > 0.0005)
        .slice(0, 3)
        .map((line) => `${line.product} ${line.unit} $${line.dollars.toFixed(3)}`)
        .join(", ");
      return `  ${cause.padEnd(22)}${`$${totalDollars(caused).toFixed(3)}`.padStart(8)}  ${most}`;
    }),
    "",
  ].join("\n");
}

/** All scenarios side by side. */
export function summary(findings: readonly Finding[]): string {
  const rates = [...new Set(findings.map(({ scenario }) => scenario.eventsPerSecond))];
  const perRequest = [...new Set(findings.map(({ scenario }) => scenario.eventsPerRequest))];
  const cell = (rate: number, each: number) => {
    const found = findings.find(
      ({ scenario }) => scenario.eventsPerSecond === rate && scenario.eventsPerRequest === each,
    );
    return (found ? dollars(totalDollars(found.lines)) : "-").padStart(16);
  };
  return [
    `${"".padEnd(14)}${perRequest.map((each) => `${each} a request`.padStart(16)).join("")}`,
    ...rates.map(
      (rate) => `${`${rate} events/s`.padEnd(14)}${perRequest.map((each) => cell(rate, each)).join("")}`,
    ),
  ].join("\n");
}

/** What an event writes, each beside its target, and what caused it. */
export const writesPerEvent = ({
  counts,
  accepted,
  causes,
}: Pick<Outcome, "counts" | "accepted" | "causes">): string =>
  TARGETS_PER_EVENT.map(({ unit, name, most }) => {
    const each = counts[unit] / accepted;
    const by = [...causes]
      .filter(([, caused]) => caused[unit] > 0)
      .sort(([, x], [, y]) => y[unit] - x[unit])
      .map(([cause, caused]) => `${cause} ${(caused[unit] / accepted).toFixed(4)}`);
    return `${name} per event: ${each.toFixed(4)} (${by.join(", ")}), target at most ${most}: ${each <= most ? "ok" : "MISS"}.`;
  }).join("\n");

/** What comes beside an event's own cost: the day's own work, and what time alone does later. */
export function besideNote({
  accepted,
  daily,
  later,
}: Pick<Outcome, "accepted" | "daily" | "later">): string {
  const day =
    `Not in it: the schedule's first run of the day, which counts all people, wrote ${daily.rowsWritten} rows and ${daily.kvWrites} times to KV, ` +
    "once a day, with what was due since the day before.";
  if (!later) return day;
  const lines = priceLines(later, accepted);
  return [
    day,
    `Nor what time alone does to these visitors in the ${LATER_DAYS} days after, if none of them comes back: ${dollars(totalDollars(lines))} per million events ` +
      `(${(later.rowsWritten / accepted).toFixed(4)} rows and ${(later.kvWrites / accepted).toFixed(4)} writes to KV an event).`,
  ].join("\n");
}

/** What a small site pays after the plan's included amounts. */
export function smallSiteNote({ scenario, lines }: Finding): string {
  const events = scenario.eventsPerSecond * SECONDS_A_MONTH;
  return (
    `At ${scenario.eventsPerSecond} event/s (${(events / 1e6).toFixed(1)} million a month, ${scenario.eventsPerRequest} a request) the plan's included amounts leave ` +
    `${dollars(monthlyDollars(lines, events))} a month to pay beyond its $5.`
  );
}
