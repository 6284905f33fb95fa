/** The contract of a wire protocol: it turns a request into incoming events, and a result into its own answer. */
import type { Signal } from "#consent/signals/signal";
import type { ConsentString } from "#consent/signals/strings";
import type { ConsentStatement } from "#contracts/event";
import type { TokenProblem } from "#contracts/taxonomy";
import type { Source } from "../../settings/sources.ts";
import type { Query } from "../query.ts";

/** One route of a protocol. */
export interface Route {
  method: "GET" | "POST";
  /** A Hono path below the base path; `:name` and `:name{regexp}` are its parameters. */
  path: string;
  /** How its body is read. JSON is parsed whatever the Content-Type says; gzip is undone before. */
  body: "json" | "text" | "none";
}

/** A request as a protocol sees it: read within the door's limits, and not yet trusted in anything. */
export interface ProtocolRequest {
  route: Route;
  /** Values of the path's parameters, decoded. */
  params: Readonly<Record<string, string>>;
  /** Parsed on demand. */
  query(): Query;
  headers: Headers;
  /** Parsed JSON or text, as the route says; undefined for `none`. */
  body: unknown;
}

/** What a protocol is given besides the request. */
export interface Stamp {
  source: Source;
  newId(): string;
  /** Epoch ms at which the request arrived. */
  now: number;
}

/** An identifier as its sender names it: which namespaces there are says the release. */
export interface NamedIdentifier {
  namespace: string;
  /** Empty: it was no text. */
  value: string;
}

/** An event in the native shape, before its contract is checked. */
export interface IncomingEvent {
  index: number;
  id: string;
  /** A contract's name, or the sender's own where no contract is meant. */
  name: string;
  /** The version of the contract that the sender wrote for; absent: the newest. */
  version?: string | undefined;
  /** Epoch ms by the sender's clock. */
  occurredAt: number;
  anonymousId?: string | undefined;
  userId?: string | undefined;
  /** Further identifiers that the sender claims, by whatever namespace the sender says. */
  identifiers?: readonly NamedIdentifier[] | undefined;
  properties: unknown;
  context: unknown;
  traits: unknown;
  statement?: ConsentStatement | undefined;
  /** TCF and GPP strings that the event carries. */
  strings?: readonly ConsentString[] | undefined;
  /** Other signals that it carries, read already: Google Consent Mode's. */
  signals?: readonly Signal[] | undefined;
  /** The identity token that came with it, as it came: src/collect/prove.ts takes it off before anything else is done. */
  token?: unknown;
  /** The person's own user agent, where a server or an app speaks for them. */
  userAgent?: string | undefined;
  /** Their IP address, where a server speaks for them. */
  address?: string | undefined;
}

/** An event that could not be read as one. */
export interface UnreadableEvent {
  index: number;
  id: string;
  name: string;
  code: string;
  issues: { path: string; message: string }[];
}

export interface ParsedBody {
  /** Epoch ms by the sender's clock at the moment of sending. */
  sentAt?: number | undefined;
  events: IncomingEvent[];
  unreadable: UnreadableEvent[];
  /** Events of any age may come in; only a secret key can ask for this. */
  historical?: boolean | undefined;
}

/** A body of which nothing has been read yet. All that it may have is written out: docs/decisions/024-shapes.md. */
export const emptyBody = (): ParsedBody => ({
  sentAt: undefined,
  events: [],
  unreadable: [],
  historical: undefined,
});

/** What became of a request's events. */
export interface CollectResult {
  accepted: number;
  /** Not allowed to come in: no consent for any purpose. */
  dropped: { index: number; id: string; code: string }[];
  rejected: { index: number; id: string; code: string; issues: { path: string; message: string }[] }[];
  /** Accepted, but their identity token proves nothing; absent where there is none such. */
  unproven?: { index: number; id: string; code: TokenProblem }[];
}

/** An answer in the protocol's own form. */
export interface Answer {
  status: number;
  contentType: string;
  body: string | Uint8Array<ArrayBuffer> | null;
}

/** A request that shows what a protocol takes in; examples.ts has all. */
export interface Example {
  title: string;
  route: Route;
  /** Values for the path's parameters. */
  params?: Record<string, string>;
  /** The query without its `?`. */
  query?: string;
  /** JSON value or text, as the route's body is. */
  body?: unknown;
  headers?: Record<string, string>;
  accepted: number;
  /** Names of the contracts that the events come in under, in order. */
  names: readonly string[];
}

export interface Protocol {
  name: string;
  routes: readonly Route[];
  /** Headers that its browser clients send besides the usual ones: a preflight must allow them. */
  allowHeaders?: readonly string[];
  /** The key where this protocol carries it in a way of its own: in the body, the query, a header. */
  keyIn(request: ProtocolRequest): string | undefined;
  /** The client asks not to be recognised: no cookie of ours is read or set. */
  isAnonymous?(request: ProtocolRequest): boolean;
  /** @throws Problem 400 where nothing can be read, 413 where there are too many events */
  parse(request: ProtocolRequest, stamp: Stamp): ParsedBody;
  /** The answer to a request that was read. */
  respond(result: CollectResult, request: ProtocolRequest): Answer;
}

/** Routes that take JSON by POST. */
export const postJson = (...paths: string[]): Route[] =>
  paths.map((path) => ({ method: "POST", path, body: "json" }));

/** An answer of JSON. */
export const jsonAnswer = (status: number, value: unknown): Answer => ({
  status,
  contentType: "application/json",
  body: JSON.stringify(value),
});
