/**
 * Conditions in workerd, by three evaluators: `GET /ours?rounds=100` evaluates every condition for every visitor so many
 * times, and says how often one held. No clock runs in here while code does: who asks measures the process.
 */
import { evalCondition } from "@growthbook/growthbook";
import { LogicEngine } from "json-logic-engine";
import { compileCondition } from "#core/condition";
import { CONDITIONS, VISITORS } from "../fixtures/conditions.ts";

type Evaluate = (visitor: Record<string, unknown>, n: number) => boolean;

const predicates = CONDITIONS.map(({ condition }) => compileCondition(condition));
const engine = new LogicEngine();

const EVALUATORS: Record<string, Evaluate> = {
  "/ours": (visitor, n) => predicates[n]?.(visitor) ?? false,
  // Its types want conditions that are known beforehand.
  "/growthbook": (visitor, n) => evalCondition(visitor, (CONDITIONS[n]?.condition ?? {}) as never),
  "/json-logic": (visitor, n) => Boolean(engine.run(CONDITIONS[n]?.logic ?? {}, visitor)),
};

export default {
  fetch(request: Request): Response {
    const { pathname, searchParams } = new URL(request.url);
    const evaluate = EVALUATORS[pathname];
    if (!evaluate) return new Response("alive");
    const rounds = Number(searchParams.get("rounds"));
    let held = 0;
    for (let round = 0; round < rounds; round++)
      for (const visitor of VISITORS)
        for (let n = 0; n < CONDITIONS.length; n++) if (evaluate(visitor, n)) held++;
    return Response.json({ held });
  },
};
