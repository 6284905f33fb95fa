/**
 * Runs the demo until it is told to stop: ports, start, what to open, reload on change, and an orderly end. Started by
 * scripts/start.ts, which passes signals on as messages.
 */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { startDemo } from "../../demo/server.ts";
import { type Local, startLocal } from "../local.ts";
import { DEMO_ADMIN_TOKEN, demoVars, masterSecretOf, publishDemoRelease, waitUntilReady } from "./demo.ts";
import { checkPort } from "./ports.ts";
import { describeLeft } from "./queue-ledger.ts";
import { roleTokens } from "./role-tokens.ts";
import { watchSources } from "./watch.ts";

/** Starts everything and returns. Ends the process with 1 and one line when it cannot. */
async function runDemo({ root, watch }: { root: string; watch: boolean }): Promise<void> {
  const port = await checkPort("PORT", 8787);
  const sandboxPort = await checkPort("SANDBOX_PORT", 8788);
  if (port === sandboxPort) fail(`PORT and SANDBOX_PORT are both ${port}: set one of them to another port.`);
  const stateDir = resolve(root, process.env.DOORSTEP_STATE || ".doorstep");
  const address = `http://localhost:${port}`;

  let stopping = false;
  let end = (): Promise<void> | void => process.exit(0);
  const stop = () => {
    if (!stopping) void end();
    stopping = true;
  };
  process.on("message", (message) => (message === "stop now" ? process.exit(130) : stop()));
  process.on("disconnect", stop); // the process that started this one is gone

  let local: Local;
  let demo: Awaited<ReturnType<typeof startDemo>>;
  let tokens: Awaited<ReturnType<typeof roleTokens>>;
  try {
    console.log("Starting Doorstep …");
    demo = await startDemo({ port: sandboxPort, stateDir: join(stateDir, "demo") });
    const sandboxUrl = `http://localhost:${sandboxPort}`;
    const origins = [address, `http://127.0.0.1:${port}`];
    const vars = demoVars(await masterSecretOf(stateDir), origins);
    local = await startLocal({ port, stateDir, sandboxUrl, vars });
    await waitUntilReady(local.url);
    await publishDemoRelease(local.url, sandboxUrl);
    tokens = await roleTokens(local.url, DEMO_ADMIN_TOKEN);
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
  end = () => finish(local, demo);

  console.log(`
  Open this        ${address}/
  Console          ${address}/admin#token=${DEMO_ADMIN_TOKEN}
  Vendor sandbox   http://localhost:${sandboxPort}/_sandbox

  The console as somebody with less to do, for a day:
${Object.entries(tokens)
  .filter(([role]) => role !== "admin")
  .map(([role, token]) => `  ${role.padEnd(16)} ${address}/admin#token=${token}`)
  .join("\n")}

  State is kept in ${stateDir}
  \`npm run demo:traffic\` in another terminal plays some visitors. Ctrl-C stops.
`);
  if (watch) watchSources(root, () => reload(local));
}

/** Closes the door, lets the queues finish, stops. Exits 0, and says what was lost if something was. */
async function finish(local: Local, demo: { close(): Promise<void> }): Promise<void> {
  console.log("\nStopping: no new requests; letting the queues finish (Ctrl-C again stops at once).");
  await local.closeDoor();
  const { drained, left } = await local.drain({
    onProgress: (now) => console.log(`  ${now.map(describeLeft).join("; ")}`),
  });
  if (!drained) console.log(`  Given up after 30 s; lost: ${left.map(describeLeft).join("; ")}`);
  await local.close();
  await demo.close();
  console.log("Stopped.");
  process.exit(0);
}

async function reload(local: Local): Promise<void> {
  const startedAt = performance.now();
  try {
    await local.drain({ timeoutMs: 5_000 });
    await local.reload();
    console.log(`Reloaded in ${Math.round(performance.now() - startedAt)} ms.`);
  } catch (error) {
    // The old Worker goes on until the source compiles again.
    console.error(error instanceof Error ? error.message : error);
  }
}

function fail(line: string): never {
  console.error(line);
  process.exit(1);
}

if (import.meta.main) {
  await runDemo({
    root: fileURLToPath(new URL("../..", import.meta.url)),
    watch: process.argv.includes("--watch"),
  });
}
