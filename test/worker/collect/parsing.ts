/** A protocol's own reading of a request, and what the contracts say of the events that it makes. */

import { checkEvent } from "#collect/check";
import type {
  Answer,
  CollectResult,
  IncomingEvent,
  ParsedBody,
  Protocol,
  ProtocolRequest,
} from "#collect/protocols/protocol";
import { parseQuery } from "#collect/query";
import { type Source, sourceSchema } from "../../../src/settings/sources.ts";

export const NOW = Date.parse("2026-11-22T10:00:05.000Z");

export const SOURCE: Source = sourceSchema.parse({
  id: "web",
  writeKey: "wk_demo",
  consentCategories: { Advertising: "marketing", Social: "marketing", Analytics: "analytics" },
});

export interface Asked {
  method?: "GET" | "POST";
  /** The route's path, as the protocol has it. */
  path: string;
  params?: Record<string, string>;
  query?: string;
  headers?: Record<string, string>;
  body?: unknown;
}

/** The request as the door hands it to a protocol. */
export function asked(protocol: Protocol, given: Asked): ProtocolRequest {
  const { method = "POST", path, params = {}, query = "", headers = {}, body } = given;
  const route = protocol.routes.find((r) => r.path === path && r.method === method);
  if (!route) throw new Error(`${protocol.name} has no route ${method} ${path}`);
  const size = String(JSON.stringify(body ?? null).length);
  return {
    route,
    params,
    headers: new Headers({ "content-length": size, ...headers }),
    query: () => parseQuery(query),
    body,
  };
}

let made = 0;

export const parse = (protocol: Protocol, given: Asked): ParsedBody =>
  protocol.parse(asked(protocol, given), { source: SOURCE, newId: () => `made-${++made}`, now: NOW });

/** The one event of a request. Fails where it could not be read, or is not what its contract says. */
export function oneEvent(protocol: Protocol, given: Asked): IncomingEvent {
  const { events, unreadable } = parse(protocol, given);
  const [event] = events;
  if (events.length !== 1 || !event || unreadable.length > 0) throw new Error(JSON.stringify(unreadable));
  const check = checkEvent(event, undefined, NOW, new Set());
  if (!check.ok) throw new Error(`${event.name}: ${JSON.stringify(check.issues)}`);
  return event;
}

/** What the contract says against an event. */
export function issuesOf(event: IncomingEvent | undefined): string[] {
  if (!event) throw new Error("there is no event");
  const check = checkEvent(event, undefined, NOW, new Set());
  return check.ok ? [] : check.issues.map(({ path }) => path);
}

export const answer = (protocol: Protocol, given: Asked, result: Partial<CollectResult> = {}): Answer =>
  protocol.respond({ accepted: 0, dropped: [], rejected: [], ...result }, asked(protocol, given));
