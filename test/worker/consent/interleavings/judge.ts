/**
 * Who judges what was delivered. It is told what visitors did, when, and which of it has reached the system; it knows the
 * rules, and nothing of how the product follows them: here decisions are sets with the moment at which a person made
 * them, where the product has days, receipts and rows.
 *
 * What may not be delivered is judged by what is certain, and so is what must be: between them the product may be
 * stricter, for it often does not know which of two decisions was later.
 */
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import { NEEDS } from "./release.ts";

const YEAR = 365 * 86_400_000;

/** One thing that a visitor said. Times are epoch ms. */
interface Said {
  granted: ReadonlySet<Purpose>;
  /** When it truly was said. */
  at: number;
  /** When it was, as far as the signal tells; 0: it does not. */
  givenAt: number;
  end: number;
  /** Marketing was granted while Global Privacy Control was on. */
  despiteGpc: boolean;
}

interface Browser {
  person: number;
  optIn: boolean;
  said: Map<"choice" | "tcf" | "banner", Said>;
  /** The choice before the last one. */
  earlier: Said | undefined;
  /** Since when it sends Global Privacy Control. */
  gpcSince: number | undefined;
}

/** All that one browser says at one moment. */
interface Stand {
  person: number;
  /** Under which it is known. */
  visitor: string | undefined;
  /** When the latest of it was said. */
  at: number;
  /** When the system was shown it. */
  seenAt: number;
  granted: ReadonlySet<Purpose>;
  /** In so many words. */
  denied: ReadonlySet<Purpose>;
  allowed: ReadonlySet<Purpose>;
  optOutSince: number | undefined;
  isKnown: boolean;
}

interface Event {
  id: string;
  visitor: string | undefined;
  person: number;
  at: number;
  granted: ReadonlySet<Purpose>;
  /** When the grants end: the last of each, and the first of all. */
  lastEnd: Map<Purpose, number>;
  firstEnd: number;
  /** When the visitor said, for each purpose, what it rests on. */
  saidAt: Map<Purpose, number>;
  /** Before this moment nothing of it was said, as far as the system can tell. */
  notBefore: number;
  marketingSaidAt: number;
}

export class Judge {
  /** Deliveries that should not have been, and events that should have been delivered, each with the reason. */
  readonly faults: string[] = [];
  readonly counts = { delivered: 0, held: 0, due: 0 };
  readonly #browsers: Browser[];
  readonly #stands: Stand[] = [];
  readonly #events = new Map<string, Event>();
  readonly #delivered = new Set<string>();
  readonly #persons = new Map<string, number>();

