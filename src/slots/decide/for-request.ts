/**
 * The decisions of one request: the visitor is read, exact caps are asked, and whatever cannot be known in time falls back
 * and is counted as a miss. And their report, once it is known which slots the page really had: a sample of them goes to
 * the console's live view, and what was taken for the others is given back. Called by serve.ts.
 */
import type { Receipt } from "#contracts/messages/receipt";
import { after } from "#core/after";
import { logError } from "#core/log";
import type { RequestContext } from "#door/context";
import type { LiveTail } from "#lake/live-tail";
import { showLive } from "#lake/receipts";
import type { Attributes } from "#segments/attributes";
import { type Contents, withoutMissing } from "../content.ts";
import { type DecideInput, type Decision, decideNothing } from "../decide.ts";
import { countMisses, flushMisses } from "../misses.ts";
import type { PageSlots } from "../page/fill.ts";
import { ratesNow } from "../performance-rates.ts";
import { readVisitor, type VisitorDeps, type VisitorRead } from "../read-visitor.ts";
import { decideWithCaps, type ReserveDeps } from "./reserve.ts";

export interface DecideDeps extends VisitorDeps, ReserveDeps {
  live: DurableObjectNamespace<LiveTail>;
  /** Counts misses. */
  db: D1Database;
  /** In [0, 1). */
  random(): number;
  newId(): string;
}

export interface Decided {
  decisions: Decision[];
  /** What the request can show; undefined where nothing could be decided. */
  contents: Contents | undefined;
  /** What was decided by. */
  attributes: Attributes;
  /** A person's own fields, for templates: person.ts opens them. */
  sealed?: string | undefined;
  /** It is one of those that the operator is shown. */
  isTraced: boolean;
  giveBack(slots: (slot: string) => boolean): void;
}

/** What is asked for besides the decisions. */
export interface Asked {
  /** Why each offer lost, in detail. */
  explain?: boolean;
  /** A browser asks ahead for what its visitor may never see: nothing is taken of an exact cap, and such offers lose. */
  isPrefetch?(): boolean;
  /** Offers that the page shows already. */
  onPage?: readonly string[] | undefined;
  /** What can be shown: an offer whose content is not there does not win. Absent: all that the release names. */
  contents?: (ms: number) => Contents | Promise<Contents>;
}

/** As contracts/definitions/slot.ts has it. */
const MAX_BUDGET_MS = 1_000;

/** One decision per known slot; a promise only where something has to be read. Never rejects: what cannot be decided falls back. */
export function decideSlots(
  context: RequestContext,
  names: readonly string[],
  deps: DecideDeps,
  asked: Asked = {},
): Decided | Promise<Decided> {
  const { release, preview, now } = context;
  const { document } = release;
  const slots = names.filter((name) => Object.hasOwn(document.slots, name));
  if (slots.length === 0) return nothing([]);
  const isTraced = !preview && deps.random() < context.settings.TRACE_SLOTS;
  const fallBack = (reason: "budget" | "error"): Decided => {
    if (!preview) countMisses(slots, reason, now, deps);
    return nothing(decideNothing(document, slots, reason), isTraced);
  };
  const fail = (error: unknown): Decided => {
    logError("slots fall back", error);
    return fallBack("error");
  };
  try {
    const budgetMs = budgetOf(context, slots);
    const until = deps.clock() + budgetMs;
    const reading = preview
      ? import("../preview/visitor.ts").then(({ previewVisitor }) => previewVisitor(context, preview, deps))
      : readVisitor(context, budgetMs, deps);
    const decided = after(reading, (read) =>
      read.known ? decideFor(read, { context, slots, isTraced, until }, deps, asked) : fallBack(read.reason),
    );
    return decided instanceof Promise ? decided.catch(fail) : decided;
  } catch (error) {
    return fail(error);
  }
}

interface Deciding {
  context: RequestContext;
  slots: readonly string[];
  isTraced: boolean;
  /** Epoch ms, by `clock`. */
  until: number;
}

