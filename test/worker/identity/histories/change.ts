/** Merges and splits by hand, in the midst of a history; and what is stored as text, so that nothing of it is overlooked. */

import { Problem } from "#core/problem";
import { type ChangeDeps, finishChanges, makeChange, undoChange } from "#identity/changes/apply";
import type { Asked } from "#identity/changes/asked";
import { rootOf } from "#identity/graph";
import { identityRules } from "#identity/rules";
import type { Stored } from "./compare.ts";
import { type Draw, drawing, Killed, Stage } from "./consumers.ts";
import type { World } from "./play.ts";
import { NOW } from "./play.ts";
import type { RELEASES } from "./release.ts";

/** A merge of two profiles, or a split of one, as far as there are any. */
export function someChange({ rows }: Stored, draw: Draw): Asked | undefined {
  const named = [...rows.values()].filter(({ key }) => !key.startsWith("event:") && !key.includes("|"));
  const profiles = [...Map.groupBy(named, rootOf).values()];
  const large = profiles.filter((some) => some.length > 1);
  if (large.length > 0 && draw(2) === 0) {
    const keys = (large[draw(large.length)] ?? []).map(({ key }) => key);
    const cut = 1 + draw(keys.length - 1);
    return { action: "split", groups: [keys.slice(0, cut), keys.slice(cut)], keepApart: draw(2) === 0 };
  }
  if (profiles.length < 2) return undefined;
  const first = draw(profiles.length);
  const second = (first + 1 + draw(profiles.length - 1)) % profiles.length;
  const [a, b] = [profiles[first]?.[0]?.key, profiles[second]?.[0]?.key];
  return a === undefined || b === undefined ? undefined : { action: "merge", keys: [a, b] };
}

export interface Operator {
  /** @returns whether it was done: some cannot be */
  make(id: string, asked: Asked, keys: readonly string[]): Promise<boolean>;
  undo(id: string): Promise<void>;
}

/** An operator whose requests are killed, each once, at a call that is drawn, and repeated. */
export function operatorOf(world: World, seed: number, document: (typeof RELEASES)[number]): Operator {
  const draw = drawing(seed);
  const [one] = world.consumers;
  if (!one) throw new Error("there is nobody");
  const { consumer, deps: all } = one;
  const deps: ChangeDeps = {
    identity: all.identity,
    db: all.db,
    bucket: all.lake,
    rules: identityRules(document),
    clock: () => NOW,
    snapshots: () => async () => {},
  };
  /** @returns false where it was killed */
  const attempt = async (run: () => Promise<unknown>, killAt: number): Promise<boolean> => {
    consumer.killAt = killAt;
    const [went] = await new Stage(draw).play([{ consumer, run: async () => void (await run()) }]);
    consumer.killAt = Number.POSITIVE_INFINITY;
    return went === true;
  };
  /** Each asks all databases several times; half of them live. */
  const killed = () => 1 + draw(24 + 16 * world.shards.all.length);
  return {
    make: async (id, asked, keys) => {
      const wanted = { keys, asked: () => asked };
      let refused = false;
      const run = async () => {
        try {
          await makeChange(wanted, { id, actor: "operator", note: "" }, deps);
        } catch (error) {
          if (error instanceof Killed || !(error instanceof Problem)) throw error;
          refused = true;
        }
      };
      if (!(await attempt(run, killed()))) {
        // Whoever acts next finishes it; where it was not even recorded, nothing was done.
        await attempt(() => finishChanges(deps), Number.POSITIVE_INFINITY);
        const done = await world.shards.all[0]
          ?.prepare("SELECT id FROM identity_changes WHERE id = ?1")
          .bind(id)
          .first();
        return done !== null;
      }
      return !refused;
    },
    undo: async (id) => {
      const run = () => undoChange(id, "operator", deps);
      if (await attempt(run, killed())) return;
      await attempt(() => finishChanges(deps), Number.POSITIVE_INFINITY);
      const undone = await world.shards.all[0]
        ?.prepare("SELECT id FROM identity_changes WHERE id = ?1 AND undone_at IS NOT NULL")
        .bind(id)
        .first();
      if (undone === null) await attempt(run, Number.POSITIVE_INFINITY);
    },
  };
}

/** All that is stored, but for the counters that every write moves. */
export const textOf = ({ rows, ends, subjectKeys }: Stored): string =>
  JSON.stringify([
    [...rows.values()].map(({ version: _, ...row }) => row).sort((a, b) => (a.key < b.key ? -1 : 1)),
    [...ends].sort(([a], [b]) => (a < b ? -1 : 1)),
    [...subjectKeys].sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
