/** Interleavings that once went wrong, or nearly: each is played by itself. */
import type { Run, Step } from "./steps.ts";

const choose = (browser: number, letters: string): Step => ({ do: "choose", browser, letters });
const sign = (browser: number, letters: string): Step => ({
  do: "sign",
  browser,
  kind: "tcf",
  letters,
  dated: true,
});
const gpc = (browser: number, on: boolean): Step => ({ do: "gpc", browser, on });
const event = (browser: number): Step => ({ do: "event", browser, says: "" });
const link = (browser: number): Step => ({ do: "link", browser });
const wait = (hours: number): Step => ({ do: "wait", ms: hours * 3_600_000 });
const ingest: Step = { do: "ingest", which: 0xff, reversed: false, again: false };
const ingestAgain: Step = { do: "ingest", which: 0xff, reversed: false, again: true };
const deliver: Step = { do: "deliver", which: 0xff, reversed: false, again: false };
const deliverAgain: Step = { do: "deliver", which: 0xff, reversed: false, again: true };

const NOBODY = [false, false, false, false];

export const CASES: readonly [title: string, run: Run][] = [
  [
    "a withdrawal in a banner counts on a browser that another's grant has bound",
    {
      linked: [true, true, false, false],
      steps: [
        choose(0, "amp"),
        sign(1, "amp"),
        event(1),
        ingest,
        choose(0, "amp"),
        sign(1, "ap"),
        event(1),
        ingest,
        deliver,
      ],
    },
  ],
  [
    "Global Privacy Control that is switched on again is a new opt-out",
    {
      linked: NOBODY,
      steps: [
        gpc(0, true),
        event(0),
        ingest,
        gpc(0, false),
        choose(0, "amp"),
        event(0),
        gpc(0, true),
        event(0),
        ingest,
        deliver,
      ],
    },
  ],
  [
    "Global Privacy Control of a second browser is an opt-out of its own",
    {
      linked: [true, false, true, false],
      steps: [
        gpc(0, true),
        event(0),
        ingest,
        choose(2, "amp"),
        event(2),
        gpc(2, true),
        event(2),
        ingest,
        deliver,
      ],
    },
  ],
  [
    "an old string that is seen after a merge does not undo the other browser's withdrawal",
    {
      linked: NOBODY,
      steps: [sign(0, "amp"), wait(48), event(2), choose(2, ""), event(0), ingest, link(0), ingest, deliver],
    },
  ],
  [
    "a string that two browsers have alike does not let through what a third signal narrowed",
    {
      linked: [false, true, true, false],
      steps: [
        sign(1, "amp"),
        wait(24),
        choose(2, "a"),
        sign(0, "amp"),
        event(0),
        link(0),
        ingest,
        event(1),
        ingest,
        deliver,
      ],
    },
  ],
  [
    "a withdrawal that is ingested after another browser's grant, of which nobody knows when it was given, counts",
    {
      linked: [true, false, true, false],
      steps: [
        event(0),
        sign(0, "ap"),
        event(0),
        { do: "event", browser: 2, says: "a+" },
        { do: "ingest", which: 4, reversed: false, again: false },
      ],
    },
  ],
  [
    "a request that was under way when the visitor withdrew undoes nothing",
    {
      linked: NOBODY,
      steps: [event(0), choose(0, "ap"), { do: "event", browser: 0, says: "a+m+p+", stale: true }],
    },
  ],
  [
    "a withdrawal stops what is parked",
    {
      linked: NOBODY,
      steps: [
        choose(0, "amp"),
        event(0),
        ingest,
        { do: "pause" },
        deliver,
        choose(0, ""),
        { do: "resume" },
        deliver,
      ],
    },
  ],
  [
    "what was withdrawn and is granted again stops nothing that was granted before",
    {
      linked: NOBODY,
      steps: [choose(0, "amp"), event(0), choose(0, "a"), choose(0, "amp"), ingestAgain, deliverAgain],
    },
  ],
  [
    "a merge brings the other browser's withdrawal to what is queued",
    {
      linked: [false, false, true, false],
      steps: [event(0), ingest, choose(2, ""), link(0), ingest, deliver],
    },
  ],
  [
    "a grant that lapses in the queue is none",
    { linked: NOBODY, steps: [choose(1, "amp"), event(1), ingest, wait(24 * 370), deliver] },
  ],
];
