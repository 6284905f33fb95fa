/** Poison in a batch that a vendor refuses as a whole: found by halving, within a bounded number of requests. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DeliveryOutcome } from "#core/outcome";
import { type Called, type IsolationBudget, isolate, isolateEach } from "#forward/destinations/isolate";

const DELIVERED: DeliveryOutcome = { status: "delivered" };
const BAD: DeliveryOutcome = { status: "failed", code: "http_400" };

/** A vendor that refuses a whole request for one bad number in it. */
function vendor(isBad: (n: number) => boolean) {
  const requests: (readonly number[])[] = [];
  const taken: number[] = [];
  const call = async (inputs: readonly number[]): Promise<Called<DeliveryOutcome[]>> => {
    requests.push(inputs);
    if (inputs.some(isBad)) return { status: "refused", outcome: BAD };
    taken.push(...inputs);
    return { status: "answered", answer: inputs.map(() => DELIVERED) };
  };
  return { call, requests, taken };
}

const upTo = (n: number) => Array.from({ length: n }, (_, index) => index);

describe("a batch that is refused as a whole", () => {
  it("is halved until the poison stands alone; the other 99 of 100 arrive once", async () => {
    const { call, taken, requests } = vendor((n) => n === 57);
    const outcomes = await isolateEach(upTo(100), call);
    expect(outcomes.map((outcome, n) => (outcome === BAD ? n : -1)).filter((n) => n >= 0)).toEqual([57]);
    expect(taken).toEqual(upTo(100).filter((n) => n !== 57));
    expect(requests.length).toBeLessThanOrEqual(15);
  });

  it("round by round each item is decided, however many are bad, and none arrives twice", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat(99), { maxLength: 100 }),
        fc.integer({ min: 8, max: 40 }),
        async (bad, most) => {
          const { call, taken } = vendor((n) => bad.includes(n));
          let open: number[] = upTo(100);
          const failed: number[] = [];
          for (let round = 0; open.length > 0; round++) {
            expect(round).toBeLessThan(100);
            const outcomes = await isolateEach(open, call, { requests: most });
            failed.push(...open.filter((_, n) => outcomes[n]?.status === "failed"));
            open = open.filter((_, n) => outcomes[n]?.status === "retry");
          }
          expect(failed).toEqual([...bad].sort((a, b) => a - b));
          expect(taken.sort((a, b) => a - b)).toEqual(upTo(100).filter((n) => !bad.includes(n)));
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("what is not about the items", () => {
  it.each([
    ["refused credentials", { status: "unauthorized" }, undefined],
    ["a rate", { status: "retry", code: "rate_limited" }, true],
    ["a refusal that the sender says ends it", BAD, true],
  ] as [string, DeliveryOutcome, boolean | undefined][])(
    "%s: one request, and all share it",
    async (_, outcome, ends) => {
      const budget: IsolationBudget = { requests: 10 };
      const parts = await isolate(
        upTo(4),
        async () => ({ status: "refused", outcome, ...(ends !== undefined && { ends }) }),
        budget,
      );
      expect(parts).toEqual([{ inputs: upTo(4), outcome }]);
      expect(budget).toEqual({ requests: 9, ended: outcome });
      expect(await isolate(upTo(2), () => Promise.reject(new Error("nothing more is sent")), budget)).toEqual(
        [{ inputs: [0, 1], outcome }],
      );
    },
  );

  it("an outage is not halved: it would only be asked more often", async () => {
    const outcome: DeliveryOutcome = { status: "retry", code: "http_503" };
    let requests = 0;
    const outcomes = await isolateEach(upTo(50), async () => {
      requests++;
      return { status: "refused", outcome };
    });
    expect({ requests, outcomes }).toEqual({ requests: 1, outcomes: upTo(50).map(() => outcome) });
  });

  it("an input that the answer leaves out is tried again", async () => {
    expect(await isolateEach([1, 2], async () => ({ status: "answered", answer: [DELIVERED] }))).toEqual([
      DELIVERED,
      { status: "retry", code: "no_outcome" },
    ]);
  });
});
