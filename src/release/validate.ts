/**
 * Whether a release may be published: its shape, its references, its conditions. Validated whole, so that nothing half
 * right ever becomes active; every issue is named by its path. Pure. What only other folders know (a destination's
 * settings, HTML) they check and prepare themselves, by `checks` and `sanitize`.
 */
import { type ReleaseDocument, releaseSchema } from "#contracts/definitions/release";
import { repairIssues } from "#contracts/definitions/repair_issues";
import { isEventName } from "#contracts/registry";
import { checkCondition } from "#core/condition";
import { isDeeper } from "#core/depth";
import { identityIssues } from "./identity-issues.ts";
import { profileIssues } from "./profile-issues.ts";

export interface ReleaseIssue {
  path: string;
  message: string;
}

export interface ReleaseChecks {
  /** Issues of one destination's type, settings and mappings. */
  destination(
    key: string,
    destination: ReleaseDocument["destinations"][string],
    document: ReleaseDocument,
  ): ReleaseIssue[];
  /** HTML that is safe to put into a page. */
  sanitize(html: string): string;
}

export type Validation = { ok: true; document: ReleaseDocument } | { ok: false; issues: ReleaseIssue[] };

const MAX_ISSUES = 100;
/** No definition comes near it; what is checked by going down into it must end somewhere. */
const MAX_DEPTH = 64;
/** Attributes of a condition besides features and segments; src/segments/snapshot.ts fills them. */
export const CONTEXT_ATTRIBUTES = [
  "segments",
  "country",
  "region",
  "device",
  "session_number",
  "utm_source",
  "utm_medium",
  "utm_campaign",
  "identity_state",
];

/** Validate a document and fill in defaults. */
export function validateRelease(input: unknown, checks: ReleaseChecks): Validation {
  if (isDeeper(input, MAX_DEPTH))
    return { ok: false, issues: [{ path: "", message: `is nested deeper than ${MAX_DEPTH} levels` }] };
  const parsed = releaseSchema.safeParse(input);
  if (!parsed.success) {
    return {
      ok: false,
      issues: parsed.error.issues
        .slice(0, MAX_ISSUES)
        // Of a key that may not be, what is wrong with it lies a level deeper.
        .map((i) => ({
          path: i.path.join("."),
          message: (i.code === "invalid_key" && i.issues[0]?.message) || i.message,
        })),
    };
  }
  const document = parsed.data;
  const issues: ReleaseIssue[] = [];
  const say = (path: string, message: string) => issues.push({ path, message });
  const fields = new Set([...Object.keys(document.features), ...CONTEXT_ATTRIBUTES]);
  const condition = (path: string, value: Record<string, unknown>, known: ReadonlySet<string>) => {
    for (const issue of checkCondition(value, known))
      say(`${path}${issue.path ? `.${issue.path}` : ""}`, issue.message);
  };

  for (const [key, feature] of Object.entries(document.features)) {
    if (!isEventName(feature.event))
      say(`features.${key}.event`, `there is no contract for "${feature.event}"`);
    if (CONTEXT_ATTRIBUTES.includes(key)) say(`features.${key}`, "is the name of a built-in attribute");
  }
  const segmentFields = new Set([...Object.keys(document.features), "identity_state"]);
  for (const [key, segment] of Object.entries(document.segments))
    condition(`segments.${key}.when`, segment.when, segmentFields);
  for (const [key, slot] of Object.entries(document.slots)) {
    if (slot.fallback !== null && !Object.hasOwn(document.content, slot.fallback))
      say(`slots.${key}.fallback`, `there is no content "${slot.fallback}"`);
  }
  for (const [key, offer] of Object.entries(document.offers)) {
    if (!Object.hasOwn(document.slots, offer.slot))
      say(`offers.${key}.slot`, `there is no slot "${offer.slot}"`);
    if (!Object.hasOwn(document.content, offer.content))
      say(`offers.${key}.content`, `there is no content "${offer.content}"`);
    const { from, to } = offer.schedule ?? {};
    if (from && to && Date.parse(from) >= Date.parse(to))
      say(`offers.${key}.schedule`, "ends before it begins");
    condition(`offers.${key}.audience`, offer.audience, fields);
    for (const name of segmentNames(offer.audience)) {
      if (!Object.hasOwn(document.segments, name))
        say(`offers.${key}.audience`, `there is no segment "${name}"`);
      else if (document.segments[name]?.purpose !== "personalization")
        say(`offers.${key}.audience`, `the segment "${name}" does not serve personalization`);
    }
  }
  for (const [key, destination] of Object.entries(document.destinations)) {
    for (const [i, name] of destination.events.entries()) {
      if (!isEventName(name)) say(`destinations.${key}.events.${i}`, `there is no contract for "${name}"`);
    }
    issues.push(...checks.destination(key, destination, document));
  }
  issues.push(...profileIssues(document, segmentFields));
  if (document.identity)
    for (const { path, message } of identityIssues(document.identity)) say(path, message);
  for (const [key, repair] of Object.entries(document.repairs)) {
    for (const { path, message } of repairIssues(repair)) say(`repairs.${key}.${path}`, message);
  }
  if (issues.length > 0) return { ok: false, issues: issues.slice(0, MAX_ISSUES) };
  const content = Object.fromEntries(
    Object.entries(document.content).map(([key, c]) => [
      key,
      c.html === undefined ? c : { ...c, html: checks.sanitize(c.html) },
    ]),
  );
  return { ok: true, document: { ...document, content } };
}

/** Names that a condition compares `segments` with. */
function segmentNames(condition: unknown): string[] {
  if (typeof condition !== "object" || condition === null) return [];
  return Object.entries(condition).flatMap(([key, value]) => {
    if (key !== "segments") return segmentNames(value);
    return (
      JSON.stringify(value)
        .match(/"[a-z0-9][a-z0-9_-]*"/g)
        ?.map((s) => s.slice(1, -1)) ?? []
    );
  });
}
