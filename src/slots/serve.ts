/**
 * A slot, from the request to what the visitor sees:
 *
 *   read the visitor   the session cookie, and at most one KV read within the slot's time budget; one of the database
 *                      where KV has nothing of somebody who was there before
 *   decide             which offer each slot of the page shows, and why the others lost
 *   render             an HTML fragment, JSON, or the CMS's page, filled while it streams
 *   report             a sample of the decisions goes to the console's live view
 *
 * Whatever goes wrong on the way, the visitor gets the slot's fallback or the page's own baseline, never an error.
 */
import { after } from "#core/after";
import { logError } from "#core/log";
import { Problem } from "#core/problem";
import type { RequestContext } from "#door/context";
import { endPreview } from "#door/preview/cookie";
import { withdrawnCookies } from "#door/respond";
import { openContents } from "./content.ts";
import { type Asked, type DecideDeps, decideSlots, report, segmentsIn } from "./decide/for-request.ts";
import type { Wanted } from "./locale.ts";
import { asksForPage, asPersonal, frontOrigin, headOf, isPage, isPrefetch } from "./origin.ts";
import { unreachablePage } from "./page/unreachable.ts";
import { utmOf } from "./page/utm.ts";
import { fragmentResponse, personalJson, toJson, wantsFragment, withCookies } from "./render.ts";
import { type Fill, fillSlots, NO_SLOTS, type PageSlots } from "./rewrite.ts";
import { htmlOf } from "./shown.ts";
import { shownOf } from "./views.ts";

export interface SlotDeps extends DecideDeps {
  /** Cookies that consent no longer covers, once the withdrawal is on record: src/door/consent/record.ts. */
  withdrawn(context: RequestContext): Promise<readonly string[]>;
}

export interface PageDeps extends SlotDeps {
  /** Address of the CMS. */
  origin: string;
  fetch(request: Request): Promise<Response>;
}

/** What a request says of how slots are to be decided and shown. */
export interface SlotsAsked {
  /** Add why each losing offer lost; the caller has checked that this may be known. */
  explain: boolean;
  /** The languages that the visitor wants; asked where the release has anything in several of them. */
  wanted(): Wanted;
  /** A browser asks ahead, so that nothing that is counted may be taken; asked where something is. */
  isPrefetch(): boolean;
  /** Offers that the page shows already. */
  onPage?: readonly string[] | undefined;
}

/**
 * `GET /slots/:slot`: a fragment or JSON, by `Accept`; a promise only where something has to be read. Throws, or rejects with,
 * a Problem (404) for a slot that the release does not have.
 */
export function serveSlot(
  context: RequestContext,
  asked: SlotsAsked & { slot: string; accept: string | null },
  deps: SlotDeps,
): Response | Promise<Response> {
  const { slot, accept, explain } = asked;
  return after(decideSlots(context, [slot], deps, askedOf(context, asked, deps)), (decided) => {
    report(context, decided, deps);
    return after(shownOf(context, decided), ([shown]) => {
      if (!shown) throw new Problem(404, "unknown_slot", `The active release has no slot "${slot}".`);
      return after(takenAway(context, deps), (gone) => {
        if (wantsFragment(accept)) return fragmentResponse(shown, gone);
        const explained = explain ? { segments: segmentsIn(decided.attributes) } : undefined;
        return personalJson(toJson(shown, explained), gone);
      });
    });
  });
}

/** `POST /slots`: the slots of one page together, so that exclusion groups hold across them. Unknown ones harm no other. */
export async function serveSlots(
  context: RequestContext,
  asked: SlotsAsked & { slots: readonly string[] },
  deps: SlotDeps,
): Promise<Response> {
  const { slots, explain } = asked;
  const decided = await decideSlots(context, slots, deps, askedOf(context, asked, deps));
  report(context, decided, deps);
  const explained = explain ? { segments: segmentsIn(decided.attributes) } : undefined;
  const known = new Map((await shownOf(context, decided)).map((shown) => [shown.decision.slot, shown]));
  const answers = [...new Set(slots)].map((slot) => {
    const shown = known.get(slot);
    return shown ? toJson(shown, explained) : JSON.stringify({ slot, code: "unknown_slot" });
  });
  const preview = context.preview ? '"preview":true,' : "";
  const personal = !context.preview && context.consent.granted.includes("personalization");
  return personalJson(
    `{${preview}"personal":${personal},"slots":[${answers.join()}]}`,
    await takenAway(context, deps),
  );
}

