/**
 * `npm run cost`: what a million events cost. Plays simulated traffic through the Worker's own handlers with bindings
 * that count, prices what they counted, and ends with one line: 5 events a request at 1,000 events/s.
 * `--quick` plays a tenth of it.
 */
import { dollars, totalDollars } from "./cost/meter.ts";
import {
  assumptions,
  besideNote,
  describe,
  type Finding,
  findingOf,
  smallSiteNote,
  summary,
  TARGET_DOLLARS,
  writesPerEvent,
} from "./cost/report.ts";
import { type Scenario, simulate } from "./cost/simulate.ts";

const HEADLINE: Scenario = {
  eventsPerSecond: 1000,
  eventsPerRequest: 5,
  visitors: 10_000,
  events: 100_000,
  isolates: 20,
  playsLater: true,
};
/** The others are played on fewer visitors: what they cost per event settles early. */
const FEWER = { visitors: 500, events: 5_000, playsLater: false };
const SMALL_SITE = { eventsPerSecond: 1, visitors: 100, events: 1_000, isolates: 2 };

const SCENARIOS: readonly Scenario[] = [
  { ...SMALL_SITE, eventsPerRequest: 1 },
  { ...SMALL_SITE, eventsPerRequest: 2 },
  { ...SMALL_SITE, eventsPerRequest: 5 },
  { ...HEADLINE, ...FEWER, eventsPerRequest: 1 },
  { ...HEADLINE, ...FEWER, eventsPerRequest: 2 },
  HEADLINE,
];

const quick = process.argv.includes("--quick");
const begun = performance.now();
console.log(`${assumptions()}\n`);

const findings: Finding[] = [];
for (const scenario of SCENARIOS) {
  const played = quick
    ? { ...scenario, visitors: scenario.visitors / 10, events: scenario.events / 10 }
    : scenario;
  const finding = findingOf(played, await simulate(played));
  findings.push(finding);
  console.log(describe(finding));
  // What was not answered was not billed either: such a figure would be worth nothing.
  if (finding.outcome.failures.size > 0) throw new Error("the traffic was not answered as it should be");
}

const headline = findings.at(-1);
const small = findings[2];
if (headline && small) {
  const total = totalDollars(headline.lines);
  console.log(`Dollars per million events:\n${summary(findings)}\n`);
  console.log(smallSiteNote(small));
  console.log(writesPerEvent(headline.outcome));
  console.log(besideNote(headline.outcome));
  console.log(
    `Target: at most ${dollars(TARGET_DOLLARS)} at ${HEADLINE.eventsPerRequest} events a request and ${HEADLINE.eventsPerSecond} events/s: ` +
      `${Number(total.toFixed(2)) <= TARGET_DOLLARS ? "ok" : "MISS"}. Played in ${Math.round((performance.now() - begun) / 1000)} s${quick ? ", a tenth of the traffic" : ""}.`,
  );
  console.log(dollars(total));
}
