/**
 * Decisions as responses: an HTML fragment, or JSON. Every one of them is personal, also where the fallback was chosen
 * (that, too, depends on who asked), and is never kept by a shared cache.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { contentOf } from "./content.ts";
import type { Decision, Loser } from "./decide.ts";

/** The JSON of one slot. */
export interface SlotAnswer {
  slot: string;
  outcome: "offer" | "fallback";
  offer: string | null;
  /** Null: the page's own baseline stays. */
  content: { html?: string | undefined; data?: unknown } | null;
  /** Only where an explanation was asked for and allowed: */
  losers?: Loser[];
  holdout?: boolean;
  segments?: string[];
}

/** Headers of every answer that was decided for one visitor. */
export const PERSONAL = { "cache-control": "private, no-store", vary: "cookie" } as const;

/** For whoever opens a fragment's own address: it shows, and does nothing. To a page that fetches it, it means nothing. */
const FRAGMENT_POLICY =
  "default-src 'none'; img-src * data:; media-src *; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const HTML_HEADERS = {
  ...PERSONAL,
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": FRAGMENT_POLICY,
};
const JSON_HEADERS = { ...PERSONAL, "content-type": "application/json", "x-content-type-options": "nosniff" };

const rendered = new WeakMap<ReleaseDocument, Map<string, string>>();

/**
 * One decision as the JSON of a SlotAnswer. Without an explanation it is the same text for everybody who gets this
 * offer, so it is written once per release.
 * @param explain the visitor's segments, to be shown together with the losers
 */
export function toJson(
  document: ReleaseDocument,
  decision: Decision,
  explain?: { segments: string[] },
): string {
  const { slot, outcome, offer = null, losers, holdout } = decision;
  const answer = (): SlotAnswer => ({
    slot,
    outcome,
    offer,
    content: contentOf(document, decision.content) ?? null,
  });
  if (explain)
    return JSON.stringify({ ...answer(), losers, holdout, segments: explain.segments } satisfies SlotAnswer);
  let texts = rendered.get(document);
  if (!texts) {
    texts = new Map();
    rendered.set(document, texts);
  }
  const key = `${slot} ${offer ?? ""}`;
  let text = texts.get(key);
  if (text === undefined) {
    text = JSON.stringify(answer());
    texts.set(key, text);
  }
  return text;
}

/**
 * The fragment to put into the slot's element; 204 where there is none: the element keeps what it has.
 * @param cookies to set
 */
export function fragmentResponse(
  document: ReleaseDocument,
  decision: Decision,
  cookies: readonly string[],
): Response {
  const html = contentOf(document, decision.content)?.html;
  if (html === undefined) return withCookies(new Response(null, { status: 204, headers: PERSONAL }), cookies);
  const headers =
    decision.offer === undefined ? HTML_HEADERS : { ...HTML_HEADERS, "x-doorstep-offer": decision.offer };
  return withCookies(new Response(html, { headers }), cookies);
}

/** JSON that was decided for one visitor. @param cookies to set */
export const personalJson = (json: string, cookies: readonly string[]): Response =>
  withCookies(new Response(json, { headers: JSON_HEADERS }), cookies);

/** The same response, with cookies. */
export function withCookies(response: Response, cookies: readonly string[]): Response {
  for (const cookie of cookies) response.headers.append("set-cookie", cookie);
  return response;
}

/** Whether an `Accept` header asks for a fragment: it names `text/html`, and not JSON before it. */
export function wantsFragment(accept: string | null): boolean {
  const html = accept?.indexOf("text/html") ?? -1;
  if (accept === null || html < 0) return false;
  const json = accept.indexOf("application/json");
  return json < 0 || html < json;
}
