/**
 * What PostHog makes of a batch: refused as a whole, or taken with events that it then drops without a word.
 * https://posthog.com/docs/api/capture (shape, and the 20 MB of a request)
 * https://github.com/PostHog/posthog/blob/master/rust/capture/src/api.rs (refusals and their statuses)
 * https://posthog.com/docs/data/ingestion-warnings (1 MB, invalid uuids, the future)
 */
import { z } from "zod";

const EVENT_BYTES = 1_000_000;
const DISTINCT_ID_LENGTH = 200;
/** PostHog moves what lies further ahead to the moment that it came. */
const AHEAD_MS = 23 * 3_600_000;

const rawEvent = z.looseObject({
  event: z.string(),
  distinct_id: z.unknown().optional(),
  uuid: z.guid().optional(),
  timestamp: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).default({}),
});

/** The body of `POST /batch/`. */
export const batchRequest = z.looseObject({
  api_key: z.string(),
  historical_migration: z.boolean().optional(),
  sent_at: z.string().optional(),
  batch: z.array(rawEvent),
});
type RawEvent = z.infer<typeof rawEvent>;

/** An event that PostHog has taken. */
export type Captured = {
  event: string;
  distinctId: string;
  /** What it deduplicates by; null: it makes up a uuid. */
  key: string | null;
  properties: Record<string, unknown>;
};

/** The refusal of the whole batch, as its status and text. */
type Refused = { status: 400 | 401; text: string };

/** What became of a batch. @returns a refusal, or what is kept and the warnings that PostHog shows its user */
export function readBatch(
  events: readonly RawEvent[],
  now: Date,
): Refused | { captured: Captured[]; warnings: string[] } {
  if (events.length === 0) return { status: 400, text: "request holds no event" };
  const captured: Captured[] = [];
  const warnings: string[] = [];
  for (const raw of events) {
    const { event, uuid, timestamp, properties } = raw;
    if (event === "") return { status: 400, text: "event submitted with an empty event name" };
    const given = raw.distinct_id ?? properties.distinct_id;
    const id =
      given === undefined || given === null ? "" : typeof given === "string" ? given : JSON.stringify(given);
    if (id === "") return { status: 400, text: "event submitted without a distinct_id" };
    if (Buffer.byteLength(JSON.stringify(raw)) > EVENT_BYTES) {
      warnings.push("message_size_too_large");
      continue;
    }
    if (id.length > DISTINCT_ID_LENGTH) warnings.push("distinct_id_truncated");
    const at = timestamp === undefined ? now.getTime() : Date.parse(timestamp);
    if (Number.isNaN(at)) warnings.push("ignored_invalid_timestamp");
    else if (at - now.getTime() > AHEAD_MS) warnings.push("event_timestamp_in_future");
    const distinctId = id.slice(0, DISTINCT_ID_LENGTH);
    // By day, as PostHog's table is sorted.
    const key =
      uuid === undefined ? null : JSON.stringify([uuid, event, distinctId, Math.floor(at / 86_400_000)]);
    captured.push({ event, distinctId, key, properties });
  }
  return { captured, warnings };
}

/** Why a token is none, by https://github.com/PostHog/posthog/blob/master/rust/capture/src/token.rs */
export function tokenProblem(token: string): string | undefined {
  if (token === "") return "empty";
  if (token.length > 64) return "too_long";
  if (/[^\x21-\x7e]/.test(token)) return "not_ascii";
  return token.startsWith("phx_") ? "personal_api_key" : undefined;
}
