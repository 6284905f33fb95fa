/** Who merged, split and set aside what, newest first; and undoing it, which is shown before it is done. */
import type { ChangeShown } from "../../identity/view.ts";
import { call, problemInWords } from "../api.ts";
import { button, type Child, chip, empty, fill, h } from "../dom.ts";
import { table, timeIn } from "../profile/identifiers.ts";
import { confirmChange } from "./preview.ts";
import type { Part } from "./view.ts";
import { ACTION_WORDS, endsInWords, linksInWords } from "./words.ts";

interface Page {
  changes: ChangeShown[];
  next: number | null;
}

export function changeList(): Part {
  const said = h("p", { class: "said", attrs: { role: "status" } });
  const list = h("div", {}, h("div", { class: "skeleton" }));
  const more = h("p", {});
  let shown: ChangeShown[] = [];
  let turn = 0;
  const element = h(
    "div",
    {},
    h(
      "div",
      { class: "view-head" },
      h("a", { class: "back", attrs: { href: "#/conflicts" } }, "Conflicts"),
      h("h1", { attrs: { tabindex: "-1" } }, "Changes by hand"),
      said,
    ),
    list,
    more,
  );

  /** @param before of the page before; the list begins anew without one */
  async function load(before?: number): Promise<void> {
    const own = ++turn;
    const answer = await call<Page>(
      "GET",
      `identity/changes${before === undefined ? "" : `?before=${before}`}`,
    );
    if (own !== turn) return;
    if (answer.status !== "ok")
      return fill(list, h("p", { class: "notice bad" }, problemInWords(answer) ?? "Log in again."));
    const { changes, next } = answer.body;
    shown = before === undefined ? changes : [...shown, ...changes];
    fill(
      list,
      shown.length === 0
        ? empty(
            "Nobody has changed a profile by hand",
            "Merges and splits that somebody makes are listed here, and can be undone.",
          )
        : table("Changes", ["When", "What", "Whose", "By", "Note", ""], shown.map(rowOf)),
    );
    fill(more, next !== null && button("Show more", () => void load(next)));
  }

  const rowOf = (change: ChangeShown): Child[] => [
    timeIn(change.at),
    h(
      "span",
      {},
      h("b", {}, ACTION_WORDS[change.action] ?? change.action),
      h("span", { class: "hint block" }, linksInWords(change.links)),
    ),
    endsInWords(change.links),
    change.actor,
    change.note || "–",
    change.undone_at === null
      ? button("Undo…", () => void undo(change))
      : h(
          "span",
          {},
          chip("quiet", "undone"),
          h("span", { class: "hint block" }, `by ${change.undone_by ?? ""}`),
        ),
  ];

  async function undo({ id }: ChangeShown): Promise<void> {
    const done = await confirmChange(element, {
      title: "Undo this change?",
      text: "Its links are again what they were before it, and so are the profiles, as far as nothing else has changed them.",
      proposal: { action: "undo", change: id },
      confirm: "Undo it",
      noted: false,
      act: () => call("POST", `identity/changes/${id}/undo`),
    });
    if (!done) return;
    await load();
    fill(said, "It is undone.");
    element.querySelector("h1")?.focus({ preventScroll: true });
  }

  void load();
  return { element, stop: () => void ++turn };
}
