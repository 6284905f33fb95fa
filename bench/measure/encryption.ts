/**
 * What encryption costs: a collect request with three personal traits, by our Worker as it is deployed and by the same
 * Worker with a stand-in for the one function that seals them (bench/workers/unsealed.ts). Their blocks take turns, so that
 * the ratio of the two is of encryption alone.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventEnvelopeSchema } from "#contracts/messages/event_envelope";
import { type BuiltWorker, buildOurs, type Fixtures } from "./build.ts";
import { checkOurs, takenBy } from "./check.ts";
import { type Comparison, compareLoad, type Rotations } from "./ratios.ts";
import { describeFigure } from "./report.ts";
import { eventRequest } from "./requests/native.ts";
import { type BenchRequest, writeRequests } from "./requests/request.ts";
import { ofEach } from "./requests/sender.ts";
import type { Quartiles } from "./statistics.ts";
import type { BenchVisitor } from "./visitors.ts";
import { type Server, startWorkerd } from "./workerd.ts";

/** Of the CPU that the request takes without it, at most. */
const MAX_ADDED = 0.2;
const STAND_IN = { "#privacy/ingress": fileURLToPath(new URL("../workers/unsealed.ts", import.meta.url)) };

interface Given {
  folder: string;
  fixtures: Fixtures;
  runtime: BuiltWorker["runtime"];
  now: number;
  visitors: readonly BenchVisitor[];
  rotations: Rotations;
}

/** Prints. */
export async function reportEncryption(ours: Server, given: Given): Promise<void> {
  const { folder, fixtures, runtime, now, visitors, rotations } = given;
  const { modules } = await buildOurs(join(folder, "deploy-unsealed"), fixtures, { alias: STAND_IN });
  const other = await startWorkerd(join(folder, "unsealed"), modules, runtime, { tells: true });
  try {
    const requests = ofEach(visitors, (visitor) => withTraits(eventRequest(visitor, 1, now)));
    for (const server of [ours, other]) {
      await checkOurs(server, requests);
      await checkSealed(server);
    }
    const file = join(folder, "traits");
    await writeRequests(file, requests);
    console.log(describeEncryption(await compareLoad({ ours, other }, file, rotations, true)));
  } finally {
    await other.stop();
  }
}

/** The same request, whose event says who somebody is. No identifier is among it: hashing one is no encryption. */
function withTraits(request: BenchRequest): BenchRequest {
  const body = JSON.parse(request.body) as { events: Record<string, unknown>[] };
  const traits = { first_name: "Ida", last_name: "Bergström", company: "Fjell & Daughters" };
  return {
    ...request,
    body: JSON.stringify({ ...body, events: body.events.map((event) => ({ ...event, traits })) }),
  };
}

/** Both have put what they made of the traits into the queue. */
async function checkSealed(server: Server): Promise<void> {
  const { last } = await takenBy(server);
  const [event] = eventEnvelopeSchema.parse(JSON.parse(last)).events;
  if (event?.sealed === undefined) throw new Error(`no traits came to the queue: ${last}`);
}

export function describeEncryption({ cpu, cpuRatio }: Comparison): string {
  const range = ({ lower, median, upper }: Quartiles) =>
    `${median.toFixed(0)} (${lower.toFixed(0)}–${upper.toFixed(0)})`;
  const added = 1 / cpuRatio.median - 1;
  return [
    "Encryption of a collect request, one event of 1 kB with three personal traits",
    `  CPU µs sealed ${range(cpu.ours)}, not sealed ${range(cpu.other)}`,
    describeFigure("encryption adds", `${(added * 100).toFixed(1)} %`, "≤ 20 %", added <= MAX_ADDED),
    "",
  ].join("\n");
}