/**
 * Any other request, with a CMS behind us: the origin's answer, and if it is an HTML page, with its slots filled. All
 * slots of the release are decided while the origin works, since only the page itself knows which of them it has.
 * @param context makes the request's context; asked for pages only, and if it fails the page keeps its baseline
 */
export async function servePage(
  request: Request,
  context: () => RequestContext | Promise<RequestContext>,
  deps: PageDeps,
): Promise<Response> {
  const early = asksForPage(request) ? decidePage(request, context, deps) : undefined;
  // Nobody saw what was decided meanwhile.
  const forget = () => {
    if (early) deps.waitUntil(early.then((page) => page?.shown(NO_SLOTS)));
  };
  let response: Response;
  try {
    response = await frontOrigin(request, deps);
  } catch (error) {
    forget();
    if (early && error instanceof Problem) return unreachablePage(error);
    throw error;
  }
  if (!isPage(request, response)) {
    forget();
    return headOf(request, response);
  }
  const page = await (early ?? decidePage(request, context, deps));
  if (!page) return response;
  const filled = fillSlots(withCookies(asPersonal(response), page.gone), page.fills, page.shown);
  return page.withBar?.(filled) ?? filled;
}

interface PageDecided {
  fills: Map<string, Fill>;
  /** Cookies to take away. */
  gone: readonly string[];
  /** To be told which slots the page really had: only those were decided for someone. */
  shown(slots: PageSlots): void;
  /** In a preview: the page with a bar that says so. */
  withBar?: ((page: Response) => Response) | undefined;
}

/** What goes into the page's slots; undefined where no page has any. Never rejects. */
async function decidePage(
  request: Request,
  context: () => RequestContext | Promise<RequestContext>,
  deps: SlotDeps,
): Promise<PageDecided | undefined> {
  try {
    const reading = context();
    const given = reading instanceof Promise ? await reading : reading;
    given.utm = utmOf(request.url);
    const { document } = given.release;
    // A message lies over the page: the page's script asks for it.
    const slots = Object.keys(document.slots).filter((name) => document.slots[name]?.kind !== "message");
    const { preview } = given;
    if (slots.length === 0 && !preview && !given.stalePreview) return undefined;
    const { headers } = request;
    const asked = {
      explain: false,
      wanted: () => ({ accept: headers.get("accept-language") }),
      isPrefetch: () => isPrefetch(request),
    };
    const decided = await decideSlots(given, slots, deps, askedOf(given, asked, deps));
    const { decisions } = decided;
    const fills = new Map<string, Fill>();
    for (const { decision, content, view } of await shownOf(given, decided)) {
      if (content?.html === undefined) continue;
      const html = content.template ? () => htmlOf(content, view) ?? "" : content.html;
      fills.set(decision.slot, { html, offer: decision.offer });
    }
    const shown = (had: PageSlots) => report(given, decided, deps, had);
    const bar = preview && (await import("./preview/bar.ts"));
    const withBar = bar && ((page: Response) => bar.withBar(page, given, preview, decisions));
    return { fills, shown, gone: await takenAway(given, deps), withBar };
  } catch (error) {
    logError("a page keeps its baseline", error);
    return { fills: new Map(), shown: () => {}, gone: NONE };
  }
}

/** How the slots of a request are to be decided. */
function askedOf(context: RequestContext, asked: SlotsAsked, deps: SlotDeps): Asked {
  const { explain, wanted, isPrefetch, onPage } = asked;
  const { release, now, preview } = context;
  const { document } = release;
  const { kv, db, startTimer, waitUntil } = deps;
  const language = () => {
    const own = wanted();
    return { ...own, locale: preview?.locale ?? own.locale };
  };
  return {
    explain,
    isPrefetch,
    onPage,
    contents: (ms) =>
      preview?.drafts
        ? import("./cms/drafts.ts").then(({ openDrafts }) => openDrafts(document, language(), db))
        : openContents(document, language, { kv, now, startTimer, waitUntil }, ms),
  };
}

const NONE: readonly string[] = [];

/** Cookies that go with this answer. Where the withdrawal cannot be recorded they stay, and the next answer tries again. */
function takenAway(context: RequestContext, deps: SlotDeps): readonly string[] | Promise<readonly string[]> {
  const over = context.stalePreview ? [endPreview(!context.settings.DEV)] : NONE;
  return withdrawnCookies(context).length === 0 ? over : withdraw(context, over, deps);
}

async function withdraw(
  context: RequestContext,
  over: readonly string[],
  deps: SlotDeps,
): Promise<readonly string[]> {
  try {
    return [...over, ...(await deps.withdrawn(context))];
  } catch (error) {
    logError("a withdrawal is not on record", error);
    return over;
  }
}
