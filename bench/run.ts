/**
 * `npm run bench`: our built Worker beside the least that a Hono Worker does and beside walkerOS, each in a plain workerd
 * of its own with bindings that answer at once; then latency, sizes and start-up, and the simulated whole. About seventeen
 * minutes; `npm run bench -- --quick`, six. `npm run bench -- --only protocols` runs one part, `--only core,walker` two:
 * conditions, core, floor, decisions, pages, walker, protocols, consent, encryption, latency, shapes, sizes, identity, delivery,
 * whole.
 * Only this machine is spoken to. Needs two cores, wrk and taskset.
 * What is measured, and how to read it: docs/bench.md.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { releaseSchema } from "../contracts/definitions/release.ts";
import { type Plan, planOf } from "./measure/arguments.ts";
import { type Built, buildWorkers, type Fixtures, withFixtures } from "./measure/build.ts";
import { checkOther, checkOurs } from "./measure/check.ts";
import { reportConditions } from "./measure/conditions.ts";
import { reportConsent } from "./measure/consent.ts";
import { reportDecisions } from "./measure/decisions.ts";
import { reportDelivery } from "./measure/delivery.ts";
import { reportEncryption } from "./measure/encryption.ts";
import { reportFloor } from "./measure/floor.ts";
import { reportIdentity } from "./measure/identity.ts";
import { compareLatency, RATE_PER_SECOND } from "./measure/latency.ts";
import { reportPages } from "./measure/pages.ts";
import { type ComparedPair, PAIRS } from "./measure/pairs.ts";
import { compareLoad, type Rotations } from "./measure/ratios.ts";
import { describeComparison, describeLatency } from "./measure/report.ts";
import { eventRequest } from "./measure/requests/native.ts";
import { writeRequests } from "./measure/requests/request.ts";
import { ofEach, REQUESTS_PER_VISITOR } from "./measure/requests/sender.ts";
import { reportShapes } from "./measure/shapes.ts";
import { reportSizes } from "./measure/sizes.ts";
import { missingTools } from "./measure/tools.ts";
import { type BenchVisitor, benchFixtures, benchVisitors, WRITE_KEY } from "./measure/visitors.ts";
import { reportWhole } from "./measure/whole.ts";
import { type Modules, type Server, startWorkerd } from "./measure/workerd.ts";

/** What the measurements of one run share. */
interface Run {
  folder: string;
  now: number;
  visitors: readonly BenchVisitor[];
  /** `large`: ours, with a release of 50 offers and 200 segments. */
  servers: { ours: Server; large: Server; bare: Server; walkerOS: Server };
}

