/**
 * A release's mappings over what a destination type's own `map` has made of an event. Pure, and compiled once for each
 * definition; called by deliver.ts for each item, and by the dry run. docs/mapping.md is its specification.
 *
 * What a type has skipped or failed stays so: it is the type that knows what its vendor can take, and that whom the event
 * is about can be named there. What says whose an event is, what was agreed to and what is proved is never changed
 * (fixed.ts). The result is a body that the type's schema takes, or a failure: nothing is sent in between.
 */
import type { Mapping } from "#contracts/definitions/mapping";
import type { Traits } from "#contracts/event";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import { compileCondition, type Predicate } from "#core/condition";
import type { DestinationType, MapResult } from "../destinations/contract.ts";
import { BUDGET, type Budget, compileExpression, type Evaluate } from "./compile.ts";
import { changedFixed } from "./fixed.ts";
import { type Modes, takesModes } from "./modes.ts";
import { BLOCKED, isRecord, without, withValue } from "./place.ts";
import { scopeOf } from "./scope.ts";

export interface Given {
  event: DeliveryEvent;
  traits: Traits;
  type: DestinationType;
  /** As the type's schema has parsed them. */
  settings: unknown;
}

interface Step {
  when: Predicate | undefined;
  skip: boolean;
  set: { path: string; parts: string[]; value: Evaluate }[];
  remove: string[][];
  modes: Modes;
}

/** By the name of the event. */
const compiled = new WeakMap<readonly Mapping[], ReadonlyMap<string, readonly Step[]>>();

/** What becomes of the event. Never throws. */
export function applyMappings(
  mappings: readonly Mapping[],
  given: Given,
  result: MapResult<unknown>,
): MapResult<unknown> {
  if (result.status !== "mapped") return result;
  const steps = stepsOf(mappings).get(given.event.name);
  if (!steps) return result;
  const scope = scopeOf(given.event, given.traits);
  const budget: Budget = { left: BUDGET };
  let { body } = result;
  const modes: Modes = {};
  const closed = closedTo(given);
  for (const step of steps) {
    if (step.when && !step.when(scope)) continue;
    if (step.skip) return { status: "skipped", reason: "mapping" };
    for (const { path, parts, value } of step.set) {
      if (closed.some((record) => `${record}.`.startsWith(`${path}.`) || path.startsWith(`${record}.`)))
        continue;
      const made = value(scope, budget);
      if (budget.left < 0) return invalid(path);
      // What a mapping sets is the mapping's alone: without a value not even what the type made stays.
      const next = made === undefined ? without(body, parts) : withValue(body, parts, made);
      if (next === BLOCKED) return invalid(path);
      body = next;
    }
    for (const parts of step.remove) body = without(body, parts);
    Object.assign(modes, step.modes);
  }
  const fixed = changedFixed(result.body, body);
  if (fixed !== undefined) return invalid(fixed);
  if (isRecord(body) && Object.keys(modes).length > 0 && takesModes(given.type)) body = { ...body, modes };
  return fitted(body, given);
}

/**
 * Records that a claim may not write to: an unverified one only fills what is empty, and a type without write modes cannot
 * be asked for that.
 */
const closedTo = ({ event, type }: Given): readonly string[] =>
  event.verified || !type.records || takesModes(type) ? [] : type.records;

/** First the shape, then the vendor's limits by the type's own rules, then all of it. */
function fitted(given: unknown, { type, settings }: Given): MapResult<unknown> {
  let body = given;
  if (type.fit) {
    const { error } = type.body.safeParse(body);
    const wrong = error?.issues.find(({ code }) => code !== "too_big");
    if (wrong) return invalid(wrong.path.join("."));
    const fit = type.fit(body, settings);
    if (fit.status !== "mapped") return fit;
    body = fit.body;
  }
  const { success, data, error } = type.body.safeParse(body);
  return success ? { status: "mapped", body: data } : invalid(error.issues[0]?.path.join(".") ?? "");
}

/** @param path in the body; never a value of it */
const invalid = (path: string): MapResult<unknown> => ({
  status: "failed",
  code: "mapping_invalid",
  ...(path !== "" && { detail: path.slice(0, 200) }),
});

function stepsOf(mappings: readonly Mapping[]): ReadonlyMap<string, readonly Step[]> {
  let steps = compiled.get(mappings);
  if (!steps) {
    const byName = new Map<string, Step[]>();
    for (const mapping of mappings) {
      const step = compileStep(mapping);
      for (const name of new Set(mapping.events)) byName.set(name, [...(byName.get(name) ?? []), step]);
    }
    compiled.set(mappings, byName);
    steps = byName;
  }
  return steps;
}

const compileStep = ({ when, skip, set, remove, modes }: Mapping): Step => ({
  when: when && compileCondition(when),
  skip,
  set: Object.entries(set).map(([path, value]) => ({
    path,
    parts: path.split("."),
    value: compileExpression(value),
  })),
  remove: remove.map((path) => path.split(".")),
  modes,
});
