/** Whether a cron expression is due, since schedules do not fire by themselves locally. Times are UTC, as deployed. */

const FIELDS: readonly ((at: Date) => number)[] = [
  (at) => at.getUTCMinutes(),
  (at) => at.getUTCHours(),
  (at) => at.getUTCDate(),
  (at) => at.getUTCMonth() + 1,
  (at) => at.getUTCDay(),
];

/** True in the minute that the five fields name: `*`, numbers, lists, ranges and steps; Sunday is 0. */
export function isDue(cron: string, at: Date): boolean {
  const fields = cron.trim().split(/\s+/);
  return fields.length === FIELDS.length && FIELDS.every((read, i) => matches(fields[i] ?? "", read(at)));
}

function matches(field: string, value: number): boolean {
  return field.split(",").some((part) => {
    const [range = "", step = "1"] = part.split("/");
    const [from, to] = range === "*" ? [0, 59] : range.split("-").map(Number);
    const start = from ?? 0;
    const end = to ?? (part.includes("/") ? 59 : start);
    return value >= start && value <= end && (value - start) % Number(step) === 0;
  });
}
