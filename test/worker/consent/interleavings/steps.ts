/** What may happen, as data: fast-check makes it up, and shrinks it to what matters. */
import fc from "fast-check";

export type Step =
  /** `PUT /consent`: all three purposes, `ap` grants two and denies one. */
  | { do: "choose"; browser: number; letters: string }
  /** The consent manager writes another TCF string, or the banner another cookie. */
  | { do: "sign"; browser: number; kind: "tcf" | "banner"; letters: string; dated: boolean }
  | { do: "gpc"; browser: number; on: boolean }
  /** A request with one event; it may say something of consent by itself, and have left before the last `PUT`'s answer. */
  | { do: "event"; browser: number; says: string; stale?: boolean }
  /** A server names a person's user id and one of their browsers in one event. */
  | { do: "link"; browser: number }
  | { do: "wait"; ms: number }
  /** A consumer takes messages, in this or the other order; they may come again. */
  | { do: "ingest" | "deliver"; which: number; reversed: boolean; again: boolean }
  /** The destinations take nothing: what should leave is parked. On again, it is released into the queue. */
  | { do: "pause" | "resume" };

export interface Run {
  /** Browsers that the system knows to be their person's before anything else happens. */
  linked: readonly boolean[];
  steps: readonly Step[];
}

/** Whose each browser is, and where it is. */
export const BROWSERS = [
  { person: 0, country: "US", region: "NY" },
  { person: 0, country: "SK" },
  { person: 0, country: "US", region: "NY" },
  { person: 1, country: "US", region: "NY" },
] as const;

const browser = fc.constantFrom(0, 0, 0, 1, 1, 2, 3);
const letters = fc.constantFrom("amp", "amp", "", "", "a", "ap", "mp");
const HOUR = 3_600_000;

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("choose" as const), browser, letters }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("sign" as const),
      browser,
      kind: fc.constantFrom("tcf" as const, "banner" as const),
      letters,
      dated: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("gpc" as const), browser, on: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("event" as const),
      browser,
      says: fc.constantFrom("", "", "", "", "a+m+p+", "m-", "a+"),
      stale: fc.constantFrom(false, false, false, true),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("link" as const), browser }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.constantFrom(60_000, 3 * HOUR, 20 * HOUR, 190 * 24 * HOUR, 370 * 24 * HOUR),
    }),
  },
  ...(["ingest", "deliver"] as const).map((name) => ({
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant(name),
      which: fc.constantFrom(0xff, 0xff, 1, 2, 4, 0xfe),
      reversed: fc.boolean(),
      again: fc.constantFrom(false, false, true),
    }),
  })),
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("pause" as const, "resume" as const) }) },
);

export const runs = (maxSteps: number): fc.Arbitrary<Run> =>
  fc.record({
    linked: fc.tuple(...BROWSERS.map(() => fc.boolean())),
    steps: fc.array(step, { minLength: 2, maxLength: maxSteps, size: "max" }),
  });
