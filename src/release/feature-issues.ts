/**
 * What is wrong with a release's features: events and fields that no contract has, conditions, features that are made of what
 * is not there, of the wrong kind, or of themselves. Called by validate.ts. Pure.
 */
import type { Feature } from "#contracts/definitions/feature";
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { EventContract } from "#contracts/events/contract";
import { EVENT_CONTRACTS, isEventName } from "#contracts/registry";
import { checkCondition } from "#core/condition";
import { BUILT_IN } from "./attribute-types.ts";
import { chainIssues } from "./chains.ts";
import type { ReleaseIssue } from "./validate.ts";

type Say = (path: string, message: string) => void;
type Features = ReleaseDocument["features"];

/** Each by its path in the document. */
export function featureIssues({ features }: Pick<ReleaseDocument, "features">): ReleaseIssue[] {
  const issues: ReleaseIssue[] = [];
  for (const [key, feature] of Object.entries(features)) {
    const say: Say = (path, message) => issues.push({ path: `features.${key}${path}`, message });
    if (BUILT_IN.has(key)) say("", "is the name of a built-in attribute");
    if ("agg" in feature) checkFilter(feature, "", say, feature.field);
    else if ("sequence" in feature) checkSequence(feature, say);
    else checkParts(feature, features, say);
  }
  const partsOfName = (name: string) => {
    const feature = features[name];
    return feature ? partsOf(feature) : [];
  };
  for (const { name, message } of chainIssues(Object.keys(features), partsOfName, "is made of itself"))
    issues.push({ path: `features.${name}`, message });
  return issues;
}

interface Filter {
  event: string;
  where?: Record<string, unknown> | undefined;
}

/** @param field path of the field that is read, if one is */
function checkFilter({ event, where }: Filter, path: string, say: Say, field?: string): void {
  if (!isEventName(event)) {
    say(`${path}.event`, `there is no contract for "${event}"`);
    return;
  }
  const { properties, previous = [] }: EventContract = EVENT_CONTRACTS[event];
  // Of all versions: an event may have been accepted before the newest was deployed.
  const known = new Set(
    [properties, ...previous.map((one) => one.properties)].flatMap((one) => Object.keys(one.shape)),
  );
  const [root = ""] = field?.split(".") ?? [];
  if (field !== undefined && !known.has(root)) say(`${path}.field`, `there is no "${root}" in ${event}`);
  if (!where) return;
  for (const issue of checkCondition(where, known))
    say(`${path}.where${issue.path ? `.${issue.path}` : ""}`, issue.message);
}

function checkSequence({ sequence, window }: Extract<Feature, { sequence: unknown }>, say: Say): void {
  if (window === "session") say(".window", "a sequence is looked for over days, hours or a lifetime");
  for (const [n, step] of sequence.entries()) {
    const path = `.sequence.${n}`;
    checkFilter(step, path, say);
    if (n === 0 && step.within !== undefined) say(`${path}.within`, "the first step comes after none");
    if (step.absent && n < sequence.length - 1)
      say(`${path}.absent`, "only the last step may be one that did not come");
  }
}

function checkParts(feature: Feature, features: Features, say: Say): void {
  const part = (path: string, name: string, wanted: string, fits: (one: Feature) => boolean): void => {
    const other = Object.hasOwn(features, name) ? features[name] : undefined;
    if (!other) say(path, `there is no feature "${name}"`);
    else if (!fits(other)) say(path, `"${name}" is not ${wanted}`);
  };
  if ("ratio" in feature) {
    const { of, to } = feature.ratio;
    for (const [side, name] of [
      ["of", of],
      ["to", to],
    ] as const)
      part(
        `.ratio.${side}`,
        name,
        "a count or a sum over days",
        (one) => isAggregate(one, COUNTED) && isDays(one),
      );
    const [a, b] = [of, to].map((name) => (Object.hasOwn(features, name) ? features[name] : undefined));
    if (a && b && "agg" in a && "agg" in b && a.agg !== b.agg)
      say(".ratio.to", `a ${b.agg} cannot be compared with a ${a.agg}`);
  }
  if ("affinity" in feature) {
    const { of, halfLifeDays } = feature.affinity;
    const isFit = (one: Feature) =>
      isAggregate(one, ["top"]) && (isDays(one) || (halfLifeDays === undefined && isLifetime(one)));
    const wanted =
      halfLifeDays === undefined
        ? "`top` over days or a lifetime"
        : "`top` over days, which a half-life needs";
    part(".affinity.of", of, `a ${wanted}`, isFit);
  }
  if ("rfm" in feature) {
    const { recency, frequency, monetary } = feature.rfm;
    part(".rfm.recency", recency, "a recency", (one) => isAggregate(one, ["recency"]));
    part(".rfm.frequency", frequency, "a count", (one) => isAggregate(one, ["count", "distinct"]));
    part(".rfm.monetary", monetary, "a number", (one) => isAggregate(one, ["sum", "min", "max", "count"]));
  }
  if ("score" in feature)
    for (const name of Object.keys(feature.score.points)) part(`.score.points.${name}`, name, "", () => true);
}

const COUNTED = ["count", "sum"];
const isAggregate = (one: Feature, aggs: readonly string[]): boolean =>
  "agg" in one && aggs.includes(one.agg);
const isDays = (one: Feature): boolean => "agg" in one && one.window.endsWith("d");
const isLifetime = (one: Feature): boolean => "agg" in one && one.window === "lifetime";

/** Names of other features that one is made of. */
function partsOf(feature: Feature): string[] {
  if ("ratio" in feature) return Object.values(feature.ratio);
  if ("affinity" in feature) return [feature.affinity.of];
  if ("rfm" in feature) return Object.values(feature.rfm);
  return "score" in feature ? Object.keys(feature.score.points) : [];
}
