/** How a destination is doing, in words. Pure. */
import type { ListedDestination } from "#forward/destination-view";
import type { Health } from "#forward/destinations/contract";
import type { Summary } from "#forward/metrics";
import { reasonInWords } from "../../wording.ts";
import type { Tone } from "../dom.ts";
import { duration, timeOf } from "../time.ts";

/** Answers that ask us to be slower. */
const TOO_FAST = ["rate_limited", "http_429", "rate_limited_daily", "RATE_LIMITS", "RATE_LIMIT"];
const RECENTLY_MS = 300_000;

/** The tone of its chip, what the chip says, and a sentence. @param now epoch ms */
export function stateOf(
  { enabled, status, parked }: Pick<ListedDestination, "enabled" | "status" | "parked">,
  now = Date.now(),
): [Tone, string, string] {
  if (!enabled) return ["quiet", "disabled", "The release switches it off: nothing is sent."];
  if (status.paused && status.reason === "unauthorized")
    return [
      "bad",
      "paused",
      "It refuses our credentials. Correct them, then resume; items are parked until then.",
    ];
  if (status.paused) return ["wait", "paused", "Items for it are parked until it is resumed."];
  if (status.circuit === "open") {
    const until = status.openUntil === undefined ? "soon" : `at ${timeOf(status.openUntil, now).shown}`;
    return ["bad", "circuit open", `It failed too often: items are parked, and it is tried again ${until}.`];
  }
  if (status.circuit === "half_open")
    return ["wait", "recovering", "One batch is sent to see whether it works again."];
  const { lastError } = status;
  if (
    parked.items > 0 ||
    (lastError && TOO_FAST.includes(lastError.code) && now - lastError.at < RECENTLY_MS)
  )
    return ["wait", "limited", "More comes than it takes: what waits goes on as fast as its limits allow."];
  if (status.backlog)
    return ["wait", "in order", "It keeps the order, and waits for an item that is tried again."];
  if (!status.lastHour) return ["quiet", "nothing yet", "Nothing was to be sent to it yet."];
  if (movedIn(status.lastHour) === 0) return ["good", "running", "Nothing came for it in the last hour."];
  return ["good", "delivering", "Items are sent as they come."];
}

const movedIn = ({ delivered, failed, retry, skipped }: Summary): number =>
  delivered + failed + retry + skipped;

/** Of what ended, how much was delivered: `99.3 %`. Undefined where nothing ended. */
export function successOf(summary: Summary | undefined): string | undefined {
  const ended = summary ? summary.delivered + summary.failed : 0;
  if (!summary || ended === 0) return undefined;
  // Never rounded up: 100 % is said of no failure alone.
  const share = Math.floor((summary.delivered / ended) * 1_000) / 10;
  return `${share} %`;
}

/** `half within 2.0 s, 95 % within 10.0 s`; undefined where nothing was delivered. */
export function lagOf({ lagP50Seconds: half, lagP95Seconds: most }: Summary): string | undefined {
  if (half === undefined || most === undefined) return undefined;
  const words = (seconds: number | null) =>
    seconds === null
      ? "in more than a day"
      : `within ${seconds < 60 ? `${seconds} s` : duration(seconds * 1_000)}`;
  return half === most ? `95 % ${words(most)}` : `half ${words(half)}, 95 % ${words(most)}`;
}

/** What the check of a connection came to. */
export function healthInWords(health: Health): [Tone, string] {
  const detail = health.detail ? ` (${health.detail})` : "";
  switch (health.status) {
    case "ok":
      return ["good", `It answers, and takes our credentials${detail}.`];
    case "unauthorized":
      return ["bad", `It refuses our credentials: ${reasonInWords(health.code)}${detail}.`];
    case "unreachable":
      return ["bad", `It cannot be reached: ${reasonInWords(health.code)}${detail}.`];
    case "misconfigured":
      return ["bad", `Its settings do not work: ${reasonInWords(health.code)}${detail}.`];
    default:
      return ["quiet", health.detail];
  }
}

/** Why a reconciliation misses something. */
export const GAP_WORDS: Record<string, string> = {
  not_ingested: "accepted, and never ingested",
  no_receipt: "queued, and nothing was heard of it since",
  retry_lost: "to be tried again, and nothing was heard of it since",
  parked_lost: "parked, and not there any more",
};
