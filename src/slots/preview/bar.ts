/**
 * The bar that a page of a preview has: what it is a preview of, how to leave it, and of each slot which offer won and why
 * the others lost. Plain text with a link, which a script of ours (src/browser/preview) makes into a bar: it puts nothing
 * inline, so that the strictest policy of a page lets it through, and where the script may not run the text stays. Called by
 * serve.ts.
 */
import { compilePaths } from "#core/paths";
import type { RequestContext } from "#door/context";
import { LEAVE, PREVIEW_PARAMETER } from "#door/preview/cookie";
import type { Preview } from "#door/preview/token";
import type { Decision } from "../decide.ts";
import { asAscii, noteUnreadable } from "../rewrite.ts";
import type { ShownPreview } from "./shown.ts";

/** The page with its bar, at the very end: there a page without closing tags has it, too. */
export function withBar(
  page: Response,
  context: RequestContext,
  preview: Preview,
  decisions: readonly Decision[],
): Response {
  page.headers.append("x-robots-tag", "noindex");
  const shown: ShownPreview = {
    about: aboutOf(context, preview),
    slots: decisions.map(({ slot, offer, holdout, losers }) => ({
      slot,
      offer,
      holdout,
      ...(!preview.profile && { losers: losers.map(({ offer, reason }) => ({ offer, reason })) }),
    })),
  };
  const { PATHS, BASE_PATH } = context.settings;
  const script = compilePaths(PATHS, BASE_PATH).toPublic(`${BASE_PATH}/doorstep-preview.js`);
  const leave = `?${PREVIEW_PARAMETER}=${LEAVE}`;
  const html = `<doorstep-preview data-shown="${text(JSON.stringify(shown))}"><p>${text(shown.about.join(" "))} <a href="${leave}">Leave the preview</a></p></doorstep-preview><script src="${text(script)}" defer></script>`;
  const rewriter = new HTMLRewriter().onDocument({
    end(end) {
      end.append(asAscii(html), { html: true });
    },
  });
  try {
    return rewriter.transform(page);
  } catch (error) {
    noteUnreadable(error);
    return page;
  }
}

function aboutOf({ country, device }: RequestContext, preview: Preview): string[] {
  const { segments, profile, at, drafts, holdouts, locale } = preview;
  const who = profile ? "one person" : segments.length > 0 ? segments.join(", ") : "a visitor of no segment";
  const how = [
    ...(preview.country === undefined ? [] : [`from ${country}`]),
    ...(preview.device === undefined ? [] : [`on ${device.type}`]),
    ...(locale === undefined ? [] : [`in ${locale}`]),
    ...(at === undefined ? [] : [`at ${minute(at)}`]),
  ];
  return [
    `Preview: as ${[who, ...how].join(", ")}.`,
    ...preview.notes,
    ...(drafts ? ["With drafts of content."] : []),
    ...(holdouts ? ["Holdouts hold."] : []),
    `Nothing is recorded. It ends at ${minute(preview.expiresAt)}.`,
  ];
}

/** `2026-12-24 18:00 UTC`. */
const minute = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const text = (value: string): string => value.replaceAll(/[&<>"]/g, (character) => ESCAPES[character] ?? "");
