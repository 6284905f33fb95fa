/**
 * What consent costs. Of a collect request: its CPU with and without a consent manager's cookies, and the share of it that
 * reading their known string and deciding take; and of a string that was never seen, by what the decoder alone takes.
 */
import { join } from "node:path";
import { decideConsent, recordOf } from "#consent/decide";
import type { Policy } from "#contracts/definitions/policy";
import { consentCookieNames, consentSignals } from "#door/consent-signals";
import { checkOurs } from "./check.ts";
import { type ConsentStringCost, measureConsentStrings } from "./consent-strings.ts";
import { loadBlock } from "./load.ts";
import type { Rotations } from "./ratios.ts";
import { describeFigure } from "./report.ts";
import { consentCookies, consentRequest } from "./requests/consent.ts";
import { eventRequest } from "./requests/native.ts";
import { writeRequests } from "./requests/request.ts";
import { ofEach } from "./requests/sender.ts";
import { type Quartiles, quartiles } from "./statistics.ts";
import type { BenchVisitor } from "./visitors.ts";
import type { Server } from "./workerd.ts";

/** Of a request's CPU, at most. */
const MAX_SHARE = 0.15;
/** A string that was never seen, over the decoder alone. */
const MAX_FIRST_SEEN = 1.2;

/** Of 150 strings each: a second altogether. */
const STRING_ROTATIONS = 12;

interface Given {
  folder: string;
  now: number;
  visitors: readonly BenchVisitor[];
  policy: Policy;
  rotations: Rotations;
}

/** Prints. */
export async function reportConsent(server: Server, given: Given): Promise<void> {
  const { plain, managed } = await underLoad(server, given);
  const deciding = await measureDeciding(given);
  const strings = await measureConsentStrings(STRING_ROTATIONS);
  console.log(describeConsent({ plain, managed, deciding, strings }));
}

export interface ConsentCost {
  /** CPU µs per request: with our cookies alone, and with a consent manager's besides. */
  plain: Quartiles;
  managed: Quartiles;
  /** µs of one decision with signals and record. */
  deciding: Quartiles;
  strings: ConsentStringCost;
}

export function describeConsent({ plain, managed, deciding, strings }: ConsentCost): string {
  const range = ({ lower, median, upper }: Quartiles) =>
    `${median.toFixed(1)} (${lower.toFixed(1)}–${upper.toFixed(1)})`;
  const share = deciding.median / managed.median;
  return [
    "Consent of a collect request, one event of 1 kB",
    `  CPU µs with our own cookies ${range(plain)}, with a TCF string and OneTrust's besides ${range(managed)}`,
    `  µs to read the known string and the banner, and to decide (Node): ${range(deciding)}`,
    describeFigure("share of the request", `${(share * 100).toFixed(1)} %`, "≤ 15 %", share <= MAX_SHARE),
    `  µs of a string: the decoder alone ${range(strings.decoder)}, first seen ${range(strings.firstSeen)}, known ${range(strings.known)}`,
    describeFigure(
      "first seen over the decoder",
      strings.ratio.toFixed(2),
      "≤ 1.2",
      strings.ratio <= MAX_FIRST_SEEN,
    ),
    "",
  ].join("\n");
}

/** Both kinds of requests in blocks that take turns. */
async function underLoad(server: Server, { folder, now, visitors, rotations }: Given) {
  const kinds = [
    { file: join(folder, "plain"), make: (visitor: BenchVisitor) => eventRequest(visitor, 1, now) },
    { file: join(folder, "managed"), make: (visitor: BenchVisitor) => consentRequest(visitor, now) },
  ];
  const cpu: number[][] = [[], []];
  for (const { file, make } of kinds) {
    const requests = ofEach(visitors, make);
    await checkOurs(server, requests);
    await writeRequests(file, requests);
    await loadBlock(server, file, rotations.warmSeconds);
  }
  for (let rotation = 0; rotation < rotations.rotations; rotation++)
    for (const [n, { file }] of kinds.entries())
      cpu[n]?.push((await loadBlock(server, file, rotations.seconds)).cpuMicros);
  return { plain: quartiles(cpu[0] ?? []), managed: quartiles(cpu[1] ?? []) };
}

/** Decisions of one block. */
const DECISIONS = 20_000;

/** In Node, whose engine is workerd's: inside workerd no clock runs while code does. */
async function measureDeciding({ policy, now, rotations }: Given): Promise<Quartiles> {
  const names = consentCookieNames(policy);
  const visitors = Array.from({ length: 200 }, (_, number) => {
    const cookies = consentCookies(number, now);
    return names.map((name) => cookies[name]);
  });
  for (const values of visitors) await consentSignals(values, 0, policy, []);
  const micros: number[] = [];
  for (let rotation = -2; rotation < rotations.rotations; rotation++) {
    const started = performance.now();
    let granted = 0;
    for (let n = 0; n < DECISIONS; n++) {
      const signals = consentSignals(visitors[n % visitors.length] ?? [], 0, policy, []);
      if (signals instanceof Promise) throw new Error("a known string was read again");
      const given = { now, country: "SK", region: "BL", gpc: false, signals };
      granted += decideConsent(policy, given).granted.length;
      if (recordOf(policy, given, "visitor_id:1.bench")) granted++;
    }
    const each = ((performance.now() - started) * 1000) / DECISIONS;
    if (rotation >= 0 && granted !== DECISIONS * 4)
      throw new Error(`${granted} purposes and records were decided`);
    if (rotation >= 0) micros.push(each);
  }
  return quartiles(micros);
}
