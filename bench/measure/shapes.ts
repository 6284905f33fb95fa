/**
 * Whether the engine keeps what it has compiled: at each full collection of garbage it throws away the code of functions that
 * were compiled for objects of which there is none at that moment, and they begin anew in the interpreter. Counted, as V8 tells
 * it, while a Worker that has warmed up is under load. docs/decisions/024-shapes.md. Called by bench/run.ts.
 */
import { join } from "node:path";
import { type Built, type Fixtures, withFixtures } from "./build.ts";
import { loadBlock } from "./load.ts";
import { describeFigure } from "./report.ts";
import { cookielessRequest, eventRequest, firstRequest, slotRequest } from "./requests/native.ts";
import { type BenchRequest, writeRequests } from "./requests/request.ts";
import { ofEach } from "./requests/sender.ts";
import type { BenchVisitor } from "./visitors.ts";
import { startWorkerd } from "./workerd.ts";

interface Given {
  folder: string;
  built: Built;
  fixtures: Fixtures;
  visitors: readonly BenchVisitor[];
  now: number;
  warmSeconds: number;
  seconds: number;
}

const FLAGS = ["--trace-gc", "--trace-deopt"];
/** Of a hundred functions or more that a request passes. Now and then an odd visitor takes one along. */
const MOST = 1;

/** Prints. */
export async function reportShapes(given: Given): Promise<void> {
  const { now } = given;
  const kinds: [name: string, make: (visitor: BenchVisitor) => BenchRequest][] = [
    ["POST /events, one event", (visitor) => eventRequest(visitor, 1, now)],
    ["POST /events, five events", (visitor) => eventRequest(visitor, 5, now)],
    ["POST /events, first visit", (visitor) => firstRequest(visitor, now)],
    ["POST /events, without cookies", (visitor) => cookielessRequest(visitor, now)],
    ["GET /slots/hero", slotRequest],
  ];
  console.log("Compiled functions that a full collection of garbage throws away");
  for (const [name, make] of kinds) {
    const { collections, lost } = await countLost(make, given);
    const each = lost / collections;
    const figure = `${each.toFixed(1)} (${lost} in ${collections})`;
    console.log(describeFigure(name, figure, `≤ ${MOST}`, collections > 0 && each <= MOST));
  }
  console.log("");
}

async function countLost(
  make: (visitor: BenchVisitor) => BenchRequest,
  { folder, built, fixtures, visitors, warmSeconds, seconds }: Given,
): Promise<{ collections: number; lost: number }> {
  let said = "";
  const server = await startWorkerd(
    join(folder, "shapes"),
    await withFixtures(built.ours, fixtures),
    built.runtime,
    {
      v8Flags: FLAGS,
      onOutput(text) {
        said += text;
      },
    },
  );
  try {
    const file = join(folder, "shapes-requests");
    await writeRequests(file, ofEach(visitors, make));
    await loadBlock(server, file, warmSeconds);
    said = "";
    await loadBlock(server, file, seconds);
  } finally {
    await server.stop();
  }
  const count = (words: RegExp) => said.match(words)?.length ?? 0;
  return { collections: count(/: Mark-Compact /g), lost: count(/embedded weak objects cleared/g) };
}