  constructor(browsers: readonly { person: number; optIn: boolean }[]) {
    this.#browsers = browsers.map((browser) => ({
      ...browser,
      said: new Map(),
      earlier: undefined,
      gpcSince: undefined,
    }));
  }

  visitorOf(visitor: string, browser: number): void {
    this.#persons.set(visitor, this.#browser(browser).person);
  }

  /** `PUT /consent`. @param visitor undefined: the system cannot yet say whose decision it is */
  choose(
    index: number,
    granted: readonly Purpose[],
    at: number,
    gpc: boolean,
    visitor: string | undefined,
  ): void {
    const despiteGpc = gpc && granted.includes("marketing");
    const browser = this.#browser(index);
    browser.earlier = browser.said.get("choice");
    browser.said.set("choice", {
      granted: new Set(granted),
      at,
      givenAt: at,
      end: at + YEAR,
      despiteGpc,
    });
    const stand = this.#stand(browser, visitor, at, {});
    this.#stands.push({ ...stand, optOutSince: undefined, isKnown: visitor !== undefined });
  }

  sign(
    index: number,
    kind: "tcf" | "banner",
    granted: readonly Purpose[],
    when: Pick<Said, "at" | "givenAt" | "end">,
  ): void {
    const end = Math.min(when.end, when.givenAt > 0 ? when.givenAt + YEAR : Number.POSITIVE_INFINITY);
    this.#browser(index).said.set(kind, { ...when, granted: new Set(granted), end, despiteGpc: false });
  }

  gpc(index: number, on: boolean, at: number): void {
    const browser = this.#browser(index);
    browser.gpcSince = on ? (browser.gpcSince ?? at) : undefined;
  }

  event({
    id,
    browser: index,
    visitor,
    says,
    isStale,
    at,
  }: {
    id: string;
    browser: number;
    visitor: string | undefined;
    says: Statement;
    isStale: boolean;
    at: number;
  }): void {
    const now = this.#browser(index);
    const browser = isStale ? before(now) : now;
    const stand = this.#stand(browser, visitor, at, says);
    this.#stands.push(stand);
    const said = [...browser.said.values()].filter(({ end }) => at < end);
    const endsOf = (purpose: Purpose): number[] => {
      if (!browser.optIn || says[purpose] === "granted") return [Number.POSITIVE_INFINITY];
      return said.filter(({ granted }) => granted.has(purpose)).map(({ end }) => end);
    };
    const granting = said.filter(({ granted }) => granted.size > 0);
    const isDated = granting.some(({ granted }) =>
      PURPOSES.every((p) => granted.has(p) || !stand.granted.has(p)),
    );
    const words = PURPOSES.map((p) => says[p] === "granted");
    const latest = Math.max(0, ...said.map((one) => one.at));
    this.#events.set(id, {
      id,
      visitor,
      person: browser.person,
      at,
      granted: stand.granted,
      lastEnd: new Map(PURPOSES.map((p) => [p, Math.max(0, ...endsOf(p))])),
      firstEnd: Math.min(Number.POSITIVE_INFINITY, ...granting.map(({ end }) => end)),
      saidAt: new Map(PURPOSES.map((p) => [p, says[p] === "granted" ? at : latest])),
      notBefore: isDated && !words.includes(true) ? Math.min(...granting.map(({ givenAt }) => givenAt)) : 0,
      marketingSaidAt: Math.max(
        says.marketing === "granted" ? at : 0,
        ...said.filter(({ granted }) => granted.has("marketing")).map((one) => one.at),
      ),
    });
  }

  /** A server's event, which says by itself that everything is granted. */
  link({ id, browser, visitor, at }: { id: string; browser: number; visitor: string; at: number }): void {
    const always = (value: number) => new Map(PURPOSES.map((p) => [p, value] as const));
    this.#events.set(id, {
      id,
      visitor,
      person: this.#browser(browser).person,
      at,
      granted: new Set(PURPOSES),
      lastEnd: always(Number.POSITIVE_INFINITY),
      firstEnd: Number.POSITIVE_INFINITY,
      saidAt: always(at),
      notBefore: 0,
      marketingSaidAt: at,
    });
  }

  /** The system has what it was shown at this moment. */
  ingested(seenAt: number): void {
    for (const stand of this.#stands) if (stand.seenAt === seenAt) stand.isKnown = true;
  }

  /** @param members visitors that the system knows to be one with the event's */
  delivered(
    id: string,
    destination: string,
    at: number,
    members: (visitor: string) => ReadonlySet<string>,
  ): void {
    const event = this.#events.get(id);
    const purposes = NEEDS[destination];
    if (!event || !purposes) throw new Error(`nobody sent ${id} to ${destination}`);
    this.#delivered.add(`${id} ${destination}`);
    this.counts.delivered++;
    const own = event.visitor === undefined ? new Set<string>() : members(event.visitor);
    const known = this.#stands.filter(
      ({ visitor, isKnown }) => isKnown && visitor !== undefined && own.has(visitor),
    );
    for (const purpose of purposes) {
      const why = this.#whyForbidden(event, purpose, at, known);
      if (why) this.faults.push(`${id} was delivered to ${destination}, but ${purpose} ${why}`);
    }
  }

  #whyForbidden(event: Event, purpose: Purpose, at: number, known: readonly Stand[]): string | undefined {
    if (!event.granted.has(purpose)) return "was not granted when it was collected";
    if ((event.lastEnd.get(purpose) ?? 0) <= at) return "had lapsed by then";
    const saidAt = event.saidAt.get(purpose) ?? 0;
    const later = known.filter((stand) => stand.at > saidAt);
    const last = later.reduce<Stand | undefined>((a, b) => (a && a.at >= b.at ? a : b), undefined);
    if (last?.denied.has(purpose)) return `was withdrawn at ${last.at}, seen at ${last.seenAt}`;
    if (purpose !== "marketing") return undefined;
    for (const { optOutSince } of known) {
      if (optOutSince === undefined || event.marketingSaidAt > optOutSince) continue;
      if (!known.some(({ allowed, at: when }) => allowed.has("marketing") && when > optOutSince))
        return `was opted out of at ${optOutSince}`;
    }
    return undefined;
  }

  /** Everything that waited has been taken. What nothing forbids has been delivered by now. */
  end(now: number): void {
    for (const event of this.#events.values()) {
      for (const [destination, purposes] of Object.entries(NEEDS)) {
        const isDelivered = this.#delivered.has(`${event.id} ${destination}`);
        if (!isDelivered) this.counts.held++;
        if (!purposes.every((purpose) => this.#isDue(event, purpose, now))) continue;
        this.counts.due++;
        if (!isDelivered)
          this.faults.push(`${event.id} was not delivered to ${destination}, and nothing forbade it`);
      }
    }
  }

  /** Whether nothing that anybody knows of, or could take for later, forbids it. */
  #isDue(event: Event, purpose: Purpose, now: number): boolean {
    if (!event.granted.has(purpose) || event.firstEnd <= now) return false;
    return this.#stands
      .filter(({ person }) => person === event.person)
      .every(({ granted, seenAt, optOutSince }) => {
        const forbids = !granted.has(purpose) || (purpose === "marketing" && optOutSince !== undefined);
        return !forbids || seenAt < event.notBefore;
      });
  }

  #browser(index: number): Browser {
    const browser = this.#browsers[index];
    if (!browser) throw new Error(`there is no browser ${index}`);
    return browser;
  }

  /** The rules of the door: a denial wins, then what has not lapsed grants, then the place's default; and GPC. */
  #stand(
    { person, optIn, said, gpcSince }: Browser,
    visitor: string | undefined,
    seenAt: number,
    says: Statement,
  ): Stand {
    const all = [...said.values()];
    const holds = all.filter(({ end }) => seenAt < end);
    const denied = new Set(PURPOSES.filter((p) => all.some(({ granted }) => !granted.has(p))));
    const allowed = new Set(PURPOSES.filter((p) => holds.some(({ granted }) => granted.has(p))));
    const insists = holds.some(({ despiteGpc }) => despiteGpc);
    const optOutSince = gpcSince !== undefined && !insists ? gpcSince : undefined;
    const granted = PURPOSES.filter((p) => {
      if (denied.has(p) || says[p] === "denied") return false;
      if (p === "marketing" && optOutSince !== undefined) return false;
      return !optIn || allowed.has(p) || says[p] === "granted";
    });
    const at = Math.max(0, ...all.map((one) => one.at));
    return {
      person,
      visitor,
      at,
      seenAt,
      granted: new Set(granted),
      denied,
      allowed,
      optOutSince,
      isKnown: false,
    };
  }
}

/** A browser as its request shows it that left before the last choice. */
function before({ earlier, ...browser }: Browser): Browser {
  const said = new Map(browser.said);
  if (earlier) said.set("choice", earlier);
  else said.delete("choice");
  return { ...browser, said, earlier };
}

/** What an event says by itself. */
export type Statement = { [P in Purpose]?: "granted" | "denied" };
