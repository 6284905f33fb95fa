/**
 * Decisions as responses: an HTML fragment, or JSON. Every one of them is personal, also where the fallback was chosen
 * (that, too, depends on who asked), and is never kept by a shared cache.
 */
import type { ContentDefinition } from "#contracts/definitions/content";
import type { Slot } from "#contracts/definitions/slot";
import type { Decision, Loser } from "./decide.ts";
import { localeOf } from "./locale.ts";
import { dataOf, htmlOf, type View } from "./shown.ts";

/** How a message is shown: src/browser/slots-element/messages.ts. */
export interface SlotMessage {
  placement: "banner-top" | "banner-bottom" | "modal";
  dismissible: boolean;
  delay_ms: number;
}

/** The JSON of one slot. */
export interface SlotAnswer {
  slot: string;
  kind: Slot["kind"];
  outcome: "offer" | "fallback";
  offer: string | null;
  /** Null: the page's own baseline stays. */
  content: { html?: string | undefined; data?: unknown } | null;
  /** BCP 47 tag of the language that the content is in, where that is known. */
  locale?: string;
  /** Of a slot of kind `message` that has something to show. */
  message?: SlotMessage;
  /** Height in CSS pixels that the element keeps, where the slot says one. */
  min_height?: number;
  /** Only where an explanation was asked for and allowed: */
  losers?: Loser[];
  holdout?: boolean;
  segments?: string[];
}

/** A decision with what it shows. */
export interface Shown {
  definition: Slot;
  decision: Decision;
  /** Undefined: the page's own baseline stays. */
  content: ContentDefinition | undefined;
  view: View;
}

/** Headers of every answer that was decided for one visitor. */
export const PERSONAL = { "cache-control": "private, no-store", vary: "cookie" } as const;

/** For whoever opens a fragment's own address: it shows, and does nothing. To a page that fetches it, it means nothing. */
const FRAGMENT_POLICY =
  "default-src 'none'; img-src * data:; media-src *; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

// Each response copies them: from one list of headers to the next that takes less than from an object's names and values.
const HTML_HEADERS = new Headers({
  ...PERSONAL,
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": FRAGMENT_POLICY,
});
const JSON_HEADERS = new Headers({
  ...PERSONAL,
  "content-type": "application/json",
  "x-content-type-options": "nosniff",
});

/** The answers of a slot, by the offer that it shows, and by that offer's content in the visitor's language. */
const rendered = new WeakMap<Slot, Map<string | undefined, WeakMap<object, string>>>();

/**
 * One decision as the JSON of a SlotAnswer. Without an explanation and without a template it is the same text for everybody
 * who gets this offer, so it is written once per release.
 * @param explain the visitor's segments, to be shown together with the losers
 */
export function toJson(shown: Shown, explain?: { segments: string[] }): string {
  const { definition, decision, content } = shown;
  const { offer, losers, holdout } = decision;
  if (explain)
    return JSON.stringify({
      ...answerOf(shown),
      losers,
      holdout,
      segments: explain.segments,
    } satisfies SlotAnswer);
  if (content?.template) return JSON.stringify(answerOf(shown));
  let offers = rendered.get(definition);
  if (!offers) {
    offers = new Map();
    rendered.set(definition, offers);
  }
  let texts = offers.get(offer);
  if (!texts) {
    texts = new WeakMap();
    offers.set(offer, texts);
  }
  let text = texts.get(content ?? definition);
  if (text === undefined) {
    text = JSON.stringify(answerOf(shown));
    texts.set(content ?? definition, text);
  }
  return text;
}

function answerOf({ definition, decision, content, view }: Shown): SlotAnswer {
  const { slot, outcome, offer = null } = decision;
  const { kind, minHeight } = definition;
  const message = content?.message;
  const locale = content && localeOf(content);
  return {
    slot,
    kind,
    outcome,
    offer,
    content: content ? { html: htmlOf(content, view), data: dataOf(content, view) } : null,
    ...(locale !== undefined && { locale }),
    ...(kind === "message" && content && { message: messageOf(message) }),
    ...(minHeight !== undefined && { min_height: minHeight }),
  };
}

const messageOf = (message: ContentDefinition["message"]): SlotMessage => ({
  placement: message?.placement ?? "banner-bottom",
  dismissible: message?.dismissible ?? true,
  delay_ms: message?.delayMs ?? 0,
});

/**
 * The fragment to put into the slot's element; 204 where there is none: the element keeps what it has.
 * @param cookies to set
 */
export function fragmentResponse({ decision, content, view }: Shown, cookies: readonly string[]): Response {
  const html = content && htmlOf(content, view);
  if (html === undefined) return withCookies(new Response(null, { status: 204, headers: PERSONAL }), cookies);
  const response = new Response(html, { headers: HTML_HEADERS });
  const locale = content && localeOf(content);
  if (decision.offer !== undefined) response.headers.set("x-doorstep-offer", decision.offer);
  if (locale !== undefined) response.headers.set("content-language", locale);
  return withCookies(response, cookies);
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
