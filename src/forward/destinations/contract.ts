/**
 * What a destination is: one folder with settings, a pure mapping, a sender and examples, and one line in registry.ts.
 * The examples are its contract: a generic test runs them all, and docs/destinations/ shows them.
 */
import type * as z from "zod";
import type { Traits } from "#contracts/event";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import type { Purpose } from "#contracts/taxonomy";
import type { DeliveryOutcome } from "#core/outcome";

/** `fetch` as it is passed in; destinations never use the global one. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What the mapping makes of one event. Reasons and codes are stable and hold no value of a field. */
export type MapResult<Body> =
  | { status: "mapped"; body: Body }
  | { status: "skipped"; reason: string }
  | { status: "failed"; code: string; detail?: string };

/** A mapped event on its way out. `itemId` is the same however often it is sent. */
export interface Mapped<Body> {
  itemId: string;
  event: DeliveryEvent;
  body: Body;
}

export interface SendContext<Settings> {
  settings: Settings;
  fetch: Fetch;
  /** Epoch ms. */
  now: number;
  /** Aborts at the deadline that all of one destination's requests of a batch share. */
  signal: AbortSignal;
  /** Only in local development: allows plain http and local addresses. */
  allowInsecure: boolean;
}

/**
 * Whom an erasure is about, as vendors may know them. Only values that are proved to be this person's may come here: a
 * vendor deletes whoever is named.
 */
export interface ErasurePerson {
  /** Raw values, opened from the person's identities and traits. */
  emails: readonly string[];
  phones: readonly string[];
  userIds: readonly string[];
  /** Identifier keys: whatever was ever the `profile` of an event is among them. */
  subjects: readonly string[];
}

/**
 * What a vendor makes of an erasure. Codes and details are stable and hold no value of a person.
 * `confirmed`: it is done, and the vendor says so. `requested`: the vendor has taken it and does it in its own time.
 * `none`: there is nothing that it could be asked, and `detail` says why. `retry`: ask again, later. `failed`: never.
 */
export type ErasureOutcome =
  | { status: "confirmed" | "requested" | "none"; detail?: string }
  /** `detail`: in words, where a person must mend something first. */
  | { status: "retry"; code: string; afterSeconds?: number; detail?: string }
  | { status: "failed"; code: string; detail?: string };

export interface EraseContext<Settings> extends SendContext<Settings> {
  /** The same for every attempt at this part of this erasure. */
  id: string;
  /** The destination serves `marketing`, so it may have been sent personal traits, and may be told whose they were. */
  personal: boolean;
}

/** One entry of the docs and of the generic test: this event becomes exactly that. */
export interface DestinationExample<Body> {
  title: string;
  event: DeliveryEvent;
  traits?: Traits;
  settings: Record<string, unknown>;
  expect: MapResult<Body>;
}

/**
 * A type of destination. `map`, `send` and `erase` are written as methods on purpose: that lets the registry hold types with
 * different settings, which are only ever called with what their own `settings` schema has parsed.
 */
export interface DestinationType<Settings = unknown, Body = unknown> {
  name: string;
  title: string;
  settings: z.ZodType<Settings>;
  /** Names of the settings that are credentials: a release is read by every role and kept for ever, so it may but name them. */
  credentials: readonly string[];
  /** The vendor deduplicates or upserts, so a repeated request has no second effect. */
  deduplicates: boolean;
  /** `batch`: at most this many bodies in one call of `send`, which may make several requests of them. */
  limits: { batch: number };
  /**
   * Purposes that every destination of this type must name: what the vendor does with an event serves them. Empty: that
   * depends on who receives, and the definition says it.
   */
  needs: readonly Purpose[];
  /** Whether it can use personal traits; they come only where it serves `marketing`, and marketing was granted. */
  needsPersonal: boolean;
  map(event: DeliveryEvent, traits: Traits, settings: Settings): MapResult<Body>;
  /** One outcome for each body, in the same order. Never throws for anything that a vendor may answer. */
  send(bodies: readonly Mapped<Body>[], context: SendContext<Settings>): Promise<DeliveryOutcome[]>;
  /** How a person is deleted there, or why they cannot be: a sentence or two, for the docs and the console. */
  erasure: string;
  /**
   * Ask the vendor to delete a person. Asked again after a crash, so a repetition must do no harm. Never throws for
   * anything that a vendor may answer. A type without it offers no deletion.
   */
  erase?(person: ErasurePerson, context: EraseContext<Settings>): Promise<ErasureOutcome>;
  examples: readonly DestinationExample<Body>[];
}

/** The code of a retry that used up no attempt: the deadline came before the item's request was begun. */
export const NOT_TRIED = "not_tried";
