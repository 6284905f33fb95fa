/**
 * What deciding costs with 50 offers and 200 segments: the CPU of a whole `POST /slots` for a page's three slots, cookies
 * and all, so that a decision alone takes less.
 */
import { join } from "node:path";
import { checkOurs } from "./check.ts";
import { loadBlock } from "./load.ts";
import type { Rotations } from "./ratios.ts";
import { describeFigure } from "./report.ts";
import { slotsRequest } from "./requests/native.ts";
import { writeRequests } from "./requests/request.ts";
import { ofEach } from "./requests/sender.ts";
import { type Quartiles, quartiles } from "./statistics.ts";
import type { BenchVisitor } from "./visitors.ts";
import type { Server } from "./workerd.ts";

const MAX_MICROS = 1_000;

interface Given {
  folder: string;
  visitors: readonly BenchVisitor[];
  rotations: Rotations;
}

/** Prints. @param server with the large release */
export async function reportDecisions(server: Server, { folder, visitors, rotations }: Given): Promise<void> {
  const requests = ofEach(visitors, slotsRequest);
  await checkOurs(server, requests);
  const file = join(folder, "slots");
  await writeRequests(file, requests);
  await loadBlock(server, file, rotations.warmSeconds);
  const micros: number[] = [];
  for (let rotation = 0; rotation < rotations.rotations; rotation++)
    micros.push((await loadBlock(server, file, rotations.seconds)).cpuMicros);
  console.log(describeDecisions(quartiles(micros)));
}

export const describeDecisions = ({ lower, median, upper }: Quartiles): string =>
  [
    "POST /slots: three slots decided together, 50 offers, 200 segments, 40 features",
    describeFigure(
      "CPU µs of the whole request",
      `${median.toFixed(0)} (${lower.toFixed(0)}–${upper.toFixed(0)})`,
      `≤ ${MAX_MICROS} a decision`,
      median <= MAX_MICROS,
    ),
    "",
  ].join("\n");
