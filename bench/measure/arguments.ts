/** The command line of `npm run bench`, and how long each part takes. */
import { parseArgs } from "node:util";
import type { Rotations } from "./ratios.ts";

export const PARTS = [
  "conditions",
  "core",
  "floor",
  "decisions",
  "pages",
  "walker",
  "protocols",
  "consent",
  "encryption",
  "latency",
  "shapes",
  "sizes",
  "identity",
  "delivery",
  "whole",
] as const;
export type Part = (typeof PARTS)[number];

export interface Plan {
  parts: ReadonlySet<Part>;
  /** How often each evaluator takes its turn. */
  conditions: number;
  core: Rotations;
  floor: Rotations;
  decisions: Rotations;
  pages: Rotations & { firstBytes: number };
  walker: Rotations;
  protocols: Rotations;
  consent: Rotations;
  encryption: Rotations;
  latency: { rotations: number; seconds: number };
  /** Seconds of load of each kind of request: before what counts, and while it does. */
  shapes: { warmSeconds: number; seconds: number };
  /** Of workerd, with our Worker and with an empty one. */
  starts: number;
  /** Batches on each of the two databases. */
  identityBatches: number;
  /** To each of five destinations, with and without faults. */
  delivery: { events: number; rotations: number };
  wholeSeconds: number;
}

/** About six minutes with all parts. */
const QUICK: Omit<Plan, "parts"> = {
  conditions: 5,
  core: { rotations: 5, seconds: 1, warmSeconds: 8 },
  floor: { rotations: 3, seconds: 1, warmSeconds: 4 },
  decisions: { rotations: 3, seconds: 1, warmSeconds: 1 },
  pages: { rotations: 3, seconds: 1, warmSeconds: 1, firstBytes: 40 },
  walker: { rotations: 3, seconds: 1, warmSeconds: 6 },
  protocols: { rotations: 3, seconds: 1, warmSeconds: 4 },
  consent: { rotations: 2, seconds: 1, warmSeconds: 1 },
  encryption: { rotations: 2, seconds: 1, warmSeconds: 1 },
  latency: { rotations: 2, seconds: 2 },
  shapes: { warmSeconds: 8, seconds: 5 },
  starts: 3,
  identityBatches: 15,
  delivery: { events: 4_000, rotations: 1 },
  wholeSeconds: 3,
};

/** About seventeen. */
const FULL: Omit<Plan, "parts"> = {
  conditions: 15,
  core: { rotations: 10, seconds: 2, warmSeconds: 12 },
  floor: { rotations: 6, seconds: 2, warmSeconds: 6 },
  decisions: { rotations: 5, seconds: 2, warmSeconds: 2 },
  pages: { rotations: 8, seconds: 2, warmSeconds: 2, firstBytes: 150 },
  walker: { rotations: 6, seconds: 2, warmSeconds: 10 },
  protocols: { rotations: 5, seconds: 2, warmSeconds: 8 },
  consent: { rotations: 5, seconds: 2, warmSeconds: 1 },
  encryption: { rotations: 4, seconds: 2, warmSeconds: 1 },
  latency: { rotations: 5, seconds: 5 },
  shapes: { warmSeconds: 8, seconds: 16 },
  starts: 9,
  identityBatches: 60,
  delivery: { events: 10_000, rotations: 2 },
  wholeSeconds: 6,
};

/**
 * `--quick`, `--only core,walker` (or several `--only`).
 * @throws Error that names what is not known
 */
export function planOf(args: readonly string[]): Plan {
  const { values } = parseArgs({
    args: [...args],
    options: { quick: { type: "boolean" }, only: { type: "string", multiple: true } },
  });
  const named = values.only?.flatMap((list) => list.split(",")) ?? PARTS;
  const parts = named.map((name) => {
    const part = PARTS.find((known) => known === name);
    if (!part) throw new Error(`--only ${name}: the parts of the bench are ${PARTS.join(", ")}`);
    return part;
  });
  return { parts: new Set(parts), ...(values.quick ? QUICK : FULL) };
}
