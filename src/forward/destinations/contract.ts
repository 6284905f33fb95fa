/**
 * What a destination is: one folder with settings, a pure mapping, a sender, examples and what its docs say, and one line
 * in registry.ts (and in examples.ts and about.ts beside it, which only tests and docs read). The examples are its
 * contract: a generic test runs them all, and docs/destinations/ shows them.
 *
 * It is made to carry more than analytics and CRM: an audience takes `profile_change` items and adds or removes hashed
 * addresses; a provider of e-mail or push takes events with traits; a warehouse takes a body per row and a batch a request.
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

/** Access tokens that a vendor has given, kept by the isolate. Keys and values never leave it. */
export interface TokenCache {
  /** @param now epoch ms */
  get(key: string, now: number): string | undefined;
  /** @param until epoch ms */
  put(key: string, token: string, until: number): void;
  drop(key: string): void;
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
  tokens: TokenCache;
  /** A queue that the customer has bound to the Worker; never one of Doorstep's own. */
  queueOf: (binding: string) => Pick<Queue<unknown>, "sendBatch"> | undefined;
}

/** Whether a destination can be reached and takes our credentials. Codes as those of deliveries. */
export type Health =
  | { status: "ok"; detail?: string }
  | { status: "unauthorized" | "unreachable" | "misconfigured"; code: string; detail?: string }
  /** The vendor has nothing that could be asked without a record being made. */
  | { status: "unknown"; detail: string };

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

export interface DestinationLimits {
  /** At most this many bodies in one call of `send`, which may make several requests of them. */
  batch: number;
  /** As many bodies as one of its requests carries: what `requestsPerSecond` is counted in. */
  perRequest: number;
  /** What the vendor takes of one account, or less. A release may say less: `limits` of the destination. */
  requestsPerSecond: number;
  /** Batches that are under way at the same time. */
  concurrency: number;
}

/**
 * A type of destination. `map`, `send` and `erase` are written as methods on purpose: that lets the registry hold types with
 * different settings, which are only ever called with what their own `settings` schema has parsed.
 */
export interface DestinationType<Settings = unknown, Body = unknown> {
  name: string;
  title: string;
  /** Each field with `.meta({ title, description })`: the console's form and the docs are made of them (form.ts). */
  settings: z.ZodType<Settings>;
  /** Names of the settings that are credentials: a release is read by every role and kept for ever, so it may but name them. */
  credentials: readonly string[];
  /**
   * Settings that are addresses, and whose they must be: one of these hosts, or a name under it; any public one where the
   * list is empty. Asked when a release is published; `send` asks again.
   */
  addresses?: Readonly<Record<string, readonly string[]>>;
  /** The vendor deduplicates or upserts, so a repeated request has no second effect. */
  deduplicates: boolean;
  limits: DestinationLimits;
  /**
   * Purposes that every destination of this type must name: what the vendor does with an event serves them. Empty: that
   * depends on who receives, and the definition says it.
   */
  needs: readonly Purpose[];
  /** Whether it can use personal traits; they come only where it serves `marketing`, and marketing was granted. */
  needsPersonal: boolean;
  /** Whether it takes changes of profiles: events named `profile_change` (contracts/messages/profile_change.ts). */
  changes: boolean;
  /**
   * Paths in the body whose fields the vendor keeps as a record, so that a mapping may give them write modes. Where the
   * body takes no `modes`, a mapping sets nothing in them for a claim.
   */
  records?: readonly string[];
  /** What `map` makes: a release's mapping may set what it allows, and is refused where it does not. */
  body: z.ZodType<Body>;
  map(event: DeliveryEvent, traits: Traits, settings: Settings): MapResult<Body>;
  /** Make a body that a release's mapping has changed fit the vendor's limits, by the same rules as `map`. */
  fit?(body: Body, settings: Settings): MapResult<Body>;
  /** One outcome for each body, in the same order. Never throws for anything that a vendor may answer. */
  send(bodies: readonly Mapped<Body>[], context: SendContext<Settings>): Promise<DeliveryOutcome[]>;
  /** Ask the vendor something harmless that shows whether the settings hold. Never throws for what it may answer. */
  health(context: SendContext<Settings>): Promise<Health>;
  /** How a person is deleted there, or why they cannot be: a sentence or two, for the docs and the console. */
  erasure: string;
  /**
   * Ask the vendor to delete a person. Asked again after a crash, so a repetition must do no harm. Never throws for
   * anything that a vendor may answer. A type without it offers no deletion.
   */
  erase?(person: ErasurePerson, context: EraseContext<Settings>): Promise<ErasureOutcome>;
}

/**
 * What the docs say of a type besides what can be read from the type itself; docs/destinations/<name>.md is generated of
 * both. Prose is Markdown. Never imported by what the Worker bundles.
 */
export interface DestinationAbout {
  /** What it is for, in a sentence or two. */
  summary: string;
  /** Version of the vendor's API that the code speaks, as the vendor calls it. */
  apiVersion: string;
  /** The vendor's own pages that it was built by. */
  sources: readonly { title: string; url: string }[];
  /** Steps at the vendor and at Doorstep. */
  setup: string;
  /** A whole definition, as it stands in a release. */
  definition: Record<string, unknown>;
  /** How a repeated request is told from a new one. */
  idempotency: string;
  /** Each documented limit, and what happens to what is beyond it. */
  limits: readonly { limit: string; effect: string }[];
  /** How the visitor's consent is told in the vendor's own form. */
  consent: string;
  /** Each of our events, and what it is there. */
  events: readonly { event: string; becomes: string }[];
  /** Answers of the vendor, and what they mean for an item. */
  answers: readonly { answer: string; becomes: string }[];
  /** How a person's deletion is set up and what the vendor then does; begins with the type's `erasure`. */
  deletion: string;
  /** What else one should know. */
  notes?: string;
}

/** The code of a retry that used up no attempt: the deadline came before the item's request was begun. */
export const NOT_TRIED = "not_tried";
