/** The other half of erasures.test.ts: two files run side by side. */
import { describe, it } from "vitest";
import { exploreHeld } from "./erasures/explore.ts";

describe("no erased identifier reappears anywhere", () => {
  it.each(Array.from({ length: 10 }, (_, n) => n + 11))(
    "in 500 interleavings, seed %i",
    exploreHeld,
    120_000,
  );
});
