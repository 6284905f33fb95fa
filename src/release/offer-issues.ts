/**
 * What is wrong with a release's offers: references, schedules, caps, audiences and scores; and as warnings what is allowed
 * and hardly meant. Called by validate.ts. Pure.
 */
import type { Offer, Schedule } from "#contracts/definitions/offer";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { nameOf, typeAt } from "#core/condition/types";
import { isZone, parseMoment } from "#core/zone";
import type { AttributeType } from "./attribute-types.ts";
import { conditionIssues } from "./condition-issues.ts";
import { contentProblem } from "./content-issues.ts";
import { namesIn } from "./names-in.ts";
import { kindProblem } from "./slot-issues.ts";
import type { ReleaseIssue } from "./validate.ts";

type Say = (path: string, message: string) => void;

/** @param known what an audience may ask about, by name */
export function offerIssues(
  document: ReleaseDocument,
  known: ReadonlyMap<string, AttributeType>,
): ReleaseIssue[] {
  return Object.entries(document.offers).flatMap(([key, offer]) => {
    const issues: ReleaseIssue[] = [];
    const say: Say = (path, message) => issues.push({ path: `offers.${key}.${path}`, message });
    const slot = Object.hasOwn(document.slots, offer.slot) ? document.slots[offer.slot] : undefined;
    if (!slot) say("slot", `there is no slot "${offer.slot}"`);
    const problem =
      contentProblem(offer.content, document) ?? (slot && kindProblem(slot.kind, offer.content, document));
    if (problem) say("content", problem);
    if (offer.schedule) scheduleIssues(offer.schedule, say);
    capIssues(offer.caps, say);
    issues.push(...conditionIssues(`offers.${key}.audience`, offer.audience, known));
    audienceIssues(offer, document, say);
    scoreIssues(offer, known, say);
    return issues;
  });
}

function scheduleIssues({ from, to, timezone }: Schedule, say: Say): void {
  if (!isZone(timezone)) {
    say("schedule.timezone", `there is no time zone "${timezone}"`);
    return;
  }
  if (from !== undefined && to !== undefined && parseMoment(from, timezone) >= parseMoment(to, timezone))
    say("schedule", "ends before it begins");
}

function capIssues(caps: Offer["caps"], say: Say): void {
  const seen = new Set<string>();
  for (const [n, { per, exact }] of caps.entries()) {
    if (!exact && (per === "week" || per === "lifetime"))
      say(
        `caps.${n}`,
        `a cap per ${per} needs "exact": true, since the session cookie does not last that long`,
      );
    if (seen.has(per)) say(`caps.${n}`, `there is another cap per ${per}`);
    seen.add(per);
  }
}

function audienceIssues({ audience }: Offer, { segments, lists }: ReleaseDocument, say: Say): void {
  for (const name of namesIn(audience, "segments")) {
    const segment = Object.hasOwn(segments, name) ? segments[name] : undefined;
    if (!segment) say("audience", `there is no segment "${name}"`);
    else if (segment.purpose !== "personalization")
      say("audience", `the segment "${name}" does not serve personalization`);
  }
  for (const name of namesIn(audience, "lists"))
    if (!Object.hasOwn(lists, name)) say("audience", `there is no list "${name}"`);
}

function scoreIssues({ score }: Offer, known: ReadonlyMap<string, AttributeType>, say: Say): void {
  if (score === undefined) return;
  const type = typeAt(known, score);
  if (type === undefined) say("score", `there is no attribute "${score}"`);
  else if (type !== "unknown" && nameOf(type) !== "a number")
    say("score", `is ${nameOf(type)}, and a score must be a number`);
}

/** What is allowed and has no effect. */
export function offerWarnings(document: ReleaseDocument): ReleaseIssue[] {
  return [...idleGroups(document), ...unreachable(document)];
}

/** A slot shows one offer anyway: a group matters only between slots. */
function idleGroups({ offers }: ReleaseDocument): ReleaseIssue[] {
  const groups = Map.groupBy(
    Object.entries(offers).filter(([, { exclusionGroup }]) => exclusionGroup !== undefined),
    ([, { exclusionGroup }]) => exclusionGroup,
  );
  return [...groups].flatMap(([group, members]) =>
    new Set(members.map(([, { slot }]) => slot)).size > 1
      ? []
      : members.map(([key]) => ({
          path: `offers.${key}.exclusionGroup`,
          message: `has no effect: all offers of the group "${group}" are in one slot, which shows one of them at most`,
        })),
  );
}

/** Offers behind one that everybody gets at any time. */
function unreachable({ offers, slots, content }: ReleaseDocument): ReleaseIssue[] {
  const wins = ({ audience, schedule, caps, exclusionGroup, content: shown }: Offer) =>
    Object.keys(audience).length === 0 &&
    schedule === undefined &&
    caps.length === 0 &&
    exclusionGroup === undefined &&
    // Of a CMS it may be taken back.
    Object.hasOwn(content, shown);
  return Object.entries(slots).flatMap(([name, { rankBy }]) => {
    const own = Object.entries(offers)
      .filter(([, { slot }]) => slot === name)
      .sort(([a, one], [b, other]) => other.priority - one.priority || (a < b ? -1 : 1));
    const first = own.findIndex(([, offer]) => wins(offer));
    const winner = own[first];
    if (!winner) return [];
    const [key, { priority }] = winner;
    return own.slice(first + 1).flatMap(([behind, offer]) => {
      const isTie =
        offer.priority === priority && (rankBy !== "none" || offer.score !== undefined || winner[1].score);
      return isTie
        ? []
        : [
            {
              path: `offers.${behind}`,
              message: `can never be shown: "${key}" goes before it, for everybody and always`,
            },
          ];
    });
  });
}
