/** What may happen around an erasure, as data: fast-check makes it up, and shrinks it to what matters. */
import fc from "fast-check";

/** An erasure between two writes of a consumer: before its call number `at` of a store. */
export interface Meanwhile {
  at: number;
  whom: "person" | "browser";
  which: number;
  stops: number;
  breaks: number | undefined;
}

export type Step =
  /** A request of a browser with one event; it may claim to be a person by e-mail or user id, and be refused by its contract. */
  | {
      do: "event";
      browser: number;
      claims: "nobody" | "email" | "user" | "both";
      person: number;
      refused: boolean;
    }
  /** A server's event that names a person and one of the browsers: both become one profile. */
  | { do: "merge"; person: number; browser: number }
  /** A link that made two one is revoked. */
  | { do: "split"; person: number; browser: number }
  /** A consumer takes messages, in this or the other order; they may come again; somebody may be erased meanwhile. */
  | {
      do: "ingest" | "deliver";
      which: number;
      reversed: boolean;
      again: boolean;
      meanwhile: Meanwhile | undefined;
      /** The consumer crashes before its call number `breaks` of a store; its messages come again. */
      breaks: number | undefined;
    }
  /** The vendor refuses for good, is paused, or takes what comes. */
  | { do: "vendor"; answers: "yes" | "never" | "paused" }
  /** What failed, was parked or kept for repair comes again. */
  | { do: "replay"; of: "dead" | "parked" | "quarantine" }
  /** An erasure of a person or of a browser, broken off after so many of its steps; `carryOn` ends those that were. */
  | {
      do: "erase";
      whom: "person" | "browser";
      which: number;
      stops: number;
      /** It crashes before this call of a store, while it suppresses. */
      breaks: number | undefined;
    }
  | { do: "carryOn" }
  /** The databases are copied; all of them, or one of several, become what the last copy was. */
  | { do: "copy" }
  | { do: "restore"; only: number | undefined };

/** The browsers of one run, and whose they are for as long as nobody lies. */
export const BROWSERS = 3;
export const PERSONS = 2;

const browser = fc.integer({ min: 0, max: BROWSERS - 1 });
const person = fc.integer({ min: 0, max: PERSONS - 1 });

/** In several databases one entry is some ten calls. */
const breaks = fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined, freq: 3 });

const meanwhile: fc.Arbitrary<Meanwhile> = fc.record({
  at: fc.integer({ min: 1, max: 8 }),
  whom: fc.constantFrom("person" as const, "browser" as const),
  which: fc.integer({ min: 0, max: BROWSERS - 1 }),
  // Suppressed, or with all but the last sweep behind it.
  stops: fc.constantFrom(4, 11),
  breaks,
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("event" as const),
      browser,
      person,
      claims: fc.constantFrom("nobody" as const, "email" as const, "user" as const, "both" as const),
      refused: fc.constantFrom(false, false, false, true),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("merge" as const), person, browser }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("split" as const), person, browser }) },
  ...(["ingest", "deliver"] as const).map((name) => ({
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant(name),
      which: fc.constantFrom(0xff, 0xff, 1, 2, 0xfe),
      reversed: fc.boolean(),
      again: fc.constantFrom(false, false, true),
      // What has been handed to a vendor by then cannot be called back.
      meanwhile:
        name === "ingest" ? fc.option(meanwhile, { nil: undefined, freq: 3 }) : fc.constant(undefined),
      breaks: name === "ingest" ? breaks : fc.constant(undefined),
    }),
  })),
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("vendor" as const),
      answers: fc.constantFrom("yes" as const, "never" as const, "paused" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("replay" as const),
      of: fc.constantFrom("dead" as const, "parked" as const, "quarantine" as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("erase" as const),
      whom: fc.constantFrom("person" as const, "person" as const, "browser" as const),
      which: fc.integer({ min: 0, max: BROWSERS - 1 }),
      stops: fc.constantFrom(0, 1, 2, 3, 9, 9, 9, 9),
      breaks,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("carryOn" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("copy" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("restore" as const),
      only: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined }),
    }),
  },
);

export const runs = (maxSteps: number): fc.Arbitrary<readonly Step[]> =>
  fc.array(step, { minLength: 3, maxLength: maxSteps, size: "max" });
