/**
 * The public API of `/doorstep.js` and the shapes it exchanges with the door (docs of the wire: `POST /events`,
 * `GET|PUT /consent`). A site written in TypeScript imports this file to get `window.doorstep` typed. Types only.
 */
import type { Traits } from "#contracts/event";
import type { Purpose } from "#contracts/taxonomy";

export type { Purpose, Traits };

/** The consent that is in force, as `GET /consent` answers it. */
export interface ConsentState {
  purposes: Record<Purpose, "granted" | "denied">;
  /** The law whose defaults apply, such as `gdpr`. */
  regime: string;
  /** True when the visitor decided; false when these are the regime's defaults. */
  explicit: boolean;
  /** ISO time at which the decision has to be asked for again. */
  expires_at: string | null;
}

/** What can come with an event besides its properties. */
export interface EventExtras {
  /** A person's own data. Values are claims: they prove nothing. */
  traits?: Traits | undefined;
}

/** One event as it is sent. It is made, and its page is noted, when it happens. */
export interface BrowserEvent extends EventExtras {
  id: string;
  name: string;
  occurred_at: string;
  properties: Record<string, unknown>;
  context: { page: { url: string; title: string; referrer: string }; locale: string };
}

/** A call made before the script has loaded: `["track", "cta_click", {…}]` or `["consent.set", {…}]`. */
export type DoorstepCall = [method: string, ...args: unknown[]];

/** `window.doorstep`. No method throws; what goes wrong is warned about in the console. */
export interface Doorstep {
  /** Records an event. `properties` are copied at once, so a later change of them does no harm. */
  track(name: string, properties?: Record<string, unknown>, extras?: EventExtras): void;
  /** Records a `page_view` by hand; the page's own content data are added unless `properties` has them. */
  page(properties?: Record<string, unknown>): void;
  /** Records an `identify` event: traits that became known. */
  identify(traits: Traits): void;
  consent: {
    /** The consent in force, or null while it is not known yet. */
    get(): ConsentState | null;
    /**
     * Records the visitor's decision. A purpose that is left out keeps its value. The promise never rejects: it
     * resolves to the consent in force once the server has answered. Denying everything acts at once.
     */
    set(choices: Partial<Record<Purpose, boolean>>): Promise<ConsentState | null>;
    /** Calls back whenever the consent in force changes, also when it first becomes known. Returns the way to stop. */
    onChange(callback: (state: ConsentState) => void): () => void;
  };
  /** Makes one call in the form of the pre-load queue, so that `doorstep.push([…])` works before and after loading. */
  push(call: DoorstepCall): void;
}

declare global {
  interface Window {
    doorstep?: Doorstep | DoorstepCall[];
  }
}
