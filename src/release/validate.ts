/**
 * Whether a release may be published: its shape, its references, its conditions. Validated whole, so that nothing half
 * right ever becomes active; every issue is named by its path. Pure. What only other folders know (a destination's
 * settings, HTML) they check and prepare themselves, by `checks` and `sanitize`.
 */
import { type ReleaseDocument, releaseSchema } from "#contracts/definitions/release";
import { repairIssues } from "#contracts/definitions/repair_issues";
import { isEventName } from "#contracts/registry";
import { isDeeper } from "#core/depth";
import { attributeTypes, profileTypes } from "./attribute-types.ts";
import { cmsIssues } from "./content-issues.ts";
import { featureIssues } from "./feature-issues.ts";
import { identityIssues } from "./identity-issues.ts";
import { offerIssues, offerWarnings } from "./offer-issues.ts";
import { profileIssues } from "./profile-issues.ts";
import { segmentIssues } from "./segment-issues.ts";
import { slotIssues } from "./slot-issues.ts";

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
  /** Issues of one CMS's type, address and settings. */
  cms(key: string, source: ReleaseDocument["cms"][string]): ReleaseIssue[];
  /** Issues of one content, by path below it, where it is a template. @param known names that it may ask for */
  template(content: ReleaseDocument["content"][string], known: ReadonlySet<string>): ReleaseIssue[];
  /** HTML that is safe to put into a page. */
  sanitize(html: string): string;
}

export type Validation =
  /** Warnings keep nothing from being published: what is allowed, and hardly meant. */
  { ok: true; document: ReleaseDocument; warnings: ReleaseIssue[] } | { ok: false; issues: ReleaseIssue[] };

const MAX_ISSUES = 100;
/** No definition comes near it; what is checked by going down into it must end somewhere. */
const MAX_DEPTH = 64;

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
  const known = attributeTypes(document);
  const issues: ReleaseIssue[] = [
    ...featureIssues(document),
    ...segmentIssues(document, profileTypes(document)),
    ...slotIssues(document),
    ...offerIssues(document, known),
    ...destinationIssues(document, checks),
    ...cmsIssues(document, checks.cms),
    ...templateIssues(document, new Set(known.keys()), checks),
    ...profileIssues(document, profileTypes(document)),
    ...(document.identity ? identityIssues(document.identity) : []),
    ...Object.entries(document.repairs).flatMap(([key, repair]) =>
      repairIssues(repair).map(({ path, message }) => ({ path: `repairs.${key}.${path}`, message })),
    ),
  ];
  if (issues.length > 0) return { ok: false, issues: issues.slice(0, MAX_ISSUES) };
  return { ok: true, document: withSafeContent(document, checks), warnings: offerWarnings(document) };
}

function destinationIssues(document: ReleaseDocument, checks: ReleaseChecks): ReleaseIssue[] {
  return Object.entries(document.destinations).flatMap(([key, destination]) => [
    ...destination.events.flatMap((name, i) =>
      isEventName(name)
        ? []
        : [{ path: `destinations.${key}.events.${i}`, message: `there is no contract for "${name}"` }],
    ),
    ...checks.destination(key, destination, document),
  ]);
}

function templateIssues(
  { content }: ReleaseDocument,
  known: ReadonlySet<string>,
  { template }: ReleaseChecks,
): ReleaseIssue[] {
  return Object.entries(content).flatMap(([key, given]) =>
    template(given, known).map(({ path, message }) => ({ path: `content.${key}.${path}`, message })),
  );
}

/** HTML is made safe once, here, and never per request. */
function withSafeContent(document: ReleaseDocument, { sanitize }: ReleaseChecks): ReleaseDocument {
  const safe = <T extends { html?: string | undefined }>(part: T): T =>
    part.html === undefined ? part : { ...part, html: sanitize(part.html) };
  const content = Object.entries(document.content).map(([key, { locales, ...given }]) => [
    key,
    {
      ...safe(given),
      ...(locales && {
        locales: Object.fromEntries(Object.entries(locales).map(([locale, part]) => [locale, safe(part)])),
      }),
    },
  ]);
  return { ...document, content: Object.fromEntries(content) };
}
