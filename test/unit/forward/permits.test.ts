/** How much of a destination may be under way: its rate, its concurrency, and whose turn it is where order is kept. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CircuitState, CLOSED } from "#forward/circuit";
import {
  type Ask,
  askPermit,
  beginDrain,
  beginLook,
  endDrain,
  endFlight,
  newFlow,
  PATIENCE_MS,
  slowDown,
} from "#forward/permits";

/** A destination's permits in time; each `ask` is one batch. */
function destination(given: Partial<Ask> = {}) {
  const flow = newFlow();
  let state: CircuitState = CLOSED;
  let ids = 0;
  return {
    flow,
    get state() {
      return state;
    },
    ask(now: number, changes: Partial<Ask> = {}) {
      const limits = { want: 10, perRequest: 1, requestsPerSecond: 5, concurrency: 3, deadlineMs: 10_000 };
      const asked = askPermit(flow, state, { ...limits, ...given, ...changes, now }, `p${ids++}`);
      state = asked.state;
      return asked.permit;
    },
  };
}

describe("the rate", () => {
  it("grants what the bucket holds, and says when to ask again", () => {
    const { ask, flow } = destination();
    expect(ask(0)).toEqual({ granted: 5, id: "p0", reason: "rate_limited" });
    endFlight(flow, "p0", 5, 10);
    expect(ask(100)).toEqual({ granted: 0, reason: "rate_limited", until: 200 });
    expect(ask(200)).toMatchObject({ granted: 1 });
  });

  it("is counted in requests: a hundred items of one request are one", () => {
    const { ask } = destination({ perRequest: 100, requestsPerSecond: 1 });
    expect(ask(0, { want: 250 })).toMatchObject({ granted: 100, reason: "rate_limited" });
    expect(ask(999, { want: 1 })).toMatchObject({ granted: 0 });
    expect(ask(1_000, { want: 1 })).toMatchObject({ granted: 1 });
  });

  it("gives back what was not needed, and counts what was needed besides", () => {
    const { ask, flow } = destination({ requestsPerSecond: 5 });
    endFlight(flow, ask(0, { want: 5 }).id ?? "", 2, 10);
    endFlight(flow, ask(0, { want: 9 }).id ?? "", 5, 10);
    expect(ask(0)).toMatchObject({ granted: 0, reason: "rate_limited", until: 600 });
  });

  it("never lets more through in any stretch of time than rate and bucket allow", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.tuple(fc.nat(500), fc.integer({ min: 1, max: 50 })), { minLength: 1, maxLength: 60 }),
        (rate, asks) => {
          const { ask, flow } = destination({ requestsPerSecond: rate, concurrency: 1_000 });
          let now = 0;
          const granted: [number, number][] = [];
          for (const [wait, want] of asks) {
            now += wait;
            const permit = ask(now, { want });
            if (permit.id !== undefined) endFlight(flow, permit.id, permit.granted, 1);
            granted.push([now, permit.granted]);
          }
          for (const [from] of granted) {
            for (const [to] of granted) {
              const within = granted.filter(([at]) => at >= from && at <= to);
              const sum = within.reduce((total, [, count]) => total + count, 0);
              if (to >= from) expect(sum).toBeLessThanOrEqual(rate + ((to - from) * rate) / 1000 + 1e-6);
            }
          }
        },
      ),
    );
  });
});

describe("batches under way", () => {
  it("are as many as may be; one that never reports is forgotten after its deadline", () => {
    const { ask } = destination({ want: 1, concurrency: 2, requestsPerSecond: 100 });
    expect([ask(0), ask(1)].map(({ granted }) => granted)).toEqual([1, 1]);
    expect(ask(2)).toEqual({ granted: 0, reason: "busy", until: 15_000 });
    expect(ask(15_000)).toMatchObject({ granted: 1 });
  });

  it("after one that was handed over nobody waits for the next ones, until one was quick", () => {
    const { ask, flow } = destination({ want: 1, requestsPerSecond: 100 });
    const first = ask(0);
    slowDown(flow);
    const second = ask(1);
    expect(second).toMatchObject({ granted: 1, slow: true });
    endFlight(flow, first.id ?? "", 1, PATIENCE_MS + 1);
    expect(ask(2)).toMatchObject({ slow: true });
    endFlight(flow, second.id ?? "", 1, 100);
    expect(ask(3)).not.toHaveProperty("slow");
  });
});

describe("a destination that keeps the order", () => {
  it("has one batch at a time, and what is refused goes before whatever comes later", () => {
    const it = destination({ ordered: true, requestsPerSecond: 100 });
    const first = it.ask(0);
    expect(first).toMatchObject({ granted: 10 });
    expect(it.ask(1)).toMatchObject({ granted: 0, reason: "busy" });
    endFlight(it.flow, first.id ?? "", 10, 5);
    expect(it.ask(2)).toMatchObject({ granted: 0, reason: "ordered" });
    expect(it.state.backlog).toBe(true);
  });

  it("what the rate leaves over is a backlog, too", () => {
    const it = destination({ ordered: true, requestsPerSecond: 1 });
    expect(it.ask(0)).toMatchObject({ granted: 1, reason: "rate_limited" });
    expect(it.state.backlog).toBe(true);
  });

  it("a backlog is no backlog any more only when nobody is parking something", () => {
    const it = destination({ ordered: true });
    endFlight(it.flow, it.ask(0).id ?? "", 5, 5);
    const refused = it.ask(10);
    expect(beginDrain(it.flow, 20, 1_000)).toBe(true);
    expect(beginDrain(it.flow, 21, 1_000)).toBe(false);
    expect(endDrain(it.flow, 30)).toBe(false);
    endFlight(it.flow, refused.id ?? "", 0, undefined);
    beginDrain(it.flow, 40, 1_000);
    beginLook(it.flow);
    expect(endDrain(it.flow, 50)).toBe(true);
  });

  it("nor is it one when something was parked after the last look, or the object has started anew", () => {
    const it = destination({ ordered: true });
    endFlight(it.flow, it.ask(0).id ?? "", 5, 5);
    beginDrain(it.flow, 20, 1_000);
    beginLook(it.flow);
    const busy = it.ask(21, { drain: true });
    endFlight(it.flow, it.ask(22).id ?? "", 0, undefined);
    endFlight(it.flow, busy.id ?? "", 1, 5);
    expect(endDrain(it.flow, 30)).toBe(false);
    expect(endDrain(newFlow(), 30)).toBe(false);
  });
});
