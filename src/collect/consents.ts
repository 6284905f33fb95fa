/**
 * The consent of a request's events: the request's own decision, unless an event says something of its own or comes from
 * a server. Called by accept.ts once per request, before its events are looked at.
 */
import { type ConsentSignals, decideConsent, recordOf } from "#consent/decide";
import type { Signal } from "#consent/signals/signal";
import { type ReadString, readStrings } from "#consent/signals/strings";
import type { ConsentDecision, ConsentRecord } from "#contracts/messages/event_envelope";
import type { RequestContext } from "#door/context";
import type { AuthenticatedSource } from "#door/source";
import type { IncomingEvent } from "./protocols/protocol.ts";
import { withoutTrace } from "./request-visitor.ts";

/** What an event says of consent by itself. */
type OwnSignals = Pick<IncomingEvent, "statement" | "strings" | "signals">;

export interface EventConsents {
  /** The decision for an event. */
  of(event: OwnSignals): ConsentDecision;
  /** The receipt of what `record` would say. */
  receipt(): string;
  /** What the visitor has decided, with what the last of the events says; undefined where nobody has. */
  record(subject: string): ConsentRecord | undefined;
}

/**
 * @param anonymous the client asks not to be recognised: no string's fingerprint goes on that could tell it again
 * @returns a promise only where an event carries a string that this isolate does not know
 */
export function eventConsents(
  events: readonly OwnSignals[],
  context: RequestContext,
  from: AuthenticatedSource,
  anonymous: boolean,
): EventConsents | Promise<EventConsents> {
  const strings = events.flatMap((event) => event.strings ?? NONE);
  if (strings.length === 0) return consentsWith(events, context, from, unread);
  const told = (read: ReadString): ReadString => (anonymous ? (one) => withoutTrace(read(one)) : read);
  const read = readStrings(strings, context.release.document.policy.tcf);
  return read instanceof Promise
    ? read.then((known) => consentsWith(events, context, from, told(known)))
    : consentsWith(events, context, from, told(read));
}

function consentsWith(
  events: readonly OwnSignals[],
  context: RequestContext,
  from: AuthenticatedSource,
  read: ReadString,
): EventConsents {
  const { policy } = context.release.document;
  const of = (event: OwnSignals) =>
    !from.secret && saysNothing(event)
      ? context.consent
      : decideConsent(policy, signalsOf(event, context, from, read));
  return {
    of,
    receipt: () => of(events.at(-1) ?? SILENT).receipt,
    record: (subject) => recordOf(policy, signalsOf(events.at(-1) ?? SILENT, context, from, read), subject),
  };
}

/** All that is known of consent for an event. */
function signalsOf(
  { statement, strings, signals }: OwnSignals,
  { now, gpc, choice, country, region, signals: ofCookies }: RequestContext,
  { secret }: AuthenticatedSource,
  read: ReadString,
): ConsentSignals {
  const own: readonly Signal[] =
    strings || signals ? [...(strings ?? []).map(read), ...(signals ?? [])] : NONE;
  // A server's own place and cookies say nothing of the person: without a statement the strictest regime holds.
  if (secret) return { now, gpc: false, signals: own, statement };
  const all = own.length > 0 ? [...ofCookies, ...own] : ofCookies;
  return { now, gpc, choice, country, region, signals: all, statement };
}

const NONE = [] as const;
const SILENT: OwnSignals = {};

const saysNothing = ({ statement, strings, signals }: OwnSignals): boolean =>
  statement === undefined && strings === undefined && signals === undefined;

const unread: ReadString = () => {
  throw new Error("a consent string was not read"); // only called for strings, and there are none
};
