/** From a whole pass's tally to the figures that are shown, and their history by day. Pure. */
import { DAY_MS } from "#core/clock";
import type { Tally, Tied } from "./tally.ts";

/** Of a day, the figures of its last pass: what a chart shows. */
export interface QualityDay {
  /** `YYYY-MM-DD`, in UTC. */
  day: string;
  identifiers: number;
  profiles: number;
  /** Of the browsers that were seen in the last 30 days: the share of which the person is proved, 0 to 1. */
  match_rate: number | null;
  /** The same with those of which the person is only claimed. */
  claimed_rate: number | null;
  conflicted: number;
}

/** Days that are kept. */
const HISTORY_DAYS = 60;

export function qualityDay(tally: Tally, endedAt: number): QualityDay {
  const { proved, claimed } = sharesOf(tally.visitors);
  return {
    day: new Date(endedAt).toISOString().slice(0, 10),
    identifiers: Object.values(tally.identifiers).reduce((sum, count) => sum + count, 0),
    profiles: tally.profiles,
    match_rate: proved,
    claimed_rate: claimed,
    conflicted: tally.conflicted,
  };
}

/** With a day's newest pass in the place of its earlier ones; the newest day first. */
export const withDay = (history: readonly QualityDay[], newest: QualityDay): QualityDay[] =>
  [newest, ...history.filter(({ day }) => day !== newest.day)].slice(0, HISTORY_DAYS);

/** Shares that are proved, and proved or claimed; null of nothing. */
export const sharesOf = ({
  all,
  proved,
  claimed,
}: Tied): { proved: number | null; claimed: number | null } => ({
  proved: all === 0 ? null : rounded(proved / all),
  claimed: all === 0 ? null : rounded((proved + claimed) / all),
});

const rounded = (share: number): number => Number(share.toFixed(4));

/** Of each database at most, while a pass takes less than a day: each row costs about eight rows read. */
const MS_PER_ROW = DAY_MS / 400_000;
/** A thousand rows, which are one run, every ten minutes; fewer more often, so that a new site sees itself. */
const MS_PER_FIRST_ROW = 600;
const FIRST_ROWS = 1_000;

/** How long after a pass over one database has begun the next one does. @param rows of the pass */
export const passEveryMs = (rows: number): number =>
  Math.min(Math.max(Math.min(rows, FIRST_ROWS) * MS_PER_FIRST_ROW, rows * MS_PER_ROW), DAY_MS);
