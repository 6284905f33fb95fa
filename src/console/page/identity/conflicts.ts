/** The queue of conflicts: what contradicts what, both sides, and the answers. Each is shown before it is done. */
import type { Settlement } from "#identity/changes/queue";
import type { ConflictShown } from "../../identity/view.ts";
import { count } from "../../wording.ts";
import { call, problemInWords } from "../api.ts";
import { ask } from "../ask.ts";
import { append, button, chip, empty, fill, h } from "../dom.ts";
import { choice } from "../field.ts";
import { keyLabel } from "../profile/key.ts";
import { timeOf } from "../time.ts";
import { personCard } from "./person.ts";
import { confirmChange } from "./preview.ts";
import type { Part } from "./view.ts";
import { SETTLE_TITLES, settlementInWords } from "./words.ts";

interface Page {
  conflicts: ConflictShown[];
  /** Open ones by reason. */
  reasons: Record<string, number>;
  next: string | null;
}

export function conflictList(): Part {
  const said = h("p", { class: "said", attrs: { role: "status" } });
  const reasons = choice<string>([["", "Any reason"]], { name: "Reason", changed: () => void load() });
  const list = h("div", { class: "conflicts" });
  const more = h("p", {});
  const element = h(
    "div",
    {},
    h(
      "div",
      { class: "view-head" },
      h("h1", { attrs: { tabindex: "-1" } }, "Conflicts"),
      said,
      h("span", { class: "grow" }),
      h("a", { class: "button", attrs: { href: "#/conflicts/changes" } }, "Changes by hand"),
    ),
    h(
      "p",
      { class: "hint" },
      "Evidence that would make one person of two joins nothing until somebody says what is true. Nothing here is urgent: until then they stay apart.",
    ),
    h("div", { class: "toolbar" }, h("div", { class: "filters" }, reasons.element)),
    list,
    more,
  );
  let turn = 0;

  /** @param cursor of the page before; the list begins anew without one */
  async function load(cursor?: string): Promise<void> {
    const own = ++turn;
    if (cursor === undefined) fill(list, h("div", { class: "skeleton" }));
    const asked = new URLSearchParams({
      ...(reasons.value() && { reason: reasons.value() }),
      ...(cursor !== undefined && { cursor }),
    });
    const answer = await call<Page>("GET", `identity/conflicts?${asked}`);
    if (own !== turn) return;
    fill(more);
    if (answer.status !== "ok")
      return fill(list, h("p", { class: "notice bad" }, problemInWords(answer) ?? "Log in again."));
    const { conflicts, next } = answer.body;
    offer(answer.body.reasons);
    if (cursor === undefined) fill(list);
    append(list, conflicts.map(card));
    if (list.childElementCount === 0 && next === null)
      fill(
        list,
        empty(
          "No conflict waits",
          "Where proof contradicts proof, or a match rule proposes that two are one, it is listed here.",
        ),
      );
    if (next !== null)
      fill(
        more,
        button("Show more", () => void load(next)),
      );
  }

  function offer(open: Record<string, number>): void {
    const chosen = reasons.value();
    const names = [...new Set([...Object.keys(open), ...(chosen ? [chosen] : [])])].sort();
    fill(
      reasons.element,
      h("option", { attrs: { value: "" } }, "Any reason"),
      ...names.map((name) =>
        h("option", { attrs: { value: name } }, `${name.replaceAll("_", " ")} (${open[name] ?? 0})`),
      ),
    );
    reasons.element.value = chosen;
  }

  function card(conflict: ConflictShown): HTMLElement {
    const { a, b, reason, explained, at, choices, profiles } = conflict;
    const time = timeOf(at);
    return h(
      "section",
      { class: "card conflict", attrs: { "aria-label": explained } },
      h(
        "div",
        { class: "card-head" },
        h("h2", {}, explained),
        chip(reason === "proposal" ? "info" : "wait", reason.replaceAll("_", " ")),
      ),
      h(
        "p",
        { class: "between" },
        "Between ",
        keyLabel(a),
        " and ",
        keyLabel(b),
        ", since ",
        h("time", { attrs: { datetime: time.iso, title: time.whole } }, time.shown),
      ),
      h("div", { class: "sides" }, ...profiles.map((profile) => personCard(profile, true))),
      h(
        "div",
        { class: "actions spaced" },
        ...choices.map((as) => button(settlementInWords(as, reason), () => void settle(conflict, as))),
      ),
    );
  }

  async function settle(conflict: ConflictShown, as: Settlement): Promise<void> {
    const { a, b, kind, explained } = conflict;
    const isSettled =
      as === "keep"
        ? await keep(conflict)
        : await confirmChange(element, {
            title: SETTLE_TITLES[as],
            text: explained,
            proposal: { action: "settle", a, b, kind, as },
            confirm: "Yes, settle it",
            noted: true,
            act: (_proposal, seen, note) =>
              call("POST", "identity/conflicts/settle", { a, b, kind, as, seen, note }),
          });
    if (!isSettled) return;
    await load();
    const left = list.querySelectorAll(".conflict").length;
    fill(
      said,
      left === 0 ? "It is settled, and none is left." : `It is settled. ${count(left, "conflict")} shown.`,
    );
    element.querySelector("h1")?.focus({ preventScroll: true });
  }

  async function keep({ a, b, kind, explained }: ConflictShown): Promise<boolean> {
    const note = await ask(element, {
      title: "Leave it as it is?",
      text: `${explained} It joins nothing, as now, and is not listed any more.`,
      confirm: "Leave it",
    });
    if (note === undefined) return false;
    const answer = await call("POST", "identity/conflicts/settle", { a, b, kind, as: "keep", note });
    if (answer.status !== "ok") fill(said, problemInWords(answer));
    return answer.status === "ok";
  }

  void load();
  return { element, stop: () => void ++turn };
}
