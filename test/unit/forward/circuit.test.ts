/** The circuit of a destination: vain batches open it, one probe finds out, a refused token waits for a person. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  alarmsOf,
  askPassage,
  type BatchReport,
  type CircuitState,
  CLOSED,
  MAX_OPEN_MS,
  OPEN_MS,
  pauseCircuit,
  statusOf,
  takeReport,
  tellAlarm,
} from "#forward/circuit";

const told = (about: Partial<BatchReport>): BatchReport => ({
  ...{ delivered: 0, failed: 0, retry: 0, timedOut: 0, unauthorized: 0, now: 0 },
  ...about,
});
const vain = (state: CircuitState, times: number, now = 0): CircuitState =>
  times === 0 ? state : vain(takeReport(state, told({ retry: 3, now })), times - 1, now);
const passes = (state: CircuitState, now: number, mayProbe = false) =>
  askPassage(state, now, mayProbe).passage;

describe("the circuit", () => {
  it("opens after five batches in a row in which nothing succeeded", () => {
    expect(passes(vain(CLOSED, 4), 0)).toEqual({ passes: true, probe: false });
    expect(passes(vain(CLOSED, 5), 0)).toEqual({ passes: false, reason: "circuit_open", until: OPEN_MS });
  });

  it("opens at once after a batch in which everything timed out", () => {
    const open = takeReport(CLOSED, told({ retry: 3, timedOut: 3, now: 5 }));
    expect(statusOf(open, 6)).toMatchObject({ circuit: "open", openUntil: 5 + OPEN_MS });
    expect(statusOf(takeReport(CLOSED, told({ retry: 3, timedOut: 2 })), 6).circuit).toBe("closed");
  });

  it("starts counting again when anything succeeded", () => {
    const state = vain(takeReport(vain(CLOSED, 4), told({ delivered: 1, retry: 9 })), 4);
    expect(passes(state, 0).passes).toBe(true);
  });

  it("does not take items that the vendor refuses for a vendor that is away", () => {
    let state = CLOSED;
    for (let n = 0; n < 20; n++) state = takeReport(state, told({ failed: 5 }));
    expect(state).toBe(CLOSED);
  });

  it("lets one probe through after 30 s, and others only when it has reported", () => {
    const open = vain(CLOSED, 5);
    expect(passes(open, OPEN_MS).passes).toBe(false);
    const probe = askPassage(open, OPEN_MS, true);
    expect(probe.passage).toEqual({ passes: true, probe: true });
    expect(passes(probe.state, OPEN_MS + 1, true).passes).toBe(false);
    expect(statusOf(takeReport(probe.state, told({ delivered: 1, now: OPEN_MS })), OPEN_MS).circuit).toBe(
      "closed",
    );
  });

  it("stays open for twice as long after each vain probe, up to ten minutes", () => {
    let state = vain(CLOSED, 5);
    const openMs: number[] = [];
    for (let n = 0; n < 7; n++) {
      const now = state.openUntil;
      state = takeReport(askPassage(state, now, true).state, told({ retry: 1, now }));
      openMs.push(state.openUntil - now);
    }
    expect(openMs).toEqual([60_000, 120_000, 240_000, 480_000, MAX_OPEN_MS, MAX_OPEN_MS, MAX_OPEN_MS]);
    const closed = takeReport(state, told({ delivered: 1, now: state.openUntil }));
    expect(vain(closed, 5).openUntil).toBe(OPEN_MS);
  });

  it("is not opened for longer by batches that left before it opened", () => {
    const open = vain(CLOSED, 5, 100);
    expect(takeReport(open, told({ retry: 9, timedOut: 9, now: 9_000 }))).toBe(open);
  });

  it("gives a probe that never reports a successor", () => {
    const { state } = askPassage(vain(CLOSED, 5), OPEN_MS, true);
    expect(passes(state, OPEN_MS + 60_000, true)).toEqual({ passes: true, probe: true });
  });

  it("pauses on a refused credential until a person resumes; the first reason stays", () => {
    const paused = takeReport(CLOSED, told({ unauthorized: 1, delivered: 4, now: 7 }));
    expect(statusOf(paused, 10 ** 12)).toEqual({
      paused: true,
      reason: "unauthorized",
      pausedAt: 7,
      circuit: "closed",
    });
    expect(pauseCircuit(paused, "operator", 9)).toBe(paused);
    expect(passes(paused, 10 ** 12, true)).toEqual({ passes: false, reason: "paused" });
  });

  it("operators are told once when it has been open for ten minutes, and again the next time", () => {
    let state = vain(CLOSED, 5, 1_000);
    expect(alarmsOf(state, 600_999)).toEqual([]);
    const [alarm] = alarmsOf(state, 601_000);
    expect(alarm).toEqual({ type: "delivery.circuit_open", reason: "circuit_open", since: 1_000 });
    if (alarm) state = tellAlarm(state, alarm);
    expect(alarmsOf(state, 900_000)).toEqual([]);
    state = vain(takeReport(state, told({ delivered: 1, now: 900_000 })), 5, 900_001);
    expect(alarmsOf(state, 1_500_001)).toHaveLength(1);
  });

  it("never locks itself: whatever happened, some time after the last report a probe is let through", () => {
    const count = fc.nat(3);
    const report = fc.record({
      ...{ delivered: count, failed: count, retry: count, timedOut: count },
      unauthorized: fc.constant(0),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(report, fc.nat(100_000)), { maxLength: 40 }), (reports) => {
        let state = CLOSED;
        let now = 0;
        for (const [one, wait] of reports) {
          now += wait;
          state = askPassage(state, now, true).state;
          state = takeReport(state, { ...one, now });
        }
        expect(passes(state, now + MAX_OPEN_MS, true).passes).toBe(true);
      }),
    );
  });
});
