/**
 * The state of one feature over events, kept by bucket of time (windows.ts), so that a window can move. A state is folded
 * by merging the state of a single event into it, and merging is commutative and associative: events may arrive in any
 * order, and a profile's state is the merge of its identifiers'. Every bound keeps what a total order ranks first, never
 * what came first, for that is what makes a bounded merge independent of the order. Pure; used by features.ts.
 */
import { fnv1a32 } from "#core/fnv";

/** What an event's field says. */
export type FieldValue = string | number;
type Timed = [at: number, value: FieldValue];
/** By bucket of the feature's window; a lifetime feature keeps all under 0. */
type Days<T> = Record<string, T>;

export type AggregateState =
  /** `count`, and `sum` in ten-thousandths: whole numbers add up to the same in every order, decimals do not. */
  | { n: Days<number> }
  /** `first` of each day. */
  | { f: Days<Timed> }
  /** `last`. */
  | { l: Timed }
  /** `distinct`: each value under the last day it was seen; sorted. */
  | { d: Days<string[]> }
  /** `top`: how often each value was seen that day; sorted by value. */
  | { t: Days<[value: string, count: number][]> }
  /** `min` and `max` of each day. */
  | { lo: Days<number> }
  | { hi: Days<number> }
  /** `recency`: epoch ms of the newest event. */
  | { r: number }
  /** Epoch ms of the first event ever: how long the history is that a ratio looks back on. */
  | { o: number }
  /** Of the newest session: when it began, a label of its id, and the state of its events; 0: it has none of them. */
  | { s: [startedAt: number, session: string, of: AggregateState | 0] }
  /** A sequence: of each step the newest times, ascending. */
  | { q: number[][] };

export const SUM_SCALE = 10_000;
export const MAX_DISTINCT = 100;
const MAX_TOP_PER_DAY = 20;
const MAX_TOP_LIFETIME = 100;
const MAX_TOP = 400;
const MAX_STEP_TIMES = 20;

/** Merge two states of the same aggregate; neither is changed. */
export function mergeStates(a: AggregateState, b: AggregateState): AggregateState {
  if ("n" in a && "n" in b) return { n: mergeDays(a.n, b.n, (x, y) => x + y) };
  if ("f" in a && "f" in b) return { f: mergeDays(a.f, b.f, (x, y) => (isBefore(x, y) ? x : y)) };
  if ("l" in a && "l" in b) return { l: isBefore(a.l, b.l) ? b.l : a.l };
  if ("d" in a && "d" in b) return { d: mergeDistinct(a.d, b.d) };
  if ("t" in a && "t" in b) return { t: mergeTop(a.t, b.t) };
  if ("lo" in a && "lo" in b) return { lo: mergeDays(a.lo, b.lo, Math.min) };
  if ("hi" in a && "hi" in b) return { hi: mergeDays(a.hi, b.hi, Math.max) };
  if ("r" in a && "r" in b) return { r: Math.max(a.r, b.r) };
  if ("o" in a && "o" in b) return { o: Math.min(a.o, b.o) };
  if ("s" in a && "s" in b) return mergeSessions(a, b);
  if ("q" in a && "q" in b) return { q: a.q.map((times, step) => mergeTimes(times, b.q[step] ?? [])) };
  return a; // Unreachable: a state is found by the hash of its definition, which says what aggregate it is.
}

type SessionState = Extract<AggregateState, { s: unknown }>;

/** The newest session holds alone; of two that began at once, the one whose label sorts last. */
function mergeSessions(a: SessionState, b: SessionState): SessionState {
  const [startedAt, session, own] = a.s;
  const [otherAt, other, others] = b.s;
  if (startedAt !== otherAt) return startedAt > otherAt ? a : b;
  if (session !== other) return session > other ? a : b;
  if (own === 0 || others === 0) return own === 0 ? b : a;
  return { s: [startedAt, session, mergeStates(own, others)] };
}

const mergeTimes = (a: readonly number[], b: readonly number[]): number[] =>
  [...a, ...b].sort((x, y) => x - y).slice(-MAX_STEP_TIMES);

/** The state without the buckets before this one. */
export function pruneState(state: AggregateState, from: number): AggregateState {
  if ("n" in state) return { n: since(state.n, from) };
  if ("f" in state) return { f: since(state.f, from) };
  if ("d" in state) return { d: since(state.d, from) };
  if ("t" in state) return { t: since(state.t, from) };
  if ("lo" in state) return { lo: since(state.lo, from) };
  if ("hi" in state) return { hi: since(state.hi, from) };
  return state;
}

