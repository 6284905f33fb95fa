/**
 * Requests of Google's tag (gtag.js, GTM) to `/g/collect`: parameters of the page and the visitor in the query, and one
 * event per line of the body, or a single one in the query, too. Google documents none of it; the parameters are those
 * that the tag sends, and tests have them as they were seen.
 */
import { fromGcs } from "#consent/signals/consent-mode";
import { Problem } from "#core/problem";
import { parseQuery, type Query } from "../query.ts";
import { asId, asNumber } from "../shape.ts";
import { CONSENT_PARAMETERS, stringsOf } from "./consent-parameters.ts";
import { contextOf, type Fields } from "./ga4-event.ts";
import { itemsOf } from "./ga4-items.ts";
import { nameAndProperties } from "./ga4-mapping.ts";
import { emptyBody, type IncomingEvent, type ParsedBody, type Stamp } from "./protocol.ts";
import { idOfTexts } from "./told-id.ts";

/** The tag itself sends some dozens together. */
const MAX_EVENTS = 100;
/** Own parameters of an event: what GA4 360 takes. Further ones are not read. */
const MAX_PARAMS = 100;
/** Parameters that differ when the same hit is sent again. */
const OF_SENDING = /(?:^|&)(?:tfd|richsstsse|_z|z)=[^&]*/g;
/** Parameters by which a hit is told from any other of the same visitor. */
const OF_HIT = ["tid", "cid", "sid", "_p", "_s"] as const;

/**
 * The parameters that are read by their names. Their places stand in for a Map, which would look up the text of each parameter
 * of each request among all texts that the runtime knows.
 */
const READ = [
  ...["en", "cid", "uid", "up.customer_id", "tid", "sid", "_p", "_s"],
  ...["dl", "dt", "dr", "ul", "cu", "_et", "gcs", "npa", ...CONSENT_PARAMETERS],
] as const;
type Name = (typeof READ)[number];
const PLACES = Object.fromEntries(READ.map((name, place) => [name, place])) as Readonly<Record<Name, number>>;
/** Length and first character → places of the names that begin so. */
const STARTS = new Map<number, number[]>();
for (const [place, name] of READ.entries())
  STARTS.set(startOf(name), [...(STARTS.get(startOf(name)) ?? []), place]);

/** A parameter by its name. */
type Said = (name: Name) => string | undefined;

/** Parameters of a query or a line, and what they say in GA4's names. */
interface Told {
  query: Query;
  /** The last value of a name. */
  said: Said;
  params: Fields;
  items: readonly Fields[];
}

/** What a hit says of consent. */
type Consent = Pick<IncomingEvent, "strings" | "signals">;

/**
 * Read the events of a request.
 * @param body text with an event per line; empty where the only one is in the query
 * @throws Problem 413 `too_many_events`
 */
export function readHit(query: Query, body: string, stamp: Stamp): ParsedBody {
  const lines = body === "" ? [] : body.split(/\r?\n/).filter((line) => line !== "");
  if (lines.length > MAX_EVENTS)
    throw new Problem(413, "too_many_events", `A request carries at most ${MAX_EVENTS} events.`);
  const parsed = emptyBody();
  const shared = tell(query);
  const consent = consentOf(shared.said);
  if (lines.length === 0) readEvent(0, shared, shared, consent, stamp, parsed);
  for (const [index, line] of lines.entries())
    readEvent(index, shared, tell(parseQuery(line)), consent, stamp, parsed);
  return parsed;
}

/** @param own what the event's line says, which goes over what is shared @param consent what is shared says of it */
function readEvent(
  index: number,
  shared: Told,
  own: Told,
  consent: Consent,
  { newId, now }: Stamp,
  parsed: ParsedBody,
): void {
  const said: Said = own === shared ? own.said : (name) => own.said(name) ?? shared.said(name);
  const id = idOfHit(said, index, own.query.text) ?? newId();
  const name = asId(said("en"), 64);
  if (name === undefined) {
    const issues = [{ path: "en", message: "is required: the event's name" }];
    parsed.unreadable.push({ index, id, name: "", code: "invalid_event", issues });
    return;
  }
  const params = own === shared ? own.params : { ...shared.params, ...own.params };
  const items = own.items.length > 0 ? own.items : shared.items;
  const mapped = nameAndProperties({ name, params, items });
  if (!mapped) return;
  const customer = asId(said("up.customer_id"));
  const saysConsent = own !== shared && SAYS_CONSENT.some((known) => own.said(known) !== undefined);
  const { strings, signals } = saysConsent ? consentOf(said) : consent;
  // Field by field: those that stand behind a spread are set by a call into the runtime each.
  parsed.events.push({
    index,
    id,
    name: mapped.name,
    properties: mapped.properties,
    occurredAt: now, // the tag sends at once and tells no time
    anonymousId: asId(said("cid")),
    userId: asId(said("uid")),
    context: contextOf(params, "gtag"),
    traits: customer === undefined ? undefined : { customer_id: customer },
    strings,
    signals,
  });
}

function tell(query: Query): Told {
  const read: (string | undefined)[] = [];
  for (const [name, value] of query.pairs) {
    const places = STARTS.get(startOf(name));
    const place = places?.find((known) => READ[known] === name);
    if (place !== undefined) read[place] = value;
  }
  const said: Said = (name) => read[PLACES[name]];
  return { query, said, params: paramsOf(said, query), items: itemsOf(query.pairs) };
}

function startOf(name: string): number {
  return name.length * 128 + (name.charCodeAt(0) & 127);
}

/** Short names of what an event may also say as a parameter of its own, which goes over these. */
const PAGE: readonly [Name, string][] = [
  ["dl", "page_location"],
  ["dt", "page_title"],
  ["dr", "page_referrer"],
  ["ul", "language"],
  ["cu", "currency"],
  ["_et", "engagement_time_msec"],
];

const E = 101;

/** By GA4's names; `epn.` are numbers. */
function paramsOf(said: Said, { pairs }: Query): Fields {
  const params: Record<string, unknown> = {};
  for (const [short, name] of PAGE) {
    const value = said(short);
    if (value !== undefined) params[name] = value;
  }
  let left = MAX_PARAMS;
  for (const [key, value] of pairs) {
    if (key.charCodeAt(0) !== E) continue;
    if (key.startsWith("ep.")) params[key.slice(3)] = value;
    else if (key.startsWith("epn.")) params[key.slice(4)] = asNumber(value) ?? value;
    else continue;
    if (--left === 0) break;
  }
  return params;
}

/**
 * The protocol has no id of an event: `_p` is a page's, and `_s` counts a page's requests. Together with the visitor, the
 * line's number and its content they are the same only for a request that is sent again. A sender without them says
 * nothing by which a repetition differs from a second event, so each of its events is a new one.
 */
function idOfHit(said: Said, index: number, content: string): string | undefined {
  if (said("_p") === undefined || said("_s") === undefined) return undefined;
  const told: string[] = [];
  for (const name of OF_HIT) told.push(said(name) ?? "");
  told.push(String(index), content.replace(OF_SENDING, ""));
  return idOfTexts(told, "ga4-");
}

/** `gcd`, `dma` and `dma_cps` are none of them: they are undocumented, and contradict `gcs` at times. */
const SAYS_CONSENT = ["gcs", "npa", ...CONSENT_PARAMETERS] as const;

function consentOf(said: Said): Consent {
  const mode = fromGcs(said("gcs"), said("npa"));
  return { strings: stringsOf(said), signals: mode && [mode] };
}
