/**
 * How many events were lost, why, and whether they are back: the groups of `GET /admin/api/quarantine` added up by day
 * and event, and by cause. Pure; used by the console's page.
 */

/** Events of one day, source, name and cause, by their state (src/collect/quarantine/status.ts). */
export interface Group {
  day: string;
  source: string;
  name: string;
  cause: string;
  code: string;
  paths: string[];
  kept: number;
  replaying: number;
  sent: number;
  back: number;
  denied: number;
  discarded: number;
  lost: number;
  erased: number;
}

/** What became of refused events. */
export interface Fate {
  refused: number;
  /** Kept, and to be put right. */
  waiting: number;
  /** Put right, and not ingested yet. */
  underway: number;
  back: number;
  /** Consent stopped them, an operator gave them up, nothing of them was kept, or their person was erased. */
  gone: number;
}

/** One event's losses of one day. */
export interface Loss extends Fate {
  day: string;
  name: string;
  /** The most frequent first. */
  causes: { code: string; paths: string[]; events: number }[];
}

/** One cause over all days that were asked for. */
export interface Cause extends Fate {
  source: string;
  name: string;
  cause: string;
  code: string;
  paths: string[];
}

export const NONE: Fate = { refused: 0, waiting: 0, underway: 0, back: 0, gone: 0 };

const fateOf = ({ kept, replaying, sent, back, denied, discarded, lost, erased }: Group): Fate => ({
  refused: kept + replaying + sent + back + denied + discarded + lost + erased,
  waiting: kept,
  underway: replaying + sent,
  back,
  gone: denied + discarded + lost + erased,
});

const plus = (a: Fate, b: Fate): Fate => ({
  refused: a.refused + b.refused,
  waiting: a.waiting + b.waiting,
  underway: a.underway + b.underway,
  back: a.back + b.back,
  gone: a.gone + b.gone,
});

const total = (groups: readonly Group[]): Fate => groups.map(fateOf).reduce(plus, NONE);

/** All of one day. @param day `YYYY-MM-DD` */
export const fateOfDay = (groups: readonly Group[], day: string): Fate =>
  total(groups.filter((group) => group.day === day));

/** By day and event, newest day first, then the most lost. */
export function lossesOf(groups: readonly Group[]): Loss[] {
  const losses = [...Map.groupBy(groups, ({ day, name }) => JSON.stringify([day, name])).values()].map(
    (own) => ({
      ...total(own),
      day: own[0]?.day ?? "",
      name: own[0]?.name ?? "",
      causes: [...Map.groupBy(own, ({ cause }) => cause).values()]
        .map((same) => ({
          code: same[0]?.code ?? "",
          paths: same[0]?.paths ?? [],
          events: total(same).refused,
        }))
        .sort((a, b) => b.events - a.events),
    }),
  );
  return losses.sort((a, b) => b.day.localeCompare(a.day) || b.refused - a.refused);
}

/** By source, event and cause; those that wait first. */
export function causesOf(groups: readonly Group[]): Cause[] {
  const same = Map.groupBy(groups, ({ source, name, cause }) => JSON.stringify([source, name, cause]));
  return [...same.values()]
    .flatMap((own) => {
      const [first] = own;
      if (!first) return [];
      const { source, name, cause, code, paths } = first;
      return { source, name, cause, code, paths, ...total(own) };
    })
    .sort((a, b) => b.waiting - a.waiting || b.refused - a.refused);
}

/** A repair to begin with, for the cause. */
export function draftRepair({ name, code, paths }: Cause): object {
  const [path] = paths;
  const match = { name, code, ...(code === "invalid_event" && path !== undefined && { path }) };
  const step: Record<string, object> = {
    unknown_event: { event: "purchase" },
    unknown_version: { drop: "version" },
    invalid_timestamp: { drop: "occurred_at" },
    timestamp_in_future: { drop: "occurred_at" },
    timestamp_too_old: { drop: "occurred_at" },
  };
  return { match, steps: [step[code] ?? { cast: { path: path ?? "properties", to: "number" } }] };
}

/** A key for a repair in the release. */
export const repairKey = ({ name, paths, code }: Cause): string =>
  [name, paths[0]?.split(".").at(-1) ?? code]
    .join("-")
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, "-")
    .replace(/^[^a-z0-9]+/, "")
    .slice(0, 64) || "repair";
