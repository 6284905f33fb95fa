/**
 * A page of 23 kB with three slots, streamed through: ours, cookies and decisions and all, beside a Worker that hands the
 * origin's answer on as it is, beside a plain HTMLRewriter, and beside @growthbook/edge-cloudflare with three mutations.
 * The origin is a workerd of its own on the other core. Then the first byte, of an origin that thinks for a while, and the
 * memory that a page of 10 MB takes while slow readers read it.
 */
import { join } from "node:path";
import { freePort } from "../../scripts/local/ports.ts";
import { PAGE_SLOTS } from "../fixtures/large-release.ts";
import { BASELINE } from "../fixtures/page.ts";
import { type Built, bundleWorker, type Fixtures, withFixtures } from "./build.ts";
import { firstByteRatio } from "./first-byte.ts";
import { type Block, loadBlock } from "./load.ts";
import { growthWhileReading } from "./memory.ts";
import type { Rotations } from "./ratios.ts";
import { describeFigure } from "./report.ts";
import { pageRequest } from "./requests/native.ts";
import { type BenchRequest, writeRequests } from "./requests/request.ts";
import { ofEach } from "./requests/sender.ts";
import { type Quartiles, quartiles } from "./statistics.ts";
import { CLIENT_CORE } from "./tools.ts";
import type { BenchVisitor } from "./visitors.ts";
import { type Server, startWorkerd } from "./workerd.ts";

const MIN_OF_PASS_THROUGH = 0.2;
const MIN_OVER_GROWTHBOOK = 3;
const MAX_FIRST_BYTE = 1.05;
/** Of a page of 10 MB, over what passing it through takes. */
const MAX_MORE_MB = 10;

interface Given {
  folder: string;
  built: Built;
  /** With the large release. */
  fixtures: Fixtures;
  visitors: readonly BenchVisitor[];
  rotations: Rotations;
  /** Requests for the first byte, of each Worker. */
  firstBytes: number;
}

const KINDS = ["ours", "pass", "rewriter", "growthbook"] as const;
type Kind = (typeof KINDS)[number];

/** Prints. */
export async function reportPages(given: Given): Promise<void> {
  const { folder, built, visitors } = given;
  const originPort = await freePort();
  const VARS = { ...given.fixtures.VARS, ORIGIN: `http://127.0.0.1:${originPort}`, BASE_PATH: "/-" };
  const fixtures = { ...given.fixtures, VARS };
  const start = async (name: string, entry: string, port?: number) =>
    startWorkerd(
      join(folder, name),
      { "entry.js": await bundleWorker(entry, fixtures) },
      built.runtime,
      port === undefined ? {} : { port, core: CLIENT_CORE },
    );
  const origin = await start("origin", "origin.ts", originPort);
  const pass = await start("pass-through", "pass-through.ts");
  const growthbook = await start("growthbook", "growthbook.ts");
  const modules = await withFixtures(built.ours, fixtures);
  const ours = await startWorkerd(join(folder, "pages"), modules, built.runtime, { tells: true });
  const servers: Record<Kind, Server> = { ours, pass, rewriter: pass, growthbook };
  try {
    const requests = ofEach(visitors, pageRequest);
    await checkPages(servers, requests);
    const files = await filesOf(folder, requests);
    console.log(describePages(await comparePages(servers, files, given.rotations)));
    const [request] = requests;
    if (!request) return;
    const ratio = await firstByteRatio(ours, pass, requests, given.firstBytes);
    const more = {
      ours: await growthWhileReading(ours, request),
      pass: await growthWhileReading(pass, request),
    };
    console.log(describeStreaming(ratio, more));
  } finally {
    for (const server of [ours, pass, growthbook, origin]) await server.stop();
  }
}

/** The rewriter is asked by a header of its own; else all four get the same requests. */
const asked = (kind: Kind, request: BenchRequest): BenchRequest =>
  kind === "rewriter" ? { ...request, headers: { ...request.headers, "x-fill": "1" } } : request;