/** The decisions for a visitor of whom it is known what can be known. */
function decideFor(
  { attributes, personal, unit, sealed }: Extract<VisitorRead, { known: true }>,
  { context, slots, isTraced, until }: Deciding,
  deps: DecideDeps,
  asked: Asked,
): Decided | Promise<Decided> {
  const { release, preview, now, visitor } = context;
  const { document } = release;
  const left = () => Math.max(1, until - deps.clock());
  return after(asked.contents?.(left()), (contents) => {
    const input: DecideInput = {
      document,
      slots,
      attributes,
      now: preview?.at ?? now,
      personal,
      unit,
      visitor: visitor.key,
      session: visitor.session,
      rates: ratesNow(document, now, deps),
      hasContent: contents?.has,
      onPage: asked.onPage,
      withoutCaps: preview !== undefined,
      withoutHoldouts: preview?.holdouts === false,
      winnersOnly: !isTraced && !preview && !asked.explain,
    };
    const reserving = decideWithCaps(input, () => (asked.isPrefetch?.() ? 0 : until), deps);
    return after(reserving, ({ decisions: made, full, giveBack }) => {
      const explaining = asked.explain
        ? import("./details.ts").then(({ withDetails }) => withDetails(made, input, full))
        : made;
      return after(explaining, (explained) => {
        const loading = contents && loadWinners(contents, explained, left(), context, giveBack, deps);
        return after(loading ?? explained, (decisions) => {
          flushMisses(now, deps);
          return { decisions, contents, attributes, sealed, isTraced, giveBack };
        });
      });
    });
  });
}

/** The decisions, once their contents are here: what has not come in time shows the fallback. Undefined: nothing to wait for. */
function loadWinners(
  contents: Contents,
  decisions: Decision[],
  ms: number,
  { release: { document }, preview, now }: RequestContext,
  giveBack: Decided["giveBack"],
  deps: DecideDeps,
): Promise<Decision[]> | undefined {
  const loading = contents.load(
    decisions.map(({ content }) => content),
    ms,
  );
  return loading?.then(() => {
    const shown = withoutMissing(decisions, contents, document);
    const missed = decisions.flatMap(({ slot, offer }, n) => (offer === shown[n]?.offer ? [] : [slot]));
    if (missed.length > 0) {
      giveBack((slot) => missed.includes(slot));
      if (!preview) countMisses(missed, "content", now, deps);
    }
    return shown;
  });
}

const nothing = (decisions: Decision[], isTraced = false): Decided => ({
  decisions,
  contents: undefined,
  attributes: {},
  isTraced,
  giveBack: () => {},
});

/** One read serves all slots of a request, so the least patient of them sets the time. */
function budgetOf({ release: { document } }: RequestContext, slots: readonly string[]): number {
  return slots.reduce(
    (least, slot) => Math.min(least, document.slots[slot]?.budgetMs ?? least),
    MAX_BUDGET_MS,
  );
}

/**
 * Show a share of the decisions to the operator, after the answer, and give back what was taken for slots that the page
 * did not have or could not show it in: nobody saw it.
 * @param had undefined: all that were decided
 */
export function report(
  context: RequestContext,
  { decisions, attributes, isTraced, giveBack }: Decided,
  deps: Pick<DecideDeps, "live" | "newId" | "waitUntil">,
  had?: PageSlots,
): void {
  if (had) giveBack((slot) => !had.found.has(slot) || had.unfilled.has(slot));
  if (!isTraced || decisions.length === 0) return;
  const { visitor, consent, release, now } = context;
  const named = consent.granted.includes("personalization") && visitor.key !== undefined;
  const segments = segmentsIn(attributes);
  const receipts = decisions
    .filter(({ slot }) => !had || had.found.has(slot))
    .map(
      ({ slot, outcome, offer, losers }): Receipt => ({
        stage: "slot",
        eventId: deps.newId(),
        at: now,
        slot,
        release: release.version,
        outcome,
        segments,
        losers: losers.map(({ offer: loser, reason }) => ({ offer: loser, reason })),
        ...(offer !== undefined && { offer }),
        ...(named && { visitor: visitor.key }),
      }),
    );
  if (receipts.length > 0) deps.waitUntil(showLive(deps.live, receipts));
}

/** The visitor's segments, as far as this request may know them. Worked out only when they are asked for. */
export const segmentsIn = ({ segments }: Attributes): string[] => (Array.isArray(segments) ? segments : []);
