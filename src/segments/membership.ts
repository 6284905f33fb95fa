/**
 * Which segments a person is in: each segment's condition over the person's attributes, and only those segments whose
 * purpose the person has granted. A condition may ask for other segments. Each is found out when it is asked for, and once
 * for the same attributes. Called by ingest over facts, and by slots over the edge snapshot and the session.
 */
import type { Condition } from "#contracts/definitions/condition";
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { Purpose } from "#contracts/taxonomy";
import { compileCondition, type Predicate } from "#core/condition";

export interface CompiledSegment {
  name: string;
  purpose: Purpose;
  test: Predicate;
}

/** Attributes of conditions, by name. They must not be changed once a segment was asked for. */
type Attributes = Record<string, unknown>;

interface Membership {
  segments: CompiledSegment[];
  tests: Map<string, Predicate>;
}

const compiled = new WeakMap<ReleaseDocument, Membership>();
const forced = new WeakMap<Attributes, ReadonlySet<string>>();

/** Of these attributes it is said which segments they are in, and not found out: a preview. */
export function forceSegments(attributes: Attributes, names: Iterable<string>): void {
  forced.set(attributes, new Set(names));
}

/** The release's segments in order of name, compiled once per document. */
export const compileSegments = (document: ReleaseDocument): CompiledSegment[] =>
  membershipIn(document).segments;

/** Whether somebody is in the segment, whatever its purpose; nobody is in one that the release does not have. */
export const memberTest = (document: ReleaseDocument, name: string): Predicate =>
  membershipIn(document).tests.get(name) ?? never;

/** A condition that may ask for segments: only those that it names are found out. */
export const compileAudience = (document: ReleaseDocument, condition: Condition): Predicate =>
  compileAsking(condition, (name) => memberTest(document, name));

/** Names of the segments that hold, sorted. */
export function segmentsOf(
  attributes: Attributes,
  segments: readonly CompiledSegment[],
  granted: ReadonlySet<Purpose> | readonly Purpose[],
): string[] {
  const names: string[] = [];
  for (const { name, purpose, test } of segments) {
    const allowed = "has" in granted ? granted.has(purpose) : granted.includes(purpose);
    if (allowed && test(attributes)) names.push(name);
  }
  return names;
}

function membershipIn(document: ReleaseDocument): Membership {
  const known = compiled.get(document);
  if (known) return known;
  const entries = Object.entries(document.segments).sort(([a], [b]) => (a < b ? -1 : 1));
  const tests = new Map<string, Predicate>();
  // A decision asks about one visitor in one go, so each segment keeps its answer for those who were asked about last. A
  // table of all answers for each of them would take longer to make than most of what it saves.
  let last: Attributes | undefined;
  let forcedOfLast: ReadonlySet<string> | undefined;
  let turn = 0;
  const segments = entries.map(([name, { purpose, when }]) => {
    let answeredIn = 0;
    let answer = false;
    // The others may not be compiled yet: they are looked up when the condition is asked.
    const holds = compileAsking(when, (other) => (attributes) => tests.get(other)?.(attributes) ?? false);
    const test: Predicate = (attributes) => {
      if (attributes !== last) {
        last = attributes;
        forcedOfLast = forced.get(attributes);
        turn++;
      }
      if (answeredIn === turn) return answer;
      answeredIn = turn;
      // A segment that asks for itself, which no release may have, is one that nobody is in.
      answer = false;
      const isIn = forcedOfLast ? forcedOfLast.has(name) : holds(attributes);
      if (attributes === last) answer = isIn;
      return isIn;
    };
    tests.set(name, test);
    return { name, purpose, test };
  });
  const membership = { segments, tests };
  compiled.set(document, membership);
  return membership;
}

const never: Predicate = () => false;

/** As `compileCondition`; a clause that names segments asks for those alone. */
function compileAsking(condition: unknown, testOf: (name: string) => Predicate): Predicate {
  if (!asksForSegments(condition)) return compileCondition(condition as Condition); // any shape has a meaning
  const tests = Object.entries(condition).map(([key, value]): Predicate => {
    const inner = () => (value as unknown[]).map((one) => compileAsking(one, testOf)); // see isList
    if (key === "$and" && isList(value)) return every(inner());
    if (key === "$or" && isList(value)) return some(inner(), true);
    if (key === "$nor" && isList(value)) return not(some(inner(), true));
    if (key === "$not") return isObject(value) ? not(compileAsking(value, testOf)) : never;
    return (key === "segments" && membersOf(value, testOf)) || compileCondition({ [key]: value });
  });
  return every(tests);
}

/** `{$in: ["loyal"]}` and its kin; undefined where something else is asked of the list, which then has to be known whole. */
function membersOf(value: unknown, testOf: (name: string) => Predicate): Predicate | undefined {
  if (!isObject(value)) return undefined;
  const tests: Predicate[] = [];
  for (const [operator, names] of Object.entries(value)) {
    if (!isList(names) || !names.every((name) => typeof name === "string")) return undefined;
    const members = names.map(testOf);
    if (operator === "$in") tests.push(some(members));
    else if (operator === "$nin") tests.push(not(some(members)));
    else if (operator === "$all") tests.push(every(members));
    else return undefined;
  }
  return tests.length > 0 ? every(tests) : undefined;
}

function asksForSegments(condition: unknown): condition is Record<string, unknown> {
  if (!isObject(condition)) return false;
  return Object.entries(condition).some(
    ([key, value]) =>
      key === "segments" ||
      (key.startsWith("$") && (isList(value) ? value.some(asksForSegments) : asksForSegments(value))),
  );
}

const isList = Array.isArray as (value: unknown) => value is unknown[];
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const every = (tests: readonly Predicate[]): Predicate => {
  const [only] = tests;
  return only && tests.length === 1 ? only : (attributes) => tests.every((test) => test(attributes));
};
/** @param ofNone what holds of no tests at all: the grammar says of `$or` that it does */
const some =
  (tests: readonly Predicate[], ofNone = false): Predicate =>
  (attributes) =>
    tests.length === 0 ? ofNone : tests.some((test) => test(attributes));
const not =
  (test: Predicate): Predicate =>
  (attributes) =>
    !test(attributes);
