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

const HTML_HEADERS = { ...PERSONAL, "content-type": "text/html; charset=utf-8" };
const JSON_HEADERS = { ...PERSONAL, "content-type": "application/json" };

/** One decision as JSON. @param explain the visitor's segments, to be shown together with the losers */
export function toAnswer(
  document: ReleaseDocument,
  decision: Decision,
  explain?: { segments: string[] },
): SlotAnswer {
  const answer: SlotAnswer = {
    slot: decision.slot,
    outcome: decision.outcome,
    offer: decision.offer ?? null,
    content: contentOf(document, decision.content) ?? null,
  };
  return explain
    ? { ...answer, losers: decision.losers, holdout: decision.holdout, segments: explain.segments }
    : answer;
}

/** The fragment to put into the slot's element; 204 where there is none: the element keeps what it has. */
export function fragmentResponse(document: ReleaseDocument, decision: Decision): Response {
  const html = contentOf(document, decision.content)?.html;
  if (html === undefined) return new Response(null, { status: 204, headers: PERSONAL });
  const headers =
    decision.offer === undefined ? HTML_HEADERS : { ...HTML_HEADERS, "x-doorstep-offer": decision.offer };
  return new Response(html, { headers });
}

/** Any JSON that was decided for one visitor. */
export const personalJson = (body: unknown): Response =>
  new Response(JSON.stringify(body), { headers: JSON_HEADERS });

/** Whether an `Accept` header asks for a fragment: it names `text/html`, and not JSON before it. */
export function wantsFragment(accept: string | null): boolean {
  const html = accept?.indexOf("text/html") ?? -1;
  if (accept === null || html < 0) return false;
  const json = accept.indexOf("application/json");
  return json < 0 || html < json;
}
