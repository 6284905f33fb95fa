/**
 * The public API of `/doorstep.js` and the shapes it exchanges with the door (docs of the wire: `POST /events`,
 * `GET|PUT /consent`). Published beside the script as `doorstep.d.ts`, with what is imported here written out by
 * scripts/browser/declarations.ts. Types only.
 */
import type { Traits } from "#contracts/event";
import type { Purpose } from "#contracts/taxonomy";
import type { EcommerceName, EventProperties } from "./event-properties.ts";

export type { EcommerceName, EventProperties, Purpose, Traits };

/** The consent that is in force, as `GET /consent` answers it. */
export interface ConsentState {
  purposes: Record<Purpose, "granted" | "denied">;
  /** The law whose defaults apply, such as `gdpr`. */
  regime: string;
  /** True when the visitor decided; false when these are the regime's defaults. */
  explicit: boolean;
  /** ISO time at which the decision has to be asked for again. */
  expires_at: string | null;
  /** A banner should ask now. Only where the door was asked: a decision that the browser knows by itself has none. */
  ask?: boolean;
}

/** What can come with an event besides its properties. */
export interface EventExtras {
  /** A person's own data. Values are claims: they prove nothing. */
  traits?: Traits | undefined;
  /** Whom the site takes the visitor for. A claim as well, unless `token` proves it. */
  userId?: string | undefined;
  /** A JWT that the site's server signed for this user: `sub` is the user's id. */
  token?: string | undefined;
}

/** One event as it is sent. It is made, and its page is noted, when it happens. */
export interface BrowserEvent {
  id: string;
  name: string;
  occurred_at: string;
  properties: Record<string, unknown>;
  user_id?: string | undefined;
  token?: string | undefined;
  traits?: Traits | undefined;
  context: { page: { url: string; title: string; referrer: string }; locale: string };
}

/** What `track` takes after the name of an event: the properties of its contract, or any where it has none. */
export type TrackArguments<Name extends string> = Name extends keyof EventProperties
  ? Record<string, never> extends EventProperties[Name]
    ? [properties?: EventProperties[Name], extras?: EventExtras]
    : [properties: EventProperties[Name], extras?: EventExtras]
  : [properties?: Record<string, unknown>, extras?: EventExtras];

/** A call made before the script has loaded: `["track", "cta_click", {…}]` or `["consent.set", {…}]`. */
export type DoorstepCall = [method: string, ...args: unknown[]];

/** `window.doorstep`. No method throws; what goes wrong is warned about in the console. */
export interface Doorstep {
  /** Records an event. `properties` are copied at once, so a later change of them does no harm. */
  track<Name extends string>(name: Name, ...rest: TrackArguments<Name>): void;
  /** Records a `page_view` by hand; the page's own content data are added unless `properties` has them. */
  page(properties?: EventProperties["page_view"]): void;
  /** Records an `identify` event: whom the site takes the visitor for, with a token that proves it. */
  identify(userId: string | number, extras?: Pick<EventExtras, "traits" | "token">): void;
  /** Records an `identify` event: traits that became known. */
  identify(traits: Traits): void;
  /**
   * Records an e-commerce event whose data are as GA4 wants them (`transaction_id`, `items` with `item_id` …) under our
   * own names. Loads the second file; `track` needs none.
   */
  ecommerce(name: EcommerceName, data: object): void;
  consent: {
    /**
     * The consent in force, or null while it is not known yet. Where the visitor has denied everything before it was, all is
     * denied, without `regime` and `expires_at`, until the server has answered.
     */
    get(): ConsentState | null;
    /**
     * Records the visitor's decision. A purpose that is left out keeps its value. The promise never rejects: it
     * resolves to the consent in force once the server has answered. Denying everything acts at once. `evidence` goes
     * into the record of the decision: the version of the banner that asked, at most 64 characters.
     */
    set(
      choices: Partial<Record<Purpose, boolean>>,
      more?: { evidence?: { banner: string } },
    ): Promise<ConsentState | null>;
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
