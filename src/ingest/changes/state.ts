/**
 * What a destination was told of a profile, what holds now, and what of it is new. Pure: the sequence of what is told ends
 * in the state that holds, each part by itself, and its stage never moves back. Called by mark.ts and tell.ts.
 */
import type { ProfileChange } from "#contracts/messages/profile_change";
import type { LifecycleStage } from "#contracts/taxonomy";
import { furthest } from "#segments/lifecycle";
import { NAMING, type Watch } from "./watch.ts";

/** What is watched of a profile, as it is. */
export interface StateNow {
  /** What the destination knows the profile by: a key of one of its identifiers. */
  profile: string;
  /** Whether a person was proved. */
  verified: boolean;
  /** Of the watched ones, sorted. */
  segments: readonly string[];
  stage: LifecycleStage | null;
  score: number | null;
  /** Trait → keyed hash of its value. */
  traits: Readonly<Record<string, string>>;
}

/** The last that a destination was told, as it is stored. */
export interface Told extends StateNow {
  /** Segments that were told once, and do not hold. */
  out: readonly string[];
  /** Part → version of the change that told it last. */
  at: Readonly<Record<string, number>>;
}

export const NOTHING_TOLD: Told = {
  profile: "",
  verified: false,
  segments: [],
  stage: null,
  score: null,
  traits: {},
  out: [],
  at: {},
};

/** What is to be told, and what has been told then; `version` and `at` are not known yet. */
export interface Difference {
  change: Omit<ProfileChange, "version">;
  told: Omit<Told, "at">;
}

/**
 * What is new against what was told; undefined: nothing.
 * @param reached the furthest stage that was told of any profile that this one has come of
 */
export function differenceOf(
  told: Told,
  now: StateNow,
  watch: Watch,
  reached: LifecycleStage | null = told.stage,
): Difference | undefined {
  const isNew = isAnother(told, now);
  const before = isNew ? NOTHING_TOLD : told;
  const change: Difference["change"] = { changed: [] };

  const is = new Set(now.segments);
  const entered = now.segments.filter((name) => !before.segments.includes(name));
  // Also where all is new: the record may be the same one, and its values are claims no more.
  const left = told.segments.filter((name) => watch.segments.has(name) && !is.has(name));
  const out = [...new Set([...told.out, ...told.segments])]
    .filter((name) => watch.segments.has(name) && !is.has(name))
    .sort();
  if (entered.length > 0 || left.length > 0) change.segments = { entered, left, all: [...is], out };

  const stage = watch.stage ? furthest(reached, now.stage) : null;
  if (stage !== null && stage !== before.stage) change.stage = { from: before.stage, to: stage };
  const score = watch.score ? now.score : null;
  if (score !== null && [before.score ?? 0, told.score ?? 0].some((known) => known !== score))
    change.score = { from: before.score, to: score };
  const traits = watch.traits.filter(
    (name) => now.traits[name] !== undefined && now.traits[name] !== before.traits[name],
  );

  const parts = (["segments", "stage", "score"] as const).filter((part) => change[part] !== undefined);
  change.changed = [...parts, ...traits.map((name) => `traits.${name}`)];
  if (change.changed.length === 0) return undefined;
  return {
    change,
    told: {
      profile: now.profile,
      verified: now.verified,
      segments: now.segments,
      out,
      stage: stage ?? told.stage,
      score: score ?? told.score,
      traits: { ...told.traits, ...now.traits },
    },
  };
}

/**
 * Whether the destination's record of the profile is another one, or may be overwritten from now on: it was named by
 * nothing that names it now, or what it was told were claims and is proved since. Then all that is watched is new to it.
 */
const isAnother = (told: Told, now: StateNow): boolean =>
  (now.verified && !told.verified) ||
  told.profile !== now.profile ||
  NAMING.some((name) => now.traits[name] !== undefined && now.traits[name] !== told.traits[name]);

/** What stands after a change was told as this version. */
export const toldAs = ({ told, change }: Difference, before: Told, version: number): Told => ({
  ...told,
  at: { ...before.at, ...Object.fromEntries(change.changed.map((part) => [part, version])) },
});
