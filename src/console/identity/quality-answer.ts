/** What `GET /admin/api/identity/quality` answers, from what the walk has stored. Pure; the console's page shows the same. */
import type { IdentityState } from "#contracts/taxonomy";
import { type QualityDay, sharesOf } from "#identity/quality/figures";
import { type SetAside, SIZE_STEPS, type Tally, type Tied } from "#identity/quality/tally";

/** Of browsers, or of events. */
export interface TiedShare extends Tied {
  /** Share of which the person is proved, 0 to 1; null of nothing. */
  match_rate: number | null;
  /** The same with those of which the person is only claimed. */
  claimed_rate: number | null;
}

export interface QualityFigures {
  begun_at: string;
  ended_at: string;
  identifiers: Record<string, number>;
  claims: Record<string, number>;
  nameless: number;
  suppressed: number;
  profiles: number;
  sizes: { from: number; to: number | null; profiles: number }[];
  states: Record<IdentityState, number>;
  visitors: TiedShare;
  events: TiedShare;
  conflicted: number;
  proposed: number;
  shared_devices: number;
  set_aside: { by_operators: number; by_partners: number; most: SetAside[] };
  largest: { root: string; members: number; state: IdentityState }[];
}

/** How far the walk over one database is. */
export interface WalkProgress {
  walking: boolean;
  rows: number;
  rows_last_pass: number | null;
  ended_at: string | null;
}

export interface Quality {
  /** Null until all databases have been walked over once. */
  figures: QualityFigures | null;
  /** The last pass of each day, the newest first. */
  history: QualityDay[];
  walks: WalkProgress[];
  /** Open conflicts by reason: the queue to settle, as it is now. */
  waiting: Record<string, number>;
}

/** @param isNamed whether an identifier's key may be named to whoever asks */
export function qualityFigures(
  { tally, begunAt, endedAt }: { tally: Tally; begunAt: number; endedAt: number },
  isNamed: (key: string) => boolean,
): QualityFigures {
  return {
    begun_at: new Date(begunAt).toISOString(),
    ended_at: new Date(endedAt).toISOString(),
    identifiers: tally.identifiers,
    claims: tally.claims,
    nameless: tally.nameless,
    suppressed: tally.suppressed,
    profiles: tally.profiles,
    sizes: SIZE_STEPS.map((from, n) => {
      const next = SIZE_STEPS[n + 1];
      return { from, to: next === undefined ? null : next - 1, profiles: tally.sizes[n] ?? 0 };
    }),
    states: tally.states,
    visitors: withShares(tally.visitors),
    events: withShares(tally.events),
    conflicted: tally.conflicted,
    proposed: tally.proposed,
    shared_devices: tally.sharedDevices,
    set_aside: {
      by_operators: tally.setAside.operator,
      by_partners: tally.setAside.partners,
      most: tally.setAside.most.filter(({ key }) => isNamed(key)),
    },
    largest: tally.largest.filter(({ root }) => isNamed(root)),
  };
}

function withShares(tied: Tied): TiedShare {
  const { proved, claimed } = sharesOf(tied);
  return { ...tied, match_rate: proved, claimed_rate: claimed };
}
