/** What is wrong with an audit log, in plain words: for the console and for an auditor's terminal. */
import type { CheckpointProblem } from "./checkpoint.ts";
import type { ChainProblem } from "./verify.ts";

export type AuditProblem = ChainProblem | CheckpointProblem;

export function sayProblem(found: AuditProblem): string {
  const { seq } = found;
  switch (found.problem) {
    case "changed":
      return `Entry ${seq} was changed: its hash is not that of what it says.`;
    case "removed":
      return `${entries(seq, found.until)} removed: what comes before and after is there.`;
    case "reordered":
      return found.was === undefined
        ? `Entry ${seq} is not in its place: it comes after later ones.`
        : `Entry ${seq} was moved: it was written as entry ${found.was}.`;
    case "repeated":
      return `Entry ${seq} is there more than once.`;
    case "unlinked":
      return `Entry ${seq} does not follow on what is before it: entry ${seq - 1} was written anew, or this one was.`;
    case "forged_checkpoint":
      return `The checkpoint at entry ${seq} is forged or damaged: no key of this deployment signed it.`;
    case "rewritten":
      return `The checkpoint at entry ${seq} is genuine, and the log has another entry there: what follows entry ${found.after} was written anew, or the database was restored from an older copy and went on.`;
    case "cut":
      return `${entries(seq, found.until)} cut off from the end: a genuine checkpoint says that the log went on to entry ${found.until}.`;
  }
}

const entries = (from: number, until: number): string =>
  from === until ? `Entry ${from} was` : `Entries ${from} to ${until} were`;
