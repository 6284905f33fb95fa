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
import type { Receipt } from "#contracts/messages/receipt";
import { logError } from "#core/log";
import { Problem } from "#core/problem";
import type { RequestContext } from "#door/context";
import { withdrawnCookies } from "#door/respond";
import type { LiveTail } from "#lake/live-tail";
import { showLive } from "#lake/receipts";
import { contentOf } from "./content.ts";
import { type Decision, decide, decideNothing } from "./decide.ts";
import { asksForPage, asPersonal, frontOrigin, isPage } from "./origin.ts";
import { readVisitor, type VisitorDeps } from "./read-visitor.ts";
import { fragmentResponse, personalJson, toJson, wantsFragment, withCookies } from "./render.ts";
import { type Fill, fillSlots } from "./rewrite.ts";

export interface SlotDeps extends VisitorDeps {
  live: DurableObjectNamespace<LiveTail>;
  /** In [0, 1). */
  random(): number;
  newId(): string;
  /** Cookies that consent no longer covers, once the withdrawal is on record: src/door/consent/record.ts. */
  withdrawn(context: RequestContext): Promise<readonly string[]>;
}

export interface PageDeps extends SlotDeps {
  /** Address of the CMS. */
  origin: string;
  fetch(request: Request): Promise<Response>;
}

/** As contracts/definitions/slot.ts has it. */
const MAX_BUDGET_MS = 1_000;

interface Decided {
  decisions: Decision[];
  /** The visitor's segments, as far as this request may know them. */
  segments: string[];
}

/**
 * `GET /slots/:slot`: a fragment or JSON, by `Accept`. Throws a Problem (404) for a slot that the release does not have.
 * @param explain add why each losing offer lost; the caller has checked that this may be known
 */
export async function serveSlot(
  context: RequestContext,
  { slot, accept, explain }: { slot: string; accept: string | null; explain: boolean },
  deps: SlotDeps,
): Promise<Response> {
  const { document } = context.release;
  const decided = await decideSlots(context, [slot], deps);
  report(context, decided, deps);
  const { decisions, segments } = decided;
  const [decision] = decisions;
  if (!decision) throw new Problem(404, "unknown_slot", `The active release has no slot "${slot}".`);
  const gone = await takenAway(context, deps);
  if (wantsFragment(accept)) return fragmentResponse(document, decision, gone);
  return personalJson(toJson(document, decision, explain ? { segments } : undefined), gone);
}

/** `POST /slots`: the slots of one page together, so that exclusion groups hold across them. Unknown ones harm no other. */
export async function serveSlots(
  context: RequestContext,
  { slots, explain }: { slots: readonly string[]; explain: boolean },
  deps: SlotDeps,
): Promise<Response> {
  const { document } = context.release;
  const decided = await decideSlots(context, slots, deps);
  report(context, decided, deps);
  const { decisions, segments } = decided;
  const known = new Map(decisions.map((decision) => [decision.slot, decision]));
  const answers = [...new Set(slots)].map((slot) => {
    const decision = known.get(slot);
    if (!decision) return JSON.stringify({ slot, code: "unknown_slot" });
    return toJson(document, decision, explain ? { segments } : undefined);
  });
  return personalJson(`{"slots":[${answers.join()}]}`, await takenAway(context, deps));
}

/**
 * Any other request, with a CMS behind us: the origin's answer, and if it is an HTML page, with its slots filled. All
 * slots of the release are decided while the origin works, since only the page itself knows which of them it has.
 * @param context makes the request's context; asked for pages only, and if it fails the page keeps its baseline
 */
export async function servePage(
  request: Request,
  context: () => Promise<RequestContext>,
  deps: PageDeps,
): Promise<Response> {
  const early = asksForPage(request) ? decidePage(context, deps) : undefined;
  const response = await frontOrigin(request, deps);
  if (!isPage(request, response)) return response;
  const page = await (early ?? decidePage(context, deps));
  return page ? fillSlots(withCookies(asPersonal(response), page.gone), page.fills, page.shown) : response;
}

