/**
 * A request of a preview, as slots see it: the preview's release, place and device instead of the browser's own, and
 * nobody's cookies. The visitor's own session, counts and consent have no part in it, so that none of them can change.
 * Called by src/pages.ts for slots and pages of a browser that has the cookie.
 */
import { PURPOSES } from "#contracts/taxonomy";
import { logError } from "#core/log";
import type { RequestContext } from "#door/context";
import type { Preview } from "#door/preview/token";
import { type ActiveRelease, emptyRelease } from "#release/active";
import { findRelease, type PreviewReleaseDeps } from "./release.ts";

/** Never rejects: where the release cannot be had, pages keep their baseline and the bar says why. */
export async function previewContext(
  context: RequestContext,
  preview: Preview,
  deps: PreviewReleaseDeps,
): Promise<RequestContext> {
  const { country = context.country, device = context.device.type } = preview;
  return {
    ...context,
    release: await releaseFor(preview, deps),
    visitor: {},
    hasSession: false,
    country,
    region: preview.country === undefined ? context.region : undefined,
    device: { ...context.device, type: device },
    // Of a person it is theirs that counts, which visitor.ts reads.
    consent: { ...context.consent, granted: preview.profile ? [] : [...PURPOSES] },
  };
}

async function releaseFor(preview: Preview, deps: PreviewReleaseDeps): Promise<ActiveRelease> {
  try {
    const found = await findRelease(preview.release, deps);
    preview.notes.push(found.ok ? `By ${found.words}.` : `Nothing is decided: ${found.words}.`);
    if (found.ok) return found.release;
  } catch (error) {
    logError("a preview has no release", error);
    preview.notes.push("Nothing is decided: the release cannot be read now.");
  }
  return await emptyRelease();
}
