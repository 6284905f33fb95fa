/**
 * Conditions, in one workerd: ours compiled, GrowthBook's evaluator, and json-logic-engine's interpreter with its own
 * optimiser, by the CPU of the process while each evaluates the same conditions for the same visitors.
 */
import { join } from "node:path";
import { CONDITIONS, VISITORS } from "../fixtures/conditions.ts";
import { bundleWorker, runtimeOf } from "./build.ts";
import { threadsCpuMicros } from "./cpu.ts";
import { describeFigure } from "./report.ts";
import { type Quartiles, quartiles } from "./statistics.ts";
import { type Server, startWorkerd } from "./workerd.ts";

const EVALUATORS = ["ours", "growthbook", "json-logic"] as const;
type Evaluator = (typeof EVALUATORS)[number];

/** Of every condition for every visitor: 160,000 evaluations. */
const ROUNDS = 2_000;
const MIN_OVER_GROWTHBOOK = 3;
const MIN_OVER_JSON_LOGIC = 1;

/** Prints. @param rotations after one that does not count */
export async function reportConditions(folder: string, rotations: number): Promise<void> {
  const entry = await bundleWorker("conditions.ts");
  const server = await startWorkerd(join(folder, "conditions"), { "entry.js": entry }, runtimeOf());
  try {
    console.log(describeConditions(await measureConditions(server, rotations)));
  } finally {
    await server.stop();
  }
}

/** Nanoseconds of one evaluation, by rotation. */
export type ConditionCost = Record<Evaluator, number[]>;

async function measureConditions(server: Server, rotations: number): Promise<ConditionCost> {
  const cost: ConditionCost = { ours: [], growthbook: [], "json-logic": [] };
  for (let rotation = -1; rotation < rotations; rotation++) {
    const held = new Set<number>();
    for (const name of EVALUATORS) {
      const before = threadsCpuMicros(server.pid);
      const answer = await fetch(`http://127.0.0.1:${server.port}/${name}?rounds=${ROUNDS}`);
      held.add(((await answer.json()) as { held: number }).held);
      const micros = threadsCpuMicros(server.pid) - before;
      if (rotation >= 0) cost[name].push((micros * 1000) / (ROUNDS * CONDITIONS.length * VISITORS.length));
    }
    if (held.size !== 1) throw new Error(`the evaluators do not agree: ${[...held].join(", ")}`);
  }
  return cost;
}

export function describeConditions(cost: ConditionCost): string {
  const range = ({ lower, median, upper }: Quartiles, digits: number) =>
    `${median.toFixed(digits)} (${lower.toFixed(digits)}–${upper.toFixed(digits)})`;
  const over = (name: Evaluator) =>
    quartiles(cost.ours.map((ours, n) => (cost[name][n] ?? Number.NaN) / ours));
  const growthbook = over("growthbook");
  const jsonLogic = over("json-logic");
  return [
    `${CONDITIONS.length} conditions for ${VISITORS.length} visitors, in workerd`,
    `  ns of an evaluation: ours ${range(quartiles(cost.ours), 0)}, GrowthBook ${range(quartiles(cost.growthbook), 0)}, json-logic-engine ${range(quartiles(cost["json-logic"]), 0)}`,
    describeFigure(
      "GrowthBook's evalCondition over ours",
      range(growthbook, 1),
      `≥ ${MIN_OVER_GROWTHBOOK}`,
      growthbook.median >= MIN_OVER_GROWTHBOOK,
    ),
    describeFigure(
      "json-logic-engine over ours",
      range(jsonLogic, 1),
      `≥ ${MIN_OVER_JSON_LOGIC}`,
      jsonLogic.median >= MIN_OVER_JSON_LOGIC,
    ),
    "",
  ].join("\n");
}
