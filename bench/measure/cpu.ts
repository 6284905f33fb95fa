/** CPU time of a process and its descendants, from /proc: user and system, of all threads, ended ones too. */
import { readdirSync, readFileSync } from "node:fs";

/** Ticks a second in /proc/<pid>/stat: USER_HZ, 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Microseconds of CPU that the tree of processes under `root` has used so far. Resolution: 10 ms. */
export function treeCpuMicros(root: number): number {
  const processes = readdirSync("/proc").flatMap((name) =>
    /^\d+$/.test(name) ? (readStat(Number(name)) ?? []) : [],
  );
  const tree = new Set([root]);
  // A child's pid is nearly always the greater; where it is not, another round finds it.
  for (let size = 0; size !== tree.size; ) {
    size = tree.size;
    for (const { pid, parent } of processes) if (tree.has(parent)) tree.add(pid);
  }
  const ticks = processes.reduce((sum, p) => sum + (tree.has(p.pid) ? p.ticks : 0), 0);
  return (ticks * 1_000_000) / TICKS_PER_SECOND;
}

/**
 * Microseconds of CPU of one process's living threads, to the nanosecond: for a process that has just started, where
 * 10 ms would be too coarse.
 */
export function threadsCpuMicros(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, task) => {
    const [nanos] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ");
    return sum + Number(nanos) / 1000;
  }, 0);
}

function readStat(pid: number): { pid: number; parent: number; ticks: number } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined; // It has ended since the folder was listed.
  }
  // The command's name, in parentheses, may hold anything; fields are counted from behind it (proc(5): 4, 14, 15).
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { pid, parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
}
