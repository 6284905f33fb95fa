/** The programs that the bench needs besides Node, and where workerd is. */
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";

/** Core of the servers, and core of whoever sends to them. */
export const SERVER_CORE = "0";
export const CLIENT_CORE = "1";

/** What is missing of the tools, as a sentence for each. */
export function missingTools(): string[] {
  return [
    ...(has("wrk", ["--version"]) ? [] : ["wrk, which sends the requests, is missing: apt-get install wrk"]),
    ...(has("taskset", ["-c", `${SERVER_CORE},${CLIENT_CORE}`, "true"])
      ? []
      : [
          "taskset cannot pin to the cores 0 and 1: apt-get install util-linux, on a machine of two cores or more",
        ]),
  ];
}

/** The native workerd that Miniflare brings along. */
export function workerdBinary(): string {
  const fromMiniflare = createRequire(createRequire(import.meta.url).resolve("miniflare"));
  // The package's only export of interest: the path of its binary for this platform.
  return (fromMiniflare("workerd") as { default: string }).default;
}

function has(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch (error) {
    // wrk exits with 1 even for --version; only a program that is not there has no status.
    return command === "wrk" && typeof (error as { status?: unknown }).status === "number";
  }
}
