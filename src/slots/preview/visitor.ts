/**
 * Whom a preview is of: somebody of whom nothing is known but the segments that the link names; or a person, as their
 * rows have them and as far as their own consent goes. Called by serve.ts in the place of read-visitor.ts.
 */
import { decideConsent } from "#consent/decide";
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import { DAY_MS } from "#core/clock";
import { logError } from "#core/log";
import type { RequestContext } from "#door/context";
import type { Preview } from "#door/preview/token";
import { hasDecided, isBrowser } from "#identity/graph";
import { listsNaming, profileStandings, type Standing } from "#identity/snapshots";
import { grantedNow, identityState } from "#identity/state";
import { attributesNow } from "#segments/attributes";
import { cutsOf } from "#segments/cuts";
import { type FactState, mergeFacts } from "#segments/features";
import { featuresFor } from "#segments/purposes";
import { buildSnapshot } from "#segments/snapshot";
import { parseSnapshot, readable } from "#segments/snapshot-text";
import { bucketingUnit } from "#segments/unit";
import { current, type RowDeps } from "../read-rows.ts";
import type { VisitorRead } from "../read-visitor.ts";

export interface PreviewVisitorDeps extends RowDeps {
  kv: KVNamespace;
}

const NOT_PERSONAL: VisitorRead = { known: true, attributes: {}, personal: false };

/** What audiences may ask about in a preview. Never rejects: what cannot be read is not shown, and the bar says so. */
export async function previewVisitor(
  context: RequestContext,
  preview: Preview,
  deps: PreviewVisitorDeps,
): Promise<VisitorRead> {
  if (preview.profile) {
    try {
      return await person(context, preview, preview.profile, deps);
    } catch (error) {
      logError("the person of a preview cannot be read", error);
      preview.notes.push("The person cannot be read now: this is what a stranger sees.");
      return NOT_PERSONAL;
    }
  }
  const now = preview.at ?? context.now;
  const { document } = context.release;
  const { segments } = preview;
  const cuts = await cutsOf(deps.kv, document, context.now);
  const given = { document, granted: PURPOSES, now, cuts, segments };
  const attributes = attributesNow({ ...given, request: requestOf(context) });
  // Drawn by the link, which is one visitor.
  const unit = preview.holdouts ? bucketingUnit(undefined, undefined, preview.id, now) : undefined;
  return { known: true, attributes, personal: true, unit };
}

async function person(
  context: RequestContext,
  preview: Preview,
  keys: readonly string[],
  deps: PreviewVisitorDeps,
): Promise<VisitorRead> {
  const { document, version } = context.release;
  const now = preview.at ?? context.now;
  const rows = await current(() => profileStandings(deps.identity, keys), context.now, deps);
  const members = new Set(keys.flatMap((key) => [key, ...(rows.get(key)?.members ?? [])]));
  const all = [...members].flatMap((key) => rows.get(key) ?? []);
  if (all.length === 0 || all.some(({ suppressed }) => suppressed)) {
    preview.notes.push("Of this person nothing is known any more: this is what a stranger sees.");
    return NOT_PERSONAL;
  }
  const granted = grantedTo(all, context);
  if (!granted.includes("personalization")) {
    preview.notes.push("This person has not agreed to personal pages: this is what they see.");
    return NOT_PERSONAL;
  }
  const [cuts, lists] = await Promise.all([
    cutsOf(deps.kv, document, context.now),
    listsNaming(deps.identity, [...members]),
  ]);
  const snapshot = buildSnapshot({
    facts: mergeFacts(all.map(({ facts }) => JSON.parse(facts) as FactState)), // written by foldEvent alone
    features: featuresFor(document, "personalization"),
    segments: [],
    version: 0,
    asOf: now,
    release: version,
    state: identityState([...members], granted),
    granted,
    lists: [...lists].filter((name) => Object.hasOwn(document.lists, name)),
  });
  const given = { document, granted, now, snapshot: readable(snapshot), cuts };
  const attributes = attributesNow({ ...given, request: requestOf(context) });
  return { known: true, attributes, personal: true, unit: preview.holdouts ? unitOf(all, now) : undefined };
}

const requestOf = ({ country, region, device }: RequestContext) => ({ country, region, device: device.type });

/** What the person has granted, and what nobody asked them about where the policy needs no answer. */
function grantedTo(rows: readonly Standing[], { release, now, country, region }: RequestContext): Purpose[] {
  const { policy } = release.document;
  const decidedAt = Math.max(0, ...rows.map((row) => (hasDecided(row) ? (row.consent?.t ?? 0) : 0)));
  const granted = grantedNow(rows);
  if (decidedAt > 0) return now - decidedAt < policy.validityDays * DAY_MS ? granted : [];
  const byPolicy = decideConsent(policy, {
    now,
    country,
    region,
    gpc: false,
    choice: undefined,
    signals: [],
  });
  return granted.filter((purpose) => byPolicy.granted.includes(purpose));
}

/** As on the browser of theirs that was seen last. */
function unitOf(rows: readonly Standing[], now: number): string | undefined {
  const [browser = rows[0]] = rows.filter(({ key }) => isBrowser(key)).sort((a, b) => b.seenAt - a.seenAt);
  if (!browser) return undefined;
  const snapshot = browser.snapshot === null ? undefined : parseSnapshot(browser.snapshot);
  return bucketingUnit(undefined, snapshot, browser.key, now);
}