/** The state of a session's events; of any other state itself. */
export const innerOf = (state: AggregateState): AggregateState | undefined =>
  "s" in state ? state.s[2] || undefined : state;

/** Buckets that a state has something in; of `last` and `recency`, which have no buckets, none. */
export function bucketsIn(state: AggregateState): number[] {
  const days =
    "n" in state
      ? state.n
      : "f" in state
        ? state.f
        : "d" in state
          ? state.d
          : "t" in state
            ? state.t
            : "lo" in state
              ? state.lo
              : "hi" in state
                ? state.hi
                : {};
  return Object.keys(days).map(Number);
}

/** The value with the highest count; of equal counts the one that sorts first. */
export function topOf(counts: Iterable<readonly [value: string, count: number]>): string | undefined {
  let best: readonly [string, number] | undefined;
  for (const one of counts) {
    if (!best || one[1] > best[1] || (one[1] === best[1] && one[0] < best[0])) best = one;
  }
  return best?.[0];
}

/** All days of a `top` added up. */
export function totals(days: Days<[value: string, count: number][]>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const day of Object.values(days)) {
    for (const [value, count] of day) counts.set(value, (counts.get(value) ?? 0) + count);
  }
  return counts;
}

/** Earlier first; at the same moment the one that sorts first, so that the order of arrival never decides. */
function isBefore([at, value]: Timed, [otherAt, other]: Timed): boolean {
  return at !== otherAt ? at < otherAt : JSON.stringify(value) < JSON.stringify(other);
}

function since<T>(days: Days<T>, from: number): Days<T> {
  const kept: Days<T> = {};
  for (const [day, value] of Object.entries(days)) if (Number(day) >= from) kept[day] = value;
  return kept;
}

function mergeDays<T>(a: Days<T>, b: Days<T>, merge: (x: T, y: T) => T): Days<T> {
  const merged = { ...a };
  for (const [day, value] of Object.entries(b)) {
    const known = merged[day];
    merged[day] = known === undefined ? value : merge(known, value);
  }
  return merged;
}

/** Keeps the values seen most lately. A value that was dropped is outranked by a hundred others, and stays so. */
function mergeDistinct(a: Days<string[]>, b: Days<string[]>): Days<string[]> {
  const lastDay = new Map<string, number>();
  for (const days of [a, b]) {
    for (const [day, values] of Object.entries(days)) {
      for (const value of values) lastDay.set(value, Math.max(lastDay.get(value) ?? 0, Number(day)));
    }
  }
  let entries = [...lastDay];
  if (entries.length > MAX_DISTINCT) {
    entries = entries.sort((x, y) => y[1] - x[1] || order(x[0], y[0])).slice(0, MAX_DISTINCT);
  }
  const merged: Days<string[]> = {};
  for (const [value, day] of entries) {
    const values = merged[day];
    if (values) values.push(value);
    else merged[day] = [value];
  }
  for (const values of Object.values(merged)) values.sort(order);
  return merged;
}

/**
 * Which values of a crowded day are kept is drawn by hash of day and value: a draw does not know the order of arrival,
 * and another day's draw is another one. A kept value's count is exact.
 */
function mergeTop(a: Days<[string, number][]>, b: Days<[string, number][]>): Days<[string, number][]> {
  const merged = mergeDays(a, b, (x, y) => [...totals({ x, y })].sort(byValue));
  let room = MAX_TOP;
  // Integer keys come in ascending order: the newest day is the last.
  for (const day of Object.keys(merged).reverse()) {
    const counts = merged[day] ?? [];
    const kept = Math.min(room, day === "0" ? MAX_TOP_LIFETIME : MAX_TOP_PER_DAY);
    if (kept === 0) delete merged[day];
    else if (counts.length > kept) merged[day] = draw(day, counts, kept);
    room -= Math.min(kept, counts.length);
  }
  return merged;
}

const draw = (day: string, counts: [string, number][], kept: number): [string, number][] =>
  counts
    .map((one) => ({ one, rank: fnv1a32(day + one[0]) }))
    .sort((x, y) => x.rank - y.rank || byValue(x.one, y.one))
    .slice(0, kept)
    .map(({ one }) => one)
    .sort(byValue);

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const byValue = (a: [string, number], b: [string, number]): number => order(a[0], b[0]);