async function main(): Promise<void> {
  const plan = planOf(process.argv.slice(2));
  const missing = missingTools();
  if (missing.length > 0) throw new Error(missing.join("\n"));
  const folder = await mkdtemp(join(tmpdir(), "doorstep-bench-"));
  try {
    await measure(folder, plan);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(folder: string, plan: Plan): Promise<void> {
  const now = Date.now();
  if (plan.parts.has("conditions")) await reportConditions(folder, plan.conditions);
  if (plan.parts.size === 1 && plan.parts.has("conditions")) return;
  const fixtures = await benchFixtures(now);
  const built = await buildWorkers(folder, fixtures);
  console.log(
    "Medians (and quartiles) of blocks that take turns; servers on core 0, wrk on core 1, 16 connections;\n" +
      `${REQUESTS_PER_VISITOR} requests of each visitor in a row, of more visitors than an isolate remembers.\n`,
  );
  const { parts } = plan;
  const underLoad = [
    "core",
    "floor",
    "decisions",
    "pages",
    "walker",
    "protocols",
    "consent",
    "encryption",
    "latency",
  ] as const;
  if (underLoad.some((part) => parts.has(part))) await measureUnderLoad(folder, built, fixtures, now, plan);
  if (parts.has("shapes")) {
    const [large, visitors] = await Promise.all([benchFixtures(now, "large"), benchVisitors(now)]);
    await reportShapes({ folder, built, fixtures: large, visitors, now, ...plan.shapes });
  }
  if (parts.has("sizes")) await reportSizes(folder, built, now, plan.starts);
  if (parts.has("identity")) await reportIdentity(plan.identityBatches);
  if (parts.has("delivery"))
    await reportDelivery(join(folder, "delivery"), fixtures.VARS.MASTER_SECRET ?? "", plan.delivery);
  if (parts.has("whole"))
    await reportWhole(folder, fixtures.VARS.MASTER_SECRET ?? "", WRITE_KEY, plan.wholeSeconds);
}

async function measureUnderLoad(
  folder: string,
  built: Built,
  fixtures: Fixtures,
  now: number,
  plan: Plan,
): Promise<void> {
  const visitors = await benchVisitors(now);
  const large = await benchFixtures(now, "large");
  const start = (name: string, modules: Modules, tells: boolean) =>
    startWorkerd(join(folder, name), modules, built.runtime, { tells });
  const servers = {
    ours: await start("ours", built.ours, true),
    large: await start("large", await withFixtures(built.ours, large), true),
    bare: await start("bare", built.bare, false),
    walkerOS: await start("walker", built.walker, true),
  };
  const run: Run = { folder, now, visitors, servers };
  try {
    // Before nine protocols have made the engine throw away and make anew what it compiled for one.
    if (plan.parts.has("latency")) await reportLatency(run, plan);
    for (const part of ["core", "walker", "protocols"] as const) {
      if (!plan.parts.has(part)) continue;
      for (const pair of PAIRS[part]) await comparePair(run, pair, plan[part]);
    }
    if (plan.parts.has("floor"))
      await reportFloor(servers.bare, { ...run, fixtures, runtime: built.runtime, rotations: plan.floor });
    if (plan.parts.has("decisions"))
      await reportDecisions(servers.large, { folder, visitors, rotations: plan.decisions });
    if (plan.parts.has("pages")) {
      const { firstBytes, ...rotations } = plan.pages;
      await reportPages({ folder, built, fixtures: large, visitors, rotations, firstBytes });
    }
    if (plan.parts.has("consent")) {
      const { policy } = releaseSchema.parse(JSON.parse(fixtures.RELEASE));
      await reportConsent(servers.ours, { folder, now, visitors, policy, rotations: plan.consent });
    }
    if (plan.parts.has("encryption")) {
      const { runtime } = built;
      const given = { folder, fixtures, runtime, now, visitors, rotations: plan.encryption };
      await reportEncryption(servers.ours, given);
    }
  } finally {
    for (const server of Object.values(servers)) await server.stop();
  }
}

async function comparePair(
  { folder, now, visitors, servers }: Run,
  { name, target, other, make, isLarge }: ComparedPair,
  rotations: Rotations,
): Promise<void> {
  const requests = ofEach(visitors, (visitor) => make(visitor, now));
  const pair = { ours: isLarge ? servers.large : servers.ours, other: servers[other] };
  await checkOurs(pair.ours, requests);
  await checkOther(pair.other, requests);
  const file = join(folder, "requests");
  await writeRequests(file, requests);
  const collects = requests.every(({ events }) => events.length > 0);
  console.log(describeComparison(name, target, other, await compareLoad(pair, file, rotations, collects)));
}

async function reportLatency({ folder, now, visitors, servers }: Run, plan: Plan): Promise<void> {
  const requests = ofEach(visitors, (visitor) => eventRequest(visitor, 1, now));
  const pair = { ours: servers.ours, other: servers.bare };
  const latency = await compareLatency(pair, requests, {
    file: join(folder, "latency.json"),
    ...plan.latency,
  });
  console.log(describeLatency(`POST /events, one event, at ${RATE_PER_SECOND} requests/s`, latency));
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
