/** What an auditor reads in the terminal. */
import { createHash } from "node:crypto";
import type { PublicJwk } from "../../src/privacy/audit/signer.ts";
import type { Finding } from "./check.ts";
import type { Evidence } from "./evidence.ts";

const MAX_PROBLEMS = 50;

/** The report, and what is not known although nothing is wrong. */
export function report(finding: Finding, { from, checkpoints }: Evidence): string[] {
  const { entries, head, headAt, problems, restored, unwitnessed, keys } = finding;
  const lines = [
    `${from}: ${count(entries, "entry", "entries")}, ${count(checkpoints.length, "checkpoint")}.`,
  ];
  if (problems.length === 0)
    lines.push(
      "Whole: no entry was changed, removed, reordered or repeated, and every checkpoint is genuine and holds.",
    );
  else {
    lines.push(`BROKEN: ${count(problems.length, "problem")}.`);
    lines.push(...problems.slice(0, MAX_PROBLEMS).map((problem) => `- ${problem}`));
    if (problems.length > MAX_PROBLEMS) lines.push(`- … and ${problems.length - MAX_PROBLEMS} more.`);
  }
  for (const { seq, at, actor, detail } of restored)
    lines.push(
      `Entry ${seq} says that the database was restored (${time(at)}, ${oneLine(actor.name)}): ${oneLine(String(detail.reason))}`,
    );
  if (unwitnessed > 0)
    lines.push(
      `No checkpoint vouches for the last ${count(unwitnessed, "entry", "entries")}: if more were cut off after them, that would not be seen.`,
    );
  if (entries > 0) lines.push(`It ends with entry ${head.seq} of ${time(headAt)}, hash ${head.hash}.`);
  lines.push(...keys.map((jwk) => `Key of version ${oneLine(jwk.kid)}: ${thumbprint(jwk)}`));
  return lines;
}

/** RFC 7638: what a key is recognised by. */
function thumbprint({ crv, kty, x }: PublicJwk): string {
  return `SHA-256 ${createHash("sha256").update(JSON.stringify({ crv, kty, x })).digest("base64url")}`;
}

function count(many: number, one: string, several = `${one}s`): string {
  return `${many} ${many === 1 ? one : several}`;
}

const time = (at: number | undefined): string =>
  at !== undefined && Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : "an unknown time";

/** A log may be forged: nothing of it steers the terminal. */
const oneLine = (text: string): string => text.replace(/\p{Cc}/gu, "\ufffd").slice(0, 200);
