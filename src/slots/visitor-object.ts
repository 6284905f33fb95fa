/**
 * One object for each bucketing unit, that is a person as far as one is known: how often they got the offers whose caps
 * are exact. Asked only for an offer that would win, by its requests one after the other, so that no two of them can take
 * the last time. It goes by its own clock, and nothing that a cookie says but which session it is, which is sealed, counts.
 * What has passed it forgets by an alarm; with an erasure all of it (src/subjects/erasure.ts). Stored is one value, since
 * each row written is billed.
 */
import { DurableObject } from "cloudflare:workers";
import {
  count,
  forgetAt,
  type Given,
  type Limit,
  type Reached,
  reached,
  remaining,
  uncount,
} from "./caps.ts";

/** An offer that would win, and its exact caps. */
export interface CapAsk {
  offer: string;
  caps: Limit[];
}

export interface CapAnswer {
  /** In the order asked: null where the offer is the visitor's, otherwise the cap that is reached. */
  refused: (Reached | null)[];
  /** What the object has counted, so that whoever is refused need not ask for the next best in vain. */
  given: Record<string, Given>;
  /** Epoch ms at which it was counted, by the object's clock: for `release`. */
  at: number;
}

interface Stored {
  offers: Record<string, Given>;
  /** Epoch ms at which the alarm goes off. */
  alarmAt: number;
}

const KEY = "given";

export class Visitor extends DurableObject {
  #stored: Stored;

  constructor(state: DurableObjectState, env: never) {
    super(state, env);
    this.#stored = this.ctx.storage.kv.get<Stored>(KEY) ?? { offers: {}, alarmAt: 0 };
  }

  /** Take each offer for the visitor, unless one of its caps is reached. @param session a label of it (decide/reserve.ts) */
  reserve(asks: readonly CapAsk[], session: string): CapAnswer {
    const now = Date.now();
    const { offers } = this.#stored;
    const refused = asks.map(({ offer, caps }) => {
      const known = Object.hasOwn(offers, offer) ? offers[offer] : undefined;
      const full = reached(known, caps, session, now);
      if (full) return full;
      offers[offer] = count(known, caps, session, now);
      return null;
    });
    if (refused.includes(null)) this.#keep(now);
    return { refused, given: offers, at: now };
  }

  /** Give back what was taken for a page that did not show it. @param at of the answer that gave it */
  release(asks: readonly CapAsk[], session: string, at: number): void {
    const { offers } = this.#stored;
    for (const { offer, caps } of asks) {
      const known = Object.hasOwn(offers, offer) ? offers[offer] : undefined;
      if (known) offers[offer] = uncount(known, caps, session, at);
    }
    this.#keep(Date.now());
  }

  /** Forget the visitor. */
  async forget(): Promise<void> {
    this.#stored = { offers: {}, alarmAt: 0 };
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  override async alarm(): Promise<void> {
    const now = Date.now();
    const offers: Stored["offers"] = {};
    for (const [offer, given] of Object.entries(this.#stored.offers)) {
      const left = remaining(given, now);
      if (left) offers[offer] = left;
    }
    this.#stored = { offers, alarmAt: 0 };
    if (Object.keys(offers).length === 0) await this.forget();
    else this.#keep(now);
  }

  #keep(now: number): void {
    if (this.#stored.alarmAt === 0) {
      this.#stored.alarmAt = forgetAt(Object.values(this.#stored.offers), now);
      // Not awaited: the answer waits for what was written, and is none where that failed.
      void this.ctx.storage.setAlarm(this.#stored.alarmAt);
    }
    this.ctx.storage.kv.put(KEY, this.#stored);
  }
}

/** The object of a unit (src/segments/unit.ts). */
export const visitorObject = (
  namespace: DurableObjectNamespace<Visitor>,
  unit: string,
): DurableObjectStub<Visitor> => namespace.get(namespace.idFromName(unit));
