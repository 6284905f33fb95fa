/** What became of events that the quarantine has let back in, for its index. Pure. */
import { replayOf } from "#collect/quarantine/status";
import type { IngestEvent } from "./batch.ts";

/** By replay: the ids of events that are in the lake now, and of those that consent has stopped since. */
export function replayed(items: readonly IngestEvent[]): Map<string, { back: string[]; denied: string[] }> {
  const replays = new Map<string, { back: string[]; denied: string[] }>();
  for (const item of items) {
    const replay = replayOf(item.envelope);
    if (replay === undefined) continue;
    const ends = replays.get(replay) ?? { back: [], denied: [] };
    // A duplicate had come in before: it is there, too. So is a bot's, unless a withdrawal stopped it.
    const isStopped = item.outcome === "dropped" && item.code !== "bot";
    ends[isStopped ? "denied" : "back"].push(item.event.id);
    replays.set(replay, ends);
  }
  return replays;
}
