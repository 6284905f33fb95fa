/** Grounds and sources as sentences for a visitor. Pure; called by page.ts. */
import { latestOfEachKind } from "#consent/signals/latest";
import type { Signal } from "#consent/signals/signal";
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import { DAY_MS } from "#core/clock";
import type { RequestContext } from "../context.ts";
import type { Entry } from "./history.ts";
import { TEXTS } from "./page-texts.ts";

/** One purpose, as the page shows it. */
export interface PurposeView {
  purpose: Purpose;
  granted: boolean;
  /** Denied where this page has no say. */
  locked: boolean;
  why: string[];
}

/** Purposes that a consent manager denies: no decision of ours can grant them. */
export const deniedElsewhere = ({ signals, now }: RequestContext): Map<Purpose, Signal> =>
  new Map(
    PURPOSES.flatMap((purpose) => {
      // The clocks of others may be a day ahead, as decide.ts has it.
      const signal = latestOfEachKind(signals, now + DAY_MS).find(({ says }) => says[purpose] === "denied");
      return signal ? [[purpose, signal] as const] : [];
    }),
  );

/** All purposes, each with why. @param entries of the ledger, to say where a decision was made */
export function purposeViews(context: RequestContext, entries: readonly Entry[]): PurposeView[] {
  const { consent, choice } = context;
  const elsewhere = deniedElsewhere(context);
  const entry = entries.find(({ id }) => id === choice?.receipt);
  const here = entry ? whereOf(entry) : TEXTS.where.site;
  return PURPOSES.map((purpose) => {
    const granted = consent.granted.includes(purpose);
    const ground = consent.grounds[purpose] ?? "default";
    const other = elsewhere.get(purpose);
    const why: string[] = [];
    if (ground === "cookie" && choice) {
      const say = granted ? TEXTS.why.allowed : TEXTS.why.denied;
      why.push(say(dayOf(choice.givenAt), here));
      if (granted && purpose === "marketing" && context.gpc) why.push(TEXTS.why.despiteGpc);
    } else if (ground === "gpc") why.push(TEXTS.why.gpc);
    else if (ground === "expired") why.push(TEXTS.why.expired);
    else if (ground === "default") why.push(granted ? TEXTS.why.byDefault : TEXTS.why.notAsked);
    else if (granted) why.push(TEXTS.why.allowedElsewhere(managerOf(ground)));
    if (other) {
      const manager = managerOf(`${other.kind}:${other.name}`);
      why.push(
        other.invalid === undefined ? TEXTS.why.deniedElsewhere(manager) : TEXTS.why.unreadable(manager),
      );
    }
    return { purpose, granted, locked: other !== undefined, why };
  });
}

/** `banner:onetrust,didomi` → OneTrust and Didomi. */
function managerOf(ground: string): string {
  const names = ground.slice(ground.indexOf(":") + 1).split(",");
  return [...new Set(names.map(TEXTS.manager))].join(TEXTS.and);
}

/** Where a decision of the ledger was made. */
export function whereOf({ source, evidence }: Pick<Entry, "source" | "evidence">): string {
  const places = source.split("+").map((one) => {
    const [kind] = one.split(":");
    if (kind === "choice") return ownPlace(evidence);
    if (kind === "server") return TEXTS.where.server;
    if (kind === "gpc") return TEXTS.where.gpc;
    if (kind === "statement") return TEXTS.where.event;
    return TEXTS.where.manager(managerOf(one));
  });
  return [...new Set(places)].join(", ");
}

function ownPlace(evidence: string): string {
  if (evidence === "page") return TEXTS.where.page;
  return evidence.startsWith("banner:") ? TEXTS.where.banner : TEXTS.where.site;
}

let day: Intl.DateTimeFormat | undefined;
let minute: Intl.DateTimeFormat | undefined;

// Made with the first page: an isolate that only takes events should not start slower for them.
export function dayOf(ms: number): string {
  day ??= new Intl.DateTimeFormat(TEXTS.dates, { dateStyle: "long", timeZone: "UTC" });
  return day.format(ms);
}

export function minuteOf(ms: number): string {
  minute ??= new Intl.DateTimeFormat(TEXTS.dates, {
    dateStyle: "medium",
    timeStyle: "short",
    timeZone: "UTC",
  });
  return `${minute.format(ms)} UTC`;
}
