/** The contract of a wire protocol: it turns a parsed body into incoming events, and a result into its own answer. */
import type { ConsentStatement } from "#contracts/event";
import type { Source } from "../../env.ts";

/** An event in the native shape, before its contract is checked. */
export interface IncomingEvent {
  index: number;
  id: string;
  /** A contract's name, or the sender's own where no contract is meant. */
  name: string;
  /** Epoch ms by the sender's clock. */
  occurredAt: number;
  anonymousId?: string | undefined;
  userId?: string | undefined;
  properties: unknown;
  context: unknown;
  traits: unknown;
  statement?: ConsentStatement | undefined;
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
}

/** What became of a request's events. */
export interface CollectResult {
  accepted: number;
  /** Not allowed to come in: no consent for any purpose. */
  dropped: { index: number; id: string; code: string }[];
  rejected: { index: number; id: string; code: string; issues: { path: string; message: string }[] }[];
}

export interface Protocol {
  name: string;
  /** Hono paths, below the base path. */
  paths: readonly string[];
  /** The key where this protocol puts it into the body. */
  keyInBody(body: unknown): string | undefined;
  /** @param path the request's path below the base path @throws Problem 400 where nothing can be read */
  parse(body: unknown, path: string, source: Source, newId: () => string, now: number): ParsedBody;
  /** The answer to a request that was read. */
  respond(result: CollectResult): { status: number; body: unknown };
  examples: readonly { title: string; path: string; body: unknown; accepted: number }[];
}
