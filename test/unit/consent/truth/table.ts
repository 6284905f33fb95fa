/**
 * Reads the truth table of consent, test/vectors/consent-truth.tsv: `##` and a rule, then its rows. Columns: place,
 * signals, and for analytics, marketing and personalization `+` or `-` with the ground. The tests run it, and
 * scripts/docs/consent-table.ts renders it.
 *
 * A signal is `kind=says`, with what else is known of it:
 *
 * | notation | meaning |
 * |---|---|
 * | `cookie=all+`, `cookie=a+`, `cookie=none` | the visitor's own decision; what it does not grant it denies |
 * | `tcf=all-`, `gpp.usca=m-`, `banner.onetrust=a+m-`, `consent_mode=a+`, `event=p-` | another signal; what is left out it does not speak of |
 * | `gpc` | the browser sends Global Privacy Control |
 * | `@9d`, `@3h`, `@4m` | decided so long ago; `@-2d` by a clock that is two days ahead; `@?` not known |
 * | `~5d` | has lapsed five days ago; `~-5d` lapses in five days |
 * | `/us` | of our own decision: made under that regime; `gdpr` otherwise |
 * | `!malformed` | no valid signal, and why; of our own decision, `!gpc`: marketing was granted while GPC was on |
 */
import { readFileSync } from "node:fs";
import { type Policy, policySchema } from "#contracts/definitions/policy";
import { PURPOSES, type Purpose } from "#contracts/taxonomy";

export type Answer = { granted: boolean; ground: string };

export interface TruthRow {
  rule: string;
  /** `SK`, `US-CA`; `?` where it is not known. */
  place: string;
  /** As written, separated by spaces; `none`. */
  signals: string;
  expected: Record<Purpose, Answer>;
}

const FILE = new URL("../../../vectors/consent-truth.tsv", import.meta.url);
const POLICY_FILE = new URL("../../../vectors/consent-truth.policy.json", import.meta.url);

/** The policy that the table is written for. */
export const truthPolicy = (): Policy => policySchema.parse(JSON.parse(readFileSync(POLICY_FILE, "utf8")));

/** All rows, in the order of the file. @throws Error for a line that is no row */
export function truthRows(): TruthRow[] {
  let rule = "";
  return readFileSync(FILE, "utf8")
    .split("\n")
    .flatMap((line, n): TruthRow[] => {
      if (line.startsWith("## ")) rule = line.slice(3);
      if (line === "" || line.startsWith("#")) return [];
      const [place, signals, ...answers] = line.split("\t");
      if (!place || !signals || answers.length !== PURPOSES.length || rule === "")
        throw new Error(`line ${n + 1} is no row of the truth table`);
      return [{ rule, place, signals, expected: expectedOf(answers, n + 1) }];
    });
}

function expectedOf(answers: readonly string[], line: number): Record<Purpose, Answer> {
  const [analytics, marketing, personalization] = answers.map((text): Answer => {
    if (!/^[+-]\S+$/.test(text)) throw new Error(`line ${line}: "${text}" is no answer`);
    return { granted: text.startsWith("+"), ground: text.slice(1) };
  });
  if (!analytics || !marketing || !personalization) throw new Error(`line ${line} lacks an answer`);
  return { analytics, marketing, personalization };
}
