/**
 * The sandboxed Conversions API of Meta: one dataset behind one token. All of a request is taken or nothing; what is taken
 * is deduplicated by event name and id within 48 hours, which the record of the request shows and Meta does not say.
 * https://developers.facebook.com/documentation/ads-commerce/conversions-api/using-the-api
 * https://developers.facebook.com/documentation/ads-commerce/conversions-api/deduplicate-pixel-and-server-events
 */
import { z } from "zod";
import type { DemoRequest } from "../../http.ts";
import { headerOf, json } from "../../http.ts";
import type { Vendor, VendorReply } from "../vendor.ts";
import { parseJson } from "../vendor.ts";
import { badToken, graphError, injectedFailure, invalidParameter, noAccess, traceId } from "./errors.ts";
import { EVENTS_LIMIT, readEvent, type ServerEvent } from "./rules.ts";

/** The dataset and token that the sandbox knows. Public on purpose: they protect nothing. */
const DATASET = "1234567890123456";
const TOKEN = "EAAsandbox";
/** Versions that Meta still answers to: https://developers.facebook.com/docs/graph-api/changelog */
const OLDEST_VERSION = 21;
const NEWEST_VERSION = 26;
const PATH = /^\/meta\/v(\d{1,3})\.0\/(\d+)(\/events)?$/;
const DEDUPLICATION_MS = 48 * 3_600_000;

const requestSchema = z.looseObject({
  data: z.array(z.unknown()),
  test_event_code: z.string().min(1).optional(),
  access_token: z.string().optional(),
});

/** Meta with one dataset that has received nothing. */
export function createMeta(): Vendor {
  /** By name and id: when it was first received. */
  const first = new Map<string, number>();

  /** @returns how many of them are new */
  const keep = (events: readonly ServerEvent[], nowMs: number): number =>
    events.filter(({ event_name, event_id }) => {
      if (event_id === undefined) return true;
      const key = JSON.stringify([event_name, event_id]);
      const before = first.get(key);
      if (before !== undefined && nowMs - before <= DEDUPLICATION_MS) return false;
      first.set(key, nowMs);
      return true;
    }).length;

  const take = (request: DemoRequest, body: unknown, now: Date): VendorReply => {
    const parsed = requestSchema.safeParse(body);
    if (!parsed.success) return refused("data: must be an array of events");
    const { data, test_event_code } = parsed.data;
    if (data.length === 0) return refused("data: must have at least one event");
    if (data.length > EVENTS_LIMIT) return refused(`data: at most ${EVENTS_LIMIT} events`);
    if (!/^application\/json\b/i.test(headerOf(request.headers, "content-type") ?? ""))
      return refused("data: is required");
    const events: ServerEvent[] = [];
    for (const [place, given] of data.entries()) {
      const read = readEvent(given, place, now);
      if ("refusal" in read) return refused(read.refusal.message, read.refusal.subcode);
      events.push(read.event);
    }
    const kept = keep(events, now.getTime());
    return {
      ...json(200, { events_received: events.length, messages: [], fbtrace_id: traceId() }),
      note: {
        valid: true,
        events: events.length,
        duplicates: events.length - kept,
        ...(test_event_code !== undefined && { testEventCode: test_event_code }),
      },
    };
  };

  return {
    owns: (path) => path.startsWith("/meta/"),
    supportsPartial: false,
    failure: injectedFailure,
    reset: () => first.clear(),
    answer(request, { now }) {
      const [, version, dataset, events] = PATH.exec(request.path) ?? [];
      if (version === undefined || dataset === undefined)
        return graphError(400, { code: 2500, message: "Unknown path components" });
      if (Number(version) > NEWEST_VERSION || Number(version) < OLDEST_VERSION)
        return graphError(400, { code: 2635, message: "You are calling a deprecated version of the API." });
      const body = parseJson(request.body);
      if (tokenOf(request, body) !== TOKEN) return badToken();
      if (dataset !== DATASET) return noAccess(dataset);
      if (events === undefined)
        return request.method === "GET"
          ? json(200, { id: DATASET })
          : graphError(400, { code: 100, message: "Unsupported post request" });
      return request.method === "POST"
        ? take(request, body, now)
        : graphError(400, { code: 100, message: "Unsupported get request" });
    },
  };
}

const refused = (message: string, subcode?: number): VendorReply => ({
  ...invalidParameter(message, subcode),
  note: { valid: false, error: message },
});

/** In the address, the body or a header: the Graph API reads it anywhere. */
function tokenOf({ url, headers }: DemoRequest, body: unknown): string | undefined {
  const inBody = z.object({ access_token: z.string() }).safeParse(body).data?.access_token;
  const inHeader = /^(?:Bearer|OAuth) (\S+)$/.exec(headerOf(headers, "authorization") ?? "")?.[1];
  return inBody ?? url.searchParams.get("access_token") ?? inHeader;
}
