/**
 * How near the targets lie to what cannot be done without: a Worker that reads the body, checks the visitor's three cookies,
 * seals the session anew and answers, and has no product in it (bench/workers/floor.ts), beside the bare one.
 */
import { join } from "node:path";
import { bundleWorker, type Fixtures } from "./build.ts";
import { checkOther } from "./check.ts";
import { compareLoad, type Rotations } from "./ratios.ts";
import { describeComparison } from "./report.ts";
import { eventRequest, slotRequest } from "./requests/native.ts";
import { writeRequests } from "./requests/request.ts";
import { ofEach } from "./requests/sender.ts";
import type { BenchVisitor } from "./visitors.ts";
import { type Runtime, type Server, startWorkerd } from "./workerd.ts";

interface Given {
  folder: string;
  fixtures: Fixtures;
  runtime: Runtime;
  visitors: readonly BenchVisitor[];
  now: number;
  rotations: Rotations;
}

/** Prints. */
export async function reportFloor(
  bare: Server,
  { folder, fixtures, runtime, visitors, now, rotations }: Given,
): Promise<void> {
  const modules = { "entry.js": await bundleWorker("floor.ts", fixtures) };
  const floor = await startWorkerd(join(folder, "floor"), modules, runtime);
  const pairs = [
    ["POST /events, one event", (visitor: BenchVisitor) => eventRequest(visitor, 1, now)],
    ["POST /events, five events", (visitor: BenchVisitor) => eventRequest(visitor, 5, now)],
    ["GET /slots/hero", slotRequest],
  ] as const;
  try {
    for (const [name, make] of pairs) {
      const requests = ofEach(visitors, make);
      await checkOther(floor, requests);
      const file = join(folder, "floor-requests");
      await writeRequests(file, requests);
      const compared = await compareLoad({ ours: floor, other: bare }, file, rotations, false);
      const title = `${name}, of a Worker that recognises its visitors and does nothing else`;
      console.log(describeComparison(title, undefined, "bare", compared));
    }
  } finally {
    await floor.stop();
  }
}
