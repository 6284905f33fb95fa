/** Which hours of the lake a trace is looked for in, as `GET /admin/api/trace/:event_id` is asked, and what is said of them. Pure. */
import * as z from "zod";
import { DAY_MS } from "#core/clock";
import { Problem } from "#core/problem";
import type { LakeTrace } from "#lake/trace";
import { aroundHour } from "./store.ts";

const KEEPS =
  "The live ring keeps the last few thousand decisions; add `?at=<ISO time>`, or `?from=` and `?to=`, to search other hours of the lake.";

/** Epoch ms. */
export interface Span {
  from: number;
  to: number;
}

const MAX_SPAN_MS = 7 * DAY_MS;

export const isoSpan = ({ from, to }: Span) => ({
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
});

/**
 * What is asked for; otherwise the last day, unless the ring still has the event.
 * @param now epoch ms @returns undefined: the lake is not searched @throws Problem 400 `invalid_at`
 */
export function readSpan(
  query: (name: string) => string | undefined,
  isInRing: boolean,
  now: number,
): Span | undefined {
  const at = readTime("at", query("at"));
  if (at !== undefined) return aroundHour(at);
  const from = readTime("from", query("from"));
  const to = readTime("to", query("to"));
  if (from === undefined && to === undefined && isInRing) return undefined;
  const until = to ?? (from === undefined ? now : Math.min(now, from + MAX_SPAN_MS));
  const span = { from: from ?? until - DAY_MS, to: until };
  if (span.from <= span.to && span.to - span.from <= MAX_SPAN_MS) return span;
  throw new Problem(400, "invalid_at", "`from` must be before `to`, by seven days at most.");
}

function readTime(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const parsed = z.union([z.iso.datetime({ offset: true }), z.iso.datetime({ local: true })]).safeParse(text);
  const at = parsed.success ? Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new Problem(
    400,
    "invalid_at",
    `\`${name}\` must be an ISO date and time such as 2026-11-22T09:30:00Z.`,
  );
}

export function unknownEvent(span: Span | undefined, landed: LakeTrace | undefined): Problem {
  if (!span || !landed)
    return new Problem(404, "unknown_event", `No receipt of this event is in the live ring. ${KEEPS}`);
  const { from, to } = isoSpan(span);
  const more = landed.truncated ? ", of which there are more than are searched" : "";
  return new Problem(
    404,
    "unknown_event",
    `No receipt of this event is in the live ring, nor in the ${landed.searched} files of the lake that were searched from ${from} to ${to}${more}. ${KEEPS}`,
  );
}
