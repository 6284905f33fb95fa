/**
 * `npm start`: the whole demo on this machine, with no account, no network and no question asked; `npm run dev` is the
 * same with `--watch`. Ctrl-C in a terminal reaches every process of the foreground group, and the runtime would die
 * with the queues in its memory. So the demo (local/run-demo.ts) runs in a group of its own, and this one tells it.
 *
 * package.json says `exec node … || node …`: without `exec`, a signal to npm ends the shell between npm and this process
 * instead of this process; Windows has no `exec` and takes what follows.
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** npm hands a Ctrl-C on to its script, which the terminal has told already: what comes so soon is the same one. */
const SAME_SIGNAL_MS = 500;

const demo = fork(fileURLToPath(new URL("./local/run-demo.ts", import.meta.url)), process.argv.slice(2), {
  detached: process.platform !== "win32",
  stdio: ["ignore", "inherit", "inherit", "ipc"],
});

let stoppedAt: number | undefined;
const stop = () => {
  const now = performance.now();
  if (stoppedAt !== undefined && now - stoppedAt < SAME_SIGNAL_MS) return;
  if (demo.connected) demo.send(stoppedAt === undefined ? "stop" : "stop now");
  stoppedAt ??= now;
};
process.on("SIGINT", stop);
process.on("SIGTERM", stop);
process.on("SIGHUP", stop);

demo.on("exit", (code) => process.exit(code ?? 1));
