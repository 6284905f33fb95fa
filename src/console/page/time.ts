/** Times as an operator reads them: by the clock for today, with the date before that, in the browser's own zone. */

const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
});
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const date = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

/** A `<time>`-ready pair: what is shown, and the whole of it for the tooltip. @param at ISO or epoch ms */
export function timeOf(at: string | number, now = Date.now()): { shown: string; whole: string; iso: string } {
  const given = new Date(at);
  if (Number.isNaN(given.getTime())) return { shown: "–", whole: "unknown time", iso: "" };
  const today = given.toDateString() === new Date(now).toDateString();
  const shown = today ? clock.format(given) : `${day.format(given)}, ${clock.format(given).slice(0, 5)}`;
  return { shown, whole: full.format(given), iso: given.toISOString() };
}

/** The day alone, with its year: when something ends, or is due. @param at ISO or epoch ms */
export function dateOf(at: string | number): string {
  const given = new Date(at);
  return Number.isNaN(given.getTime()) ? "–" : date.format(given);
}

/** A duration in the unit that suits it: `340 ms`, `2.1 s`, `4 min`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return ms < 3_600_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}
