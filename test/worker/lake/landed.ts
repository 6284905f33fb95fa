/** Landing objects for the tests of erasure, as ingest and delivery write them: one event's line and its receipts. */
import { env } from "cloudflare:workers";
import { itemIdOf } from "#forward/item-id";

export const HOUR = Date.UTC(2026, 10, 22, 10);
export const SPAN = { from: HOUR, to: HOUR + 3_600_000, itemIdOf };

/** A key of the length and letters that real ones have. */
export const key = (namespace: string, who: string): string => `${namespace}:1.${who.padEnd(22, "0")}`;
export const ANN = key("visitor_id", "ann");
export const BEN = key("visitor_id", "ben");
export const ANN_MAIL = key("email", "ann");
export const ANN_CLAIM = `${ANN}|${ANN_MAIL}`;

interface Given {
  subject?: string | undefined;
  profile?: string | null;
  receipt?: string;
  at?: number;
}

export const eventLine = (
  id: string,
  { subject, profile = subject ?? null, receipt = "default:gdpr", at = HOUR }: Given,
) => ({
  type: "event",
  id,
  name: "page_view",
  version: "1.0.0",
  occurredAt: at - 1_000,
  receivedAt: at,
  source: "web",
  protocol: "native",
  ...(subject !== undefined && { subject }),
  profile,
  consent: { receipt, regime: "gdpr", granted: ["analytics"], grounds: {}, decidedAt: 1 },
  properties: { content: { topic: `of "${id}"` } },
  context: { session: { id: `s-${id}`, number: 1, startedAt: at } },
});

export const doorLine = (id: string, { receipt = "default:gdpr", at = HOUR }: Given = {}) => ({
  stage: "door",
  eventId: id,
  at,
  name: "page_view",
  source: "web",
  outcome: "accepted",
  consent: { receipt, regime: "gdpr", granted: ["analytics"], grounds: {}, decidedAt: 1 },
  removed: [],
});

export const ingestLine = (id: string, { subject, profile = subject ?? null, at = HOUR }: Given) => ({
  stage: "ingest",
  eventId: id,
  at,
  outcome: "folded",
  ...(subject !== undefined && { subject }),
  ...(profile !== null && { profile }),
  routed: { hook: "queued", ga4: "no_consent:analytics" },
});

export const droppedLine = (id: string, outcome = "dropped") => ({
  stage: "ingest",
  eventId: id,
  at: HOUR,
  outcome,
});

/** An event's line and its receipts of door and ingest. */
export const landedEvent = (id: string, given: Given) => ({
  events: [eventLine(id, given)],
  receipts: [doorLine(id, given), ingestLine(id, given)],
});

export const deliveryLine = async (id: string, subject: string, more: Record<string, unknown> = {}) => ({
  stage: "delivery",
  eventId: id,
  at: HOUR + 60_000,
  destination: "hook",
  itemId: await itemIdOf(id, "hook", subject),
  attempt: 1,
  outcome: "delivered",
  consentReceipt: "default:gdpr",
  ...more,
});

export const EVENTS = "landing/events/2026-11-22/10";
export const DELIVERIES = "landing/deliveries/2026-11-22/10";

/** Put lines as an object: values as JSON, texts as they are. */
export const put = (object: string, lines: readonly unknown[]) =>
  env.LAKE.put(
    object,
    `${lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n")}\n`,
  );

/** The lines of an object; undefined where there is none. */
export async function linesOf(object: string): Promise<string[] | undefined> {
  const text = await (await env.LAKE.get(object))?.text();
  return text?.split("\n").filter((line) => line !== "");
}

/** Everything in R2 below a prefix, as one text. */
export async function textUnder(prefix: string): Promise<string> {
  const { objects } = await env.LAKE.list({ prefix });
  const texts = await Promise.all(objects.map(async (one) => (await env.LAKE.get(one.key))?.text() ?? ""));
  return texts.join("\n");
}

/** The bucket, with its operations counted. */
export function counted(bucket: R2Bucket): { bucket: R2Bucket; calls: Record<string, number> } {
  const calls: Record<string, number> = {};
  const counting = new Proxy(bucket, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== "function") return value;
      return (...given: unknown[]) => {
        calls[String(name)] = (calls[String(name)] ?? 0) + 1;
        return (value as (...all: unknown[]) => unknown).apply(target, given);
      };
    },
  });
  return { bucket: counting, calls };
}
