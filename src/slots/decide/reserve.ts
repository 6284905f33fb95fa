/**
 * Exact caps: the visitor's object is asked for the offers that would win, and for no others. Whoever is refused loses, the
 * page is decided again without them, and the next best are asked for, as long as the slot can wait. Called by
 * for-request.ts.
 */
import { logError } from "#core/log";
import { type Recent, recent } from "#door/recent";
import { isIdle } from "#door/session";
import { unitOf } from "#segments/unit";
import { type Given, type Reached, reached } from "../caps.ts";
import { type DecideInput, type Decision, decide } from "../decide.ts";
import { type CapAnswer, type CapAsk, type Visitor, visitorObject } from "../visitor-object.ts";
import { type CompiledOffer, compileOffers } from "./compile.ts";

export interface ReserveDeps {
  visitors: DurableObjectNamespace<Visitor>;
  clock(): number;
  startTimer(ms: number, fire: () => void): () => void;
  waitUntil(work: Promise<unknown>): void;
}

export interface Reserved {
  decisions: Decision[];
  /** Offer → the cap that is reached, of those that were refused. */
  full: ReadonlyMap<string, Reached>;
  /** Give back what was taken for these slots, after the answer: the page did not have them. */
  giveBack(slots: (slot: string) => boolean): void;
}

/** Answers tell of all exact caps, so that two rounds decide unless somebody else takes the last one meanwhile. */
const MAX_ROUNDS = 3;
const NONE_FULL: ReadonlyMap<string, Reached> = new Map();

/**
 * The decisions; a promise only where an exact cap may have to be asked.
 * @param until epoch ms by `clock`: what has not been answered by then loses
 */
export function decideWithCaps(
  input: DecideInput,
  until: () => number,
  deps: ReserveDeps,
): Reserved | Promise<Reserved> {
  const { unit } = input;
  const { exact } = compileOffers(input.document);
  if (exact.length === 0 || unit === undefined || input.withoutCaps)
    return { decisions: decide(input), full: NONE_FULL, giveBack: nothingTaken };
  return decideAsking(input, exact, unit, until(), deps);
}

const nothingTaken = (): void => {};

async function decideAsking(
  input: DecideInput,
  exact: readonly CompiledOffer[],
  unit: string,
  until: number,
  deps: ReserveDeps,
): Promise<Reserved> {
  const { now } = input;
  const session = sessionOf(input);
  const refused = new Map<string, string>();
  const full = new Map<string, Reached>();
  const taken = new Map<string, Taken>();
  const learn = (given: Readonly<Record<string, Given>>) => {
    for (const { key, exact: caps } of exact) {
      const cap = taken.has(key) ? undefined : reached(own(given, key), caps, session, now);
      if (cap) refuse(key, cap);
    }
  };
  const refuse = (key: string, cap: Reached) => {
    refused.set(key, `cap_exact:${cap.per}`);
    full.set(key, cap);
  };
  const known = memoryOf(deps).get(unit);
  if (known && now - known.at < REMEMBERED_MS) learn(known.given);

  let decisions = decide({ ...input, refused });
  for (let round = 1; ; round++) {
    const winners = new Set(decisions.map(({ offer }) => offer));
    const asked = exact.filter(({ key }) => winners.has(key) && !taken.has(key));
    if (asked.length === 0) break;
    const answer = round > MAX_ROUNDS ? undefined : await ask(unit, asked, session, until, deps);
    if (answer) {
      for (const [n, offer] of asked.entries()) {
        const cap = answer.refused[n];
        if (cap) refuse(offer.key, cap);
        else taken.set(offer.key, { offer, at: answer.at });
      }
      learn(answer.given);
      memoryOf(deps).keep(unit, { given: answer.given, at: now });
    } else {
      for (const { key } of exact) if (!taken.has(key) && !refused.has(key)) refused.set(key, "cap_unknown");
    }
    decisions = decide({ ...input, refused });
  }
  const giveBack = (slots: (slot: string) => boolean) => {
    const back = [...taken.values()].filter(({ offer }) => slots(offer.offer.slot));
    for (const { offer } of back) taken.delete(offer.key);
    release(unit, back, session, deps);
  };
  // Of two that were taken one may have had to go for a third that somebody's refusal let in.
  const winners = new Map(decisions.map(({ slot, offer }) => [slot, offer]));
  const lost = [...taken.values()].filter(({ offer }) => winners.get(offer.offer.slot) !== offer.key);
  for (const { offer } of lost) taken.delete(offer.key);
  release(unit, lost, session, deps);
  return { decisions, full, giveBack };
}