async function filesOf(folder: string, requests: readonly BenchRequest[]): Promise<Record<Kind, string>> {
  const plain = join(folder, "page-requests");
  const filled = join(folder, "page-requests-filled");
  await writeRequests(plain, requests);
  await writeRequests(
    filled,
    requests.map((request) => asked("rewriter", request)),
  );
  return { ours: plain, pass: plain, rewriter: filled, growthbook: plain };
}

/** Each of them gives a page with three filled slots, but for the one that is to give it as it is. */
async function checkPages(servers: Record<Kind, Server>, requests: readonly BenchRequest[]): Promise<void> {
  for (const kind of KINDS) {
    for (const request of requests.slice(0, 8)) {
      const { headers, path } = asked(kind, request);
      const { host: _, ...sent } = headers;
      const answer = await fetch(`http://127.0.0.1:${servers[kind].port}${path}`, { headers: sent });
      const text = await answer.text();
      const left = text.split(BASELINE).length - 1;
      if (answer.status !== 200 || left !== (kind === "pass" ? PAGE_SLOTS.length : 0))
        throw new Error(`${kind} answers ${answer.status} and leaves ${left} slots: ${text.slice(0, 500)}`);
    }
  }
}

type PageCost = Record<Kind, number[]>;

async function comparePages(
  servers: Record<Kind, Server>,
  files: Record<Kind, string>,
  { rotations, seconds, warmSeconds }: Rotations,
): Promise<PageCost> {
  const load = (kind: Kind, length: number): Promise<Block> => loadBlock(servers[kind], files[kind], length);
  const cost: PageCost = { ours: [], pass: [], rewriter: [], growthbook: [] };
  for (const kind of KINDS) await load(kind, warmSeconds);
  for (let rotation = 0; rotation < rotations; rotation++)
    for (const kind of KINDS) cost[kind].push((await load(kind, seconds)).cpuMicros);
  return cost;
}

const range = ({ lower, median, upper }: Quartiles, digits: number): string =>
  `${median.toFixed(digits)} (${lower.toFixed(digits)}–${upper.toFixed(digits)})`;

export function describePages(cost: PageCost): string {
  const over = (other: readonly number[], one: readonly number[]) =>
    quartiles(one.map((micros, n) => (other[n] ?? Number.NaN) / micros));
  const ours = over(cost.pass, cost.ours);
  const growthbook = over(cost.growthbook, cost.ours);
  return [
    "A page of 23 kB with three slots, 50 offers and 200 segments",
    `  CPU µs: ours ${range(quartiles(cost.ours), 0)}, pass-through ${range(quartiles(cost.pass), 0)}, HTMLRewriter alone ${range(quartiles(cost.rewriter), 0)}, GrowthBook ${range(quartiles(cost.growthbook), 0)}`,
    describeFigure(
      "of the pass-through",
      range(ours, 2),
      `≥ ${MIN_OF_PASS_THROUGH}`,
      ours.median >= MIN_OF_PASS_THROUGH,
    ),
    `  HTMLRewriter alone: ${range(over(cost.pass, cost.rewriter), 2)}`,
    describeFigure(
      "GrowthBook's CPU over ours",
      range(growthbook, 1),
      `≥ ${MIN_OVER_GROWTHBOOK}`,
      growthbook.median >= MIN_OVER_GROWTHBOOK,
    ),
  ].join("\n");
}

export function describeStreaming(firstByte: number, more: { ours: number; pass: number }): string {
  const added = more.ours - more.pass;
  return [
    describeFigure(
      "first byte over the pass-through",
      firstByte.toFixed(3),
      `≤ ${MAX_FIRST_BYTE}`,
      firstByte <= MAX_FIRST_BYTE,
    ),
    describeFigure(
      "MB more than it for 4 × 10 MB",
      `${more.ours.toFixed(1)} − ${more.pass.toFixed(1)}`,
      `≤ ${MAX_MORE_MB}`,
      added <= MAX_MORE_MB,
    ),
    "",
  ].join("\n");
}
