/** The first byte of a page, of two Workers whose requests take turns, behind an origin that thinks as a CMS does. */
import { request as ask } from "node:http";
import type { BenchRequest } from "./requests/request.ts";
import { quantile } from "./statistics.ts";
import type { Server } from "./workerd.ts";

/** As long as a quick CMS takes for a page. */
const ORIGIN_MS = 50;
/** Of each Worker, that do not count. */
const WARM_UP = 10;

/** Ours over the other's, of the medians. */
export async function firstByteRatio(
  ours: Server,
  other: Server,
  requests: readonly BenchRequest[],
  count: number,
): Promise<number> {
  const taken: [ours: number[], other: number[]] = [[], []];
  for (let n = -WARM_UP; n < count; n++) {
    const request = requests[(n + WARM_UP) % requests.length];
    if (!request) throw new Error("there is nothing to ask for");
    for (const [which, server] of [ours, other].entries()) {
      const ms = await firstByteMs(server, request);
      if (n >= 0) taken[which]?.push(ms);
    }
  }
  return quantile(taken[0], 0.5) / quantile(taken[1], 0.5);
}

function firstByteMs({ port }: Server, { path, headers }: BenchRequest): Promise<number> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    let ms: number | undefined;
    const options = { host: "127.0.0.1", port, path: `${path}?wait=${ORIGIN_MS}`, headers };
    const outgoing = ask(options, (answer) => {
      answer.on("data", () => {
        ms ??= performance.now() - started;
      });
      answer.on("end", () => resolve(ms ?? Number.NaN));
      answer.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}