/**
 * The visitor's session as the object knows it: by its number, so that the first page of the next one, which comes before
 * any event has begun it, counts for that; and by browser, since a person's browsers share the object.
 */
const sessionOf = ({ session, visitor = "", now }: DecideInput): string =>
  `${session ? session.number + (isIdle(session, now) ? 1 : 0) : 1}.${unitOf(visitor)}`;

interface Taken {
  offer: CompiledOffer;
  /** By the object's clock. */
  at: number;
}

const toAsk = ({ key, exact }: CompiledOffer): CapAsk => ({
  offer: key,
  caps: exact.map(({ per, count }) => ({ per, count })),
});

/** Undefined where there is no answer in time; what it would have taken is given back when it comes. */
function ask(
  unit: string,
  offers: readonly CompiledOffer[],
  session: string,
  until: number,
  deps: ReserveDeps,
): Promise<CapAnswer | undefined> {
  const ms = until - deps.clock();
  if (ms <= 0) return Promise.resolve(undefined);
  const asks = offers.map(toAsk);
  return new Promise((resolve) => {
    let isLate = false;
    const call = Promise.resolve()
      .then(() => visitorObject(deps.visitors, unit).reserve(asks, session))
      .then(
        (answer) => {
          if (!isLate) return answer;
          const back = offers.flatMap((offer, n) => (answer.refused[n] ? [] : [{ offer, at: answer.at }]));
          release(unit, back, session, deps);
          return undefined;
        },
        (error: unknown) => {
          logError("an exact cap cannot be asked", error);
          return undefined;
        },
      );
    const stop = deps.startTimer(ms, () => {
      isLate = true;
      resolve(undefined);
      deps.waitUntil(call);
    });
    void call.then((answer) => {
      stop();
      resolve(answer);
    });
  });
}

function release(unit: string, back: readonly Taken[], session: string, deps: ReserveDeps): void {
  for (const [at, some] of Map.groupBy(back, (one) => one.at)) {
    const asks = some.map(({ offer }) => toAsk(offer));
    const done = visitorObject(deps.visitors, unit).release(asks, session, at);
    // What it did not take back stays counted: a cap may be reached too early, never too late.
    deps.waitUntil(done.catch((error: unknown) => logError("an exact cap was not given back", error)));
  }
  if (back.length > 0) memoryOf(deps).keep(unit, { given: {}, at: 0 });
}

/** Who has reached a cap asks for a while no more: it would be a call with each of their pages. */
const REMEMBERED_MS = 30_000;
const MAX_REMEMBERED = 2_000;

interface Remembered {
  given: Readonly<Record<string, Given>>;
  at: number;
}
const memories = new WeakMap<DurableObjectNamespace<Visitor>, Recent<Remembered>>();

function memoryOf({ visitors }: Pick<ReserveDeps, "visitors">): Recent<Remembered> {
  let memory = memories.get(visitors);
  if (!memory) {
    memory = recent(MAX_REMEMBERED);
    memories.set(visitors, memory);
  }
  return memory;
}

const own = (given: Readonly<Record<string, Given>>, key: string): Given | undefined =>
  Object.hasOwn(given, key) ? given[key] : undefined;
