/**
 * What reading a consent string costs: one that was never seen, by what the decoder alone takes, and one that is known.
 * In Node, whose engine is workerd's: inside workerd no clock runs while code does.
 */
import { TCString } from "@iabtechlabtcf/core";
import { type ConsentString, readStrings } from "#consent/signals/strings";
import { readTcf } from "#consent/signals/tcf";
import { tcfPolicySchema } from "#contracts/definitions/policy";
import { tcfString } from "../../test/setup/tcf-strings.ts";
import { type Chance, seededChance } from "../cost/random.ts";
import { type Quartiles, quartiles } from "./statistics.ts";

export interface ConsentStringCost {
  /** µs per string. */
  decoder: Quartiles;
  firstSeen: Quartiles;
  known: Quartiles;
  /** The median of first seen strings over that of the decoder alone: 1.2 is 20 % more. */
  ratio: number;
}

/** Different strings of a block. */
const STRINGS = 150;

/**
 * Measure in blocks that take turns, each of strings that nothing has seen before.
 * @throws Error where a string is not read as what it is
 */
export async function measureConsentStrings(rotations: number): Promise<ConsentStringCost> {
  const policy = tcfPolicySchema.parse({});
  const chance = seededChance(20_261_122);
  const block = () => Array.from({ length: STRINGS }, () => realisticString(chance));
  const decode = (text: string) => TCString.decode(text).purposeConsents.has(1);
  const read = (text: string) => readTcf(text, policy).says.analytics === "granted";
  for (const text of block())
    if (decode(text) !== read(text)) throw new Error(`${text} is not read as it was made`);
  for (let warm = 0; warm < 3; warm++) {
    microsEach(block(), decode);
    microsEach(block(), read);
  }
  const decoder: number[] = [];
  const firstSeen: number[] = [];
  const known: number[] = [];
  for (let rotation = 0; rotation < rotations; rotation++) {
    // Who comes second finds the caches warm: each does in turn.
    const readFirst = rotation % 2 === 1;
    if (readFirst) firstSeen.push(microsEach(block(), read));
    decoder.push(microsEach(block(), decode));
    if (!readFirst) firstSeen.push(microsEach(block(), read));

    const wanted = block().map((text): ConsentString[] => [{ kind: "tcf", text }]);
    for (const one of wanted) await readStrings(one, policy);
    known.push(microsEach(wanted, (one) => isKnown(one, policy)));
  }
  const [alone, ours] = [quartiles(decoder), quartiles(firstSeen)];
  return { decoder: alone, firstSeen: ours, known: quartiles(known), ratio: ours.median / alone.median };
}

function isKnown(wanted: readonly ConsentString[], policy: Parameters<typeof readStrings>[1]): boolean {
  const read = readStrings(wanted, policy);
  if (read instanceof Promise) throw new Error("a known string was read again");
  return wanted.map(read).every(({ invalid }) => invalid === undefined);
}

function microsEach<T>(all: readonly T[], use: (one: T) => boolean): number {
  let yes = 0;
  const started = performance.now();
  for (const one of all) if (use(one)) yes++;
  const micros = (performance.now() - started) * 1000;
  if (yes === 0) throw new Error("no string says yes: they were not read");
  return micros / all.length;
}

const VENDORS = 1400;
const ALL_PURPOSES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

/**
 * Of a site with 1,000 vendors that some visitors accept as they are, some in part and some not at all: in a bit for each
 * vendor, or in ranges.
 */
function realisticString({ next, hits }: Chance): string {
  const disclosed = Array.from({ length: VENDORS }, (_, at) => at + 1).filter(() => hits(0.72));
  const choice = next();
  const vendors = choice < 0.6 ? disclosed : choice < 0.8 ? disclosed.filter(() => hits(0.5)) : [];
  const interested = choice < 0.8 ? disclosed.filter(() => hits(0.4)) : [];
  const start = 1 + Math.floor(next() * 40);
  return tcfString({
    created: Date.UTC(2026, 5, 1 + Math.floor(next() * 28)),
    updated: Date.UTC(2026, 6, 1),
    cmpId: 2 + Math.floor(next() * 400),
    purposes: choice < 0.8 ? ALL_PURPOSES : [],
    interests: choice < 0.8 ? [2, 7, 8, 9, 10, 11] : [],
    vendors: hits(0.7) ? vendors : { ranges: runsOf(vendors.filter((id) => id % 9 > 1)).slice(0, 60) },
    vendorInterests: interested,
    restrictions: hits(0.2) ? [{ purpose: 2, type: 1, vendors: [[start, start + 60]] }] : [],
    disclosed,
    publisher: hits(0.5) ? { purposes: choice < 0.8 ? ALL_PURPOSES : [] } : undefined,
  });
}

function runsOf(ids: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const id of ids) {
    const last = runs.at(-1);
    if (last && last[1] === id - 1) last[1] = id;
    else runs.push([id, id]);
  }
  return runs;
}