interface PageDecided {
  fills: Map<string, Fill>;
  /** Cookies to take away. */
  gone: readonly string[];
  /** To be told which slots the page really had: only those were decided for someone. */
  shown(slots: ReadonlySet<string>): void;
}

/** What goes into the page's slots; undefined where no page has any. Never rejects. */
async function decidePage(
  context: () => Promise<RequestContext>,
  deps: SlotDeps,
): Promise<PageDecided | undefined> {
  try {
    const given = await context();
    const { document } = given.release;
    const slots = Object.keys(document.slots);
    if (slots.length === 0) return undefined;
    const { decisions, segments } = await decideSlots(given, slots, deps);
    const fills = new Map<string, Fill>();
    for (const { slot, offer, content } of decisions) {
      const html = contentOf(document, content)?.html;
      if (html !== undefined) fills.set(slot, { html, offer });
    }
    const shown = (had: ReadonlySet<string>) =>
      report(given, { decisions: decisions.filter(({ slot }) => had.has(slot)), segments }, deps);
    return { fills, shown, gone: await takenAway(given, deps) };
  } catch (error) {
    logError("a page keeps its baseline", error);
    return { fills: new Map(), shown: () => {}, gone: NONE };
  }
}

const NONE: readonly string[] = [];

/** Cookies that go with this answer. Where the withdrawal cannot be recorded they stay, and the next answer tries again. */
async function takenAway(context: RequestContext, deps: SlotDeps): Promise<readonly string[]> {
  if (withdrawnCookies(context).length === 0) return NONE;
  try {
    return await deps.withdrawn(context);
  } catch (error) {
    logError("a withdrawal is not on record", error);
    return NONE;
  }
}

/** One decision per known slot. Never rejects: what cannot be decided falls back. */
async function decideSlots(
  context: RequestContext,
  names: readonly string[],
  deps: SlotDeps,
): Promise<Decided> {
  const { release, visitor, now } = context;
  const { document } = release;
  const slots = names.filter((name) => Object.hasOwn(document.slots, name));
  if (slots.length === 0) return { decisions: [], segments: [] };
  let decided: Decided;
  try {
    const read = await readVisitor(context, budgetOf(context, slots), deps);
    if (read.known) {
      const { attributes, personal, unit } = read;
      const { session } = visitor;
      const decisions = decide({ document, slots, attributes, now, personal, unit, session });
      decided = { decisions, segments: segmentsIn(attributes) };
    } else {
      decided = { decisions: decideNothing(document, slots, read.reason), segments: [] };
    }
  } catch (error) {
    logError("slots fall back", error);
    decided = { decisions: decideNothing(document, slots, "error"), segments: [] };
  }
  return decided;
}

/** One read serves all slots of a request, so the least patient of them sets the time. */
function budgetOf({ release: { document } }: RequestContext, slots: readonly string[]): number {
  return slots.reduce(
    (least, slot) => Math.min(least, document.slots[slot]?.budgetMs ?? least),
    MAX_BUDGET_MS,
  );
}

/** Show a share of the decisions to the operator, after the answer. */
function report(context: RequestContext, { decisions, segments }: Decided, deps: SlotDeps): void {
  if (decisions.length === 0 || deps.random() >= context.settings.TRACE_SLOTS) return;
  const { visitor, consent, release, now } = context;
  const named = consent.granted.includes("personalization") && visitor.key !== undefined;
  const receipts = decisions.map(
    ({ slot, outcome, offer, losers }): Receipt => ({
      stage: "slot",
      eventId: deps.newId(),
      at: now,
      slot,
      release: release.version,
      outcome,
      segments,
      losers,
      ...(offer !== undefined && { offer }),
      ...(named && { visitor: visitor.key }),
    }),
  );
  deps.waitUntil(showLive(deps.live, receipts));
}

const segmentsIn = ({ segments }: Record<string, unknown>): string[] =>
  Array.isArray(segments) ? segments : [];
