/**
 * Whether a repair can do anything: what it matches can occur, and what its steps write are fields of a contract. Asked
 * when a release is published (src/release/validate.ts), not when it is read: a contract may have changed since.
 */
import * as z from "zod";
import { contextSchema, traitsSchema } from "../event.ts";
import { EVENT_CONTRACTS, type EventName, isEventName } from "../registry.ts";
import type { Repair, RepairStep } from "./repair.ts";

export interface RepairIssue {
  path: string;
  message: string;
}

/** What is wrong with one repair; paths begin below it, for example `steps.0.rename.to`. */
export function repairIssues({ match, steps }: Repair): RepairIssue[] {
  const issues: RepairIssue[] = [];
  const say = (path: string, message: string) => issues.push({ path, message });
  const { name, code } = match;
  if (name !== undefined && code === "unknown_event" && isEventName(name))
    say("match", `matches nothing: "${name}" has a contract, so it is never refused as unknown`);
  if (name !== undefined && code !== undefined && code !== "unknown_event" && !isEventName(name))
    say("match", `matches nothing: "${name}" has no contract, so it is refused as unknown_event`);
  if (match.path !== undefined && !canBeRefused(match.path, name))
    say("match.path", `no refusal names "${match.path}"`);

  let event = name;
  for (const [i, step] of steps.entries()) {
    if (!("event" in step)) continue;
    event = step.event;
    if (!isEventName(event)) say(`steps.${i}.event`, `there is no contract for "${event}"`);
  }
  if (event !== undefined && !isEventName(event)) {
    if (event === name)
      say("steps", `leave an event "${event}", which has no contract: add {"event": "<contract>"}`);
    return issues;
  }
  for (const [i, step] of steps.entries()) {
    const written = writtenBy(step);
    if (!written) continue;
    const [at, path] = written;
    const isPassing = steps.slice(i + 1).some((later) => takes(later, path));
    if (!isPassing && !isField(path, event))
      say(
        `steps.${i}.${at}`,
        event ? `"${path}" is no field of ${event}` : `"${path}" is no field of any contract`,
      );
    if ("rename" in step && listsOf(step.rename.from) !== listsOf(step.rename.to))
      say(`steps.${i}.rename`, "must stay within the same list: the parts up to the last * must be the same");
  }
  return issues;
}

/** Where a step leaves a value: its own part's name, and the path. */
function writtenBy(step: RepairStep): [string, string] | undefined {
  if ("rename" in step) return ["rename.to", step.rename.to];
  if ("cast" in step) return ["cast.path", step.cast.path];
  if ("default" in step) return ["default.path", step.default.path];
  return undefined;
}

/** Whether a later step takes a value away from where it is. */
const takes = (step: RepairStep, path: string): boolean =>
  ("rename" in step && step.rename.from === path) || ("drop" in step && step.drop === path);

/** The part of a path up to its last list. */
export const listsOf = (path: string): string => path.slice(0, path.lastIndexOf("*") + 1);

/** Paths of refusals that are about no field. */
const OTHER_PATHS = new Set(["name", "version", "occurred_at", "properties", "context"]);

function canBeRefused(path: string, name: string | undefined): boolean {
  if (OTHER_PATHS.has(path)) return true;
  if (name !== undefined && !isEventName(name)) return false;
  return schemasAt(path, name).length > 0;
}

const isField = (path: string, name: EventName | undefined): boolean => schemasAt(path, name).length > 0;

/** The schema that a path leads to, in one event or in any; none where it leads nowhere. */
function schemasAt(path: string, name: EventName | undefined): z.ZodType[] {
  const [root, ...names] = path.split(".");
  const names_ = name === undefined ? Object.values(EVENT_CONTRACTS) : [EVENT_CONTRACTS[name]];
  const roots: z.ZodType[] =
    root === "properties"
      ? names_.map((contract) => contract.properties)
      : root === "context"
        ? [contextSchema()]
        : root === "traits"
          ? [traitsSchema()]
          : [];
  return roots.flatMap((schema) =>
    names.reduce<z.ZodType[]>((at, part) => at.flatMap((s) => inside(s, part)), [schema]),
  );
}

/** What a name, or `*`, leads to within a schema. */
function inside(schema: z.ZodType, name: string): z.ZodType[] {
  if (schema instanceof z.ZodOptional) return inside(schema.unwrap() as z.ZodType, name);
  if (schema instanceof z.ZodArray) return name === "*" ? [schema.element as z.ZodType] : [];
  if (schema instanceof z.ZodRecord) return name === "*" ? [] : [schema.valueType as z.ZodType];
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.hasOwn(schema.shape, name) ? [schema.shape[name] as z.ZodType] : [];
}
