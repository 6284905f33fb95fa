/** Profiles: a search, and what it finds: one profile, several to choose from, or nothing, with what was looked for. */
import type { Candidates, ProfileView } from "../../profile/view.ts";
import type { Whom } from "../../profile/whom.ts";
import { type Answer, call, problemInWords } from "../api.ts";
import { button, empty, fill, h } from "../dom.ts";
import { mergeControl } from "../identity/merge.ts";
import { splitControl } from "../identity/split.ts";
import type { View } from "../shell.ts";
import { candidateList } from "./candidates.ts";
import { onOpen, takeAsked } from "./open.ts";
import { profileIn } from "./profile.ts";
import { searchForm, soughtInWords } from "./search.ts";

/** The view at `#/profiles`; its argument is the id of an event whose person is meant. */
export function profilesView(): View {
  const search = searchForm((whom) => void find(whom));
  const found = h(
    "div",
    { class: "found" },
    empty(
      "Whose profile?",
      "Look for somebody by an identifier of theirs, by the key that a trace shows, or by an event.",
      "Who looks at whom is in the audit log.",
    ),
  );
  const said = h("p", { class: "visually-hidden", attrs: { role: "status" } });
  const element = h(
    "section",
    { class: "view" },
    h("div", { class: "view-head" }, h("h1", {}, "Profiles")),
    h("div", { class: "card" }, search.element),
    said,
    found,
  );
  let turn = 0;
  let shown = "";

  /** @param back where one came from */
  async function find(whom: Whom, back?: () => void): Promise<void> {
    const own = ++turn;
    search.set(whom);
    fill(found, h("div", { class: "skeleton" }));
    const answer = await call<ProfileView | Candidates>("POST", "profiles/find", whom);
    if (own !== turn) return;
    const backward = back && h("p", {}, button("‹ Back to the list", back, "plain"));
    fill(found, backward, answered(answer, whom));
    found.querySelector<HTMLElement>("h2[tabindex]")?.focus({ preventScroll: true });
  }

  function answered(answer: Answer<ProfileView | Candidates>, whom: Whom): HTMLElement {
    if (answer.status === "problem" && answer.httpStatus === 404) {
      fill(said, "Nobody was found.");
      return empty(`Nobody is known by ${soughtInWords(whom)}`, answer.detail);
    }
    if (answer.status !== "ok") {
      fill(said);
      return h(
        "p",
        { class: "notice wait", attrs: { role: "alert" } },
        problemInWords(answer) ?? "Log in again.",
      );
    }
    const { body } = answer;
    if ("candidates" in body) {
      fill(said, "Several profiles were found: choose one.");
      return candidateList(body, soughtInWords(whom), (key) => void find({ key }, () => void find(whom)));
    }
    fill(said, "One profile was found.");
    const again = (key: string) => void find({ key });
    return profileIn(body, mergeControl(body, again), splitControl(body, again));
  }

  return {
    element,
    show(argument) {
      onOpen((whom) => {
        takeAsked();
        void find(whom);
      });
      const asked = takeAsked();
      if (asked) void find(asked);
      else if (argument && argument !== shown) void find({ event_id: argument });
      shown = argument;
    },
    hide: () => onOpen(undefined),
  };
}
