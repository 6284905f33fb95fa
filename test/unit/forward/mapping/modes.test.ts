/** What is written where a vendor has a value already. */
import { expect, it } from "vitest";
import type { WriteMode } from "#contracts/definitions/mapping";
import { writeValue } from "#forward/mapping/modes";

const STAGES = ["lead", "opportunity", "customer"];

it.each<[WriteMode, unknown, unknown, unknown, string[]?]>([
  ["overwrite", "old", "new", "new"],
  ["overwrite", "same", "same", undefined],
  ["overwrite", "5", 5, undefined],
  ["overwrite", "old", "", undefined],
  ["overwrite", null, "new", "new"],
  ["if_empty", "", "new", "new"],
  ["if_empty", null, "new", "new"],
  ["if_empty", "old", "new", undefined],
  ["if_empty", 0, 5, undefined],
  ["append", "", "b;a;b", "b;a"],
  ["append", "a; b", "b;c", "a;b;c"],
  ["append", "a;b", "b", undefined],
  ["append", "a", ` ; `, undefined],
  ["append", "x".repeat(9_999), "yy", undefined],
  ["never_backward", null, 3, 3],
  ["never_backward", 5, 4, undefined],
  ["never_backward", "5", 6, 6],
  ["never_backward", "10", "9", undefined],
  ["never_backward", "2026-11-20", "2026-11-21", "2026-11-21"],
  ["never_backward", "2026-11-20T10:00:00.000+0000", "2026-11-20T09:00:00Z", undefined],
  ["never_backward", "2026-11-20T10:00:00.000+0000", "2026-11-20T10:00:01Z", "2026-11-20T10:00:01Z"],
  ["never_backward", "2026-11-20", 5, undefined],
  ["never_backward", "blue", "red", undefined],
  ["never_backward", "lead", "customer", "customer", STAGES],
  ["never_backward", "customer", "lead", undefined, STAGES],
  ["never_backward", "customer", "customer", undefined, STAGES],
  ["never_backward", "their own stage", "customer", undefined, STAGES],
  ["never_backward", "lead", "nobody's", undefined, STAGES],
])("%s: over %j comes %j, and %j is written", (mode, current, next, written, order) => {
  expect(writeValue(mode, current, next, order)).toEqual(written);
});
