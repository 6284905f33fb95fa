/**
 * Hosts the demo site and the vendor sandbox on one port. `npm start` and the browser tests call
 * `startDemo`; run directly, it listens on SANDBOX_PORT (8788) and keeps articles in DOORSTEP_STATE/demo.
 * It is a demo: nothing here is authenticated, so it listens on the loopback address unless told otherwise.
 */
import { createServer } from "node:http";
import { join } from "node:path";
import { json, readBody, send, toDemoRequest } from "./http.ts";
import { createSandbox } from "./sandbox/sandbox.ts";
import { createSite } from "./site/site.ts";

/** `port` 0 takes any free port. `stateDir` keeps published articles across restarts. */
export type DemoOptions = { port: number; stateDir?: string; host?: string };

/** A running demo. `close` ends open, held and idle connections at once. */
export type Demo = { url: string; close(): Promise<void> };

/**
 * Starts site and sandbox.
 * @throws when the port is taken (`EADDRINUSE`) or the state folder cannot be written.
 */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const site = await createSite(options.stateDir === undefined ? {} : { stateDir: options.stateDir });
  const sandbox = createSandbox({ now: () => Date.now() });

  const server = createServer(async (message, response) => {
    try {
      const read = await readBody(message);
      if (read.status === "aborted") return;
      if (read.status === "too_large") {
        return send(response, json(413, { error: "the body is larger than 5 MB" }), message.method ?? "POST");
      }
      const request = toDemoRequest(message, read.body);
      if (sandbox.owns(request.path)) return await sandbox.handle(request, message, response);
      send(response, await site(request), request.method);
    } catch (error) {
      console.error("demo:", error);
      send(response, json(500, { error: "the demo failed; see its log" }), message.method ?? "GET");
    }
  });
  server.keepAliveTimeout = 30_000;

  const host = options.host ?? "127.0.0.1";
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;

  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function main(): Promise<void> {
  const port = Number(process.env.SANDBOX_PORT ?? 8788);
  const state = process.env.DOORSTEP_STATE;
  try {
    const demo = await startDemo({ port, ...(state ? { stateDir: join(state, "demo") } : {}) });
    console.log(`Demo site        ${demo.url}/`);
    console.log(`Vendor sandbox   ${demo.url}/_sandbox`);
    const stop = () => void demo.close().then(() => process.exit(0));
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
  } catch (error) {
    const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    console.error(taken ? `Port ${port} is taken. Set SANDBOX_PORT to a free one.` : error);
    process.exitCode = 1;
  }
}

if (import.meta.main) await main();
