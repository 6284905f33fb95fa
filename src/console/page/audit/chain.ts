/** Whether the audit log is whole: checked here on demand, witnessed by checkpoints, and checked elsewhere by a command. */
import type { AuditCheck } from "#privacy/audit/check";
import type { Checkpoint } from "#privacy/audit/checkpoint";
import { count } from "../../wording.ts";
import { call, problemInWords } from "../api.ts";
import { button, chip, fill, h } from "../dom.ts";
import { code, facts } from "../steps.ts";
import { timeOf } from "../time.ts";

type Checked = Pick<AuditCheck, "entries" | "checkpoints" | "problems">;

/** A checkpoint is made after so many entries at the latest, or an hour: the last one is among these. */
const LOOKED_THROUGH = 1_000;

export interface ChainCard {
  element: HTMLElement;
  /** @param newest seq of the newest entry */
  refresh(newest: number): Promise<void>;
}

export function chainCard(): ChainCard {
  const state = h(
    "div",
    { attrs: { role: "status" } },
    chip("quiet", "not checked since this page was opened"),
  );
  const witness = h("div", {});
  const check = button("Check the chain", () => void verify(), "primary");

  /** Part after part: each call checks a bounded number. */
  async function verify(): Promise<void> {
    check.disabled = true;
    let after: number | null = 0;
    const sum: Checked = { entries: 0, checkpoints: 0, problems: [] };
    while (after !== null) {
      fill(state, chip("info", "checking", `${sum.entries.toLocaleString()} entries`));
      const answer: Awaited<ReturnType<typeof part>> = await part(after);
      if (answer.status !== "ok") {
        fill(state, h("p", { class: "notice bad" }, problemInWords(answer)));
        break;
      }
      sum.entries += answer.body.entries;
      sum.checkpoints += answer.body.checkpoints;
      sum.problems.push(...answer.body.problems);
      after = answer.body.next;
      if (after === null) fill(state, ...outcome(sum));
    }
    check.disabled = false;
  }

  const part = (after: number) => call<AuditCheck>("GET", `audit/verify?after=${after}`);

  async function refresh(newest: number): Promise<void> {
    const after = Math.max(newest - LOOKED_THROUGH, 0);
    const answer = await call<{ checkpoints: Checkpoint[] }>(
      "GET",
      `audit/checkpoints?after=${after}&limit=${LOOKED_THROUGH}`,
    );
    if (answer.status === "problem") fill(witness, h("p", { class: "notice bad" }, answer.detail));
    if (answer.status === "ok") fill(witness, lastCheckpoint(answer.body.checkpoints.at(-1)));
  }

  return {
    element: h(
      "div",
      { class: "halves even" },
      h("div", { class: "card" }, h("h3", {}, "The chain"), state, h("div", { class: "card-foot" }, check)),
      h("div", { class: "card" }, h("h3", {}, "Last checkpoint"), witness, elsewhere()),
    ),
    refresh,
  };
}

function outcome({ entries, checkpoints, problems }: Checked): HTMLElement[] {
  const [first] = problems;
  const witnesses = checkpoints === 0 ? "no checkpoint yet" : count(checkpoints, "checkpoint");
  if (first) {
    return [
      h("p", { class: "notice bad" }, `Broken at entry ${first.seq}; ${witnesses} looked at.`),
      h("ul", { class: "lines" }, ...problems.map(({ says }) => h("li", {}, says))),
    ];
  }
  const whole = `Whole: ${entries.toLocaleString()} ${entries === 1 ? "entry" : "entries"}, ${witnesses}${
    checkpoints === 0 ? "" : checkpoints === 1 ? " agrees" : " agree"
  }.`;
  return [h("p", { class: "notice good" }, whole)];
}

function lastCheckpoint(last: Checkpoint | undefined): HTMLElement {
  if (!last) {
    return h(
      "p",
      { class: "hint" },
      "There is none yet: one is made each hour in which something was entered.",
    );
  }
  return h(
    "div",
    {},
    h("p", {}, "The end of the chain at that time, signed and kept outside the database, in R2."),
    facts([
      ["Entry", String(last.seq)],
      ["Made", timeOf(last.at).whole],
      ["Hash", code(last.hash)],
    ]),
  );
}

const elsewhere = (): HTMLElement =>
  h(
    "p",
    { class: "hint spaced" },
    "Whoever could change both, the database and the checkpoints, is found by who keeps copies. On another machine: ",
    h("code", {}, "npm run audit:verify"),
    ".",
  );
