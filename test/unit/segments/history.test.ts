import { describe, expect, it } from "vitest";
import {
  historyOfSegments,
  lastSegments,
  movedBetween,
  movedWithoutEvent,
  withMoved,
} from "#segments/history";

const none = { history: null };
const at = (when: number, isEvent = true) => ({ at: when, isEvent });

describe("the history of segments", () => {
  it("says what was entered and left, when, and whether an event did it; the newest first", () => {
    const entered = withMoved(none, { entered: ["loyal"], left: [] }, ["loyal"], at(1));
    const left = withMoved({ history: entered }, { entered: [], left: ["loyal"] }, [], at(2, false));
    expect(historyOfSegments([{ history: left }])).toEqual([
      { at: 2, segment: "loyal", change: "left", by: "time" },
      { at: 1, segment: "loyal", change: "entered", by: "event" },
    ]);
    expect([...movedWithoutEvent([{ history: left }], 2)]).toEqual([[2, { entered: [], left: ["loyal"] }]]);
    expect(movedWithoutEvent([{ history: left }], 3).size).toBe(0);
  });

  it("of several rows the one that was written last says where the profile is", () => {
    const one = withMoved(none, { entered: ["b", "a"], left: [] }, ["b", "a"], at(1));
    const other = withMoved(none, { entered: ["c"], left: [] }, ["c"], at(5));
    expect(lastSegments([{ history: other }, { history: one }, none])).toEqual(["c"]);
    expect(lastSegments([{ history: one }])).toEqual(["a", "b"]);
    expect(lastSegments([none])).toEqual([]);
  });

  it("keeps the newest thirty entries of a row", () => {
    let history = withMoved(none, { entered: ["s"], left: [] }, ["s"], at(0));
    for (let n = 1; n < 50; n++)
      history = withMoved(
        { history },
        n % 2 ? { entered: [], left: ["s"] } : { entered: ["s"], left: [] },
        [],
        at(n),
      );
    expect(history[2]).toHaveLength(30);
    expect(historyOfSegments([{ history }])[0]?.at).toBe(49);
  });

  it("is told of nothing where nothing changed", () => {
    expect(movedBetween(["a", "b"], ["b", "a"])).toBeUndefined();
    expect(movedBetween(["a", "b"], ["b", "c"])).toEqual({ entered: ["c"], left: ["a"] });
  });
});
