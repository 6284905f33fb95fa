/** The circuit of a destination: five vain batches open it, one probe finds out, a refused token waits for a person. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  askPermit,
  type BatchReport,
  type CircuitState,
  CLOSED,
  OPEN_MS,
  pauseCircuit,
  statusOf,
  takeReport,
} from "#forward/circuit";

const told = (about: Partial<BatchReport>): BatchReport => ({
  delivered: 0,
  failed: 0,
  retry: 0,
  unauthorized: 0,
  now: 0,
  ...about,
});
const vain = (state: CircuitState, times: number, now = 0): CircuitState =>
  times === 0 ? state : vain(takeReport(state, told({ retry: 3, now })), times - 1, now);

describe("the circuit", () => {
  it("opens after five batches in a row in which nothing succeeded", () => {
    expect(askPermit(vain(CLOSED, 4), 0).permit.granted).toBe(true);
    expect(askPermit(vain(CLOSED, 5), 0).permit).toEqual({
      granted: false,
      reason: "circuit_open",
      until: OPEN_MS,
    });
  });

  it("starts counting again when anything succeeded", () => {
    const state = vain(takeReport(vain(CLOSED, 4), told({ delivered: 1, retry: 9 })), 4);
    expect(askPermit(state, 0).permit.granted).toBe(true);
  });

  it("does not take items that the vendor refuses for a vendor that is away", () => {
    let state = CLOSED;
    for (let n = 0; n < 20; n++) state = takeReport(state, told({ failed: 5 }));
    expect(state).toBe(CLOSED);
  });

  it("lets one probe through after 30 s, and others only when it has reported", () => {
    const open = vain(CLOSED, 5);
    const probe = askPermit(open, OPEN_MS);
    expect(probe.permit).toEqual({ granted: true, probe: true });
    expect(askPermit(probe.state, OPEN_MS + 1).permit.granted).toBe(false);
    expect(statusOf(takeReport(probe.state, told({ delivered: 1, now: OPEN_MS })), OPEN_MS).circuit).toBe(
      "closed",
    );
    const failed = takeReport(probe.state, told({ retry: 1, now: OPEN_MS + 5 }));
    expect(askPermit(failed, OPEN_MS + 6).permit).toMatchObject({ granted: false, until: 2 * OPEN_MS + 5 });
  });

  it("gives a probe that never reports a successor", () => {
    const { state } = askPermit(vain(CLOSED, 5), OPEN_MS);
    expect(askPermit(state, OPEN_MS + 60_000).permit).toEqual({ granted: true, probe: true });
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
    expect(askPermit(paused, 10 ** 12).permit).toEqual({ granted: false, reason: "paused" });
  });

  it("never locks itself: whatever happened, some time after the last report a batch is let through", () => {
    const count = fc.nat(3);
    const report = fc.record({ delivered: count, failed: count, retry: count, unauthorized: fc.constant(0) });
    fc.assert(
      fc.property(fc.array(fc.tuple(report, fc.nat(100_000)), { maxLength: 40 }), (reports) => {
        let state = CLOSED;
        let now = 0;
        for (const [one, wait] of reports) {
          now += wait;
          state = askPermit(state, now).state;
          state = takeReport(state, { ...one, now });
        }
        expect(askPermit(state, now + 60_000).permit.granted).toBe(true);
      }),
    );
  });
});
