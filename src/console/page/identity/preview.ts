/**
 * Before anything about profiles is changed: a modal dialog with what they are now and what they would be, what to beware
 * of, and the question. What is confirmed is what was shown, or the server refuses it and it is shown anew.
 */
import type { PreviewShown, ProfileShown } from "../../identity/view.ts";
import { type Answer, call, problemInWords } from "../api.ts";
import { button, type Child, fill, h } from "../dom.ts";
import { field } from "../field.ts";
import { personCard } from "./person.ts";

/** A body of `POST identity/preview`. */
export type Proposal = Readonly<Record<string, unknown>> & { action: string };

export interface Proposed {
  title: string;
  text?: string;
  proposal: Proposal;
  /** What the button says that does it. */
  confirm: string;
  /** Whether a note is asked for. */
  noted: boolean;
  /** Does it. @param proposal as it was shown at last @param seen of the preview */
  act(proposal: Proposal, seen: string, note: string): Promise<Answer<unknown>>;
}

const NOTE_HINT = "It is kept with the change: write no name or address.";

/** Whether it was done. @param place that the dialog goes with */
export function confirmChange(place: HTMLElement, proposed: Proposed): Promise<boolean> {
  const { title, text, noted } = proposed;
  let { proposal } = proposed;
  let seen = "";
  let done = false;
  const body = h("div", { class: "preview", attrs: { "aria-live": "polite" } });
  const problem = h("p", { class: "notice bad", attrs: { role: "alert", hidden: true } });
  const note = h("textarea", { class: "input", attrs: { rows: 2, maxlength: 500 } });
  const submit = h(
    "button",
    { class: "button primary", attrs: { type: "submit", disabled: true } },
    proposed.confirm,
  );
  const dialog = h("dialog", { class: "dialog wide", attrs: { "aria-labelledby": "change-title" } });

  async function load(): Promise<void> {
    submit.disabled = true;
    fill(body, h("div", { class: "skeleton" }));
    const answer = await call<PreviewShown>("POST", "identity/preview", proposal);
    if (answer.status === "ok") {
      seen = answer.body.seen;
      submit.disabled = false;
      return fill(body, ...sides(answer.body));
    }
    fill(body, h("p", { class: "notice bad" }, problemInWords(answer) ?? "Log in again."), lift(answer));
  }

  /** Where an operator kept them apart, one may say that this was wrong. */
  const lift = (answer: Answer<unknown>): Child =>
    answer.status === "problem" &&
    answer.code === "kept_apart" &&
    proposal.action === "merge" &&
    proposal.lift_apart !== true &&
    button("Take that back, and merge them", () => {
      proposal = { ...proposal, lift_apart: true };
      void load();
    });

  async function act(): Promise<void> {
    submit.disabled = true;
    const answer = await proposed.act(proposal, seen, note.value.trim());
    done = answer.status === "ok";
    if (done) return dialog.close();
    fill(problem, problemInWords(answer));
    problem.hidden = false;
    if (answer.status === "problem" && answer.code === "profiles_changed") await load();
    else submit.disabled = false;
  }

  return new Promise((resolve) => {
    fill(
      dialog,
      h(
        "form",
        {
          on: {
            submit: (event) => {
              event.preventDefault();
              void act();
            },
          },
        },
        h("h2", { attrs: { id: "change-title" } }, title),
        text !== undefined && h("p", {}, text),
        body,
        noted && field("Why", note, NOTE_HINT),
        problem,
        h(
          "div",
          { class: "dialog-foot" },
          button("Let it be", () => dialog.close()),
          submit,
        ),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(done);
    });
    place.appendChild(dialog);
    dialog.showModal();
    void load();
  });
}

const sides = ({ before, after, warnings }: PreviewShown): HTMLElement[] => [
  ...warnings.map((warning) => h("p", { class: "notice wait" }, warning)),
  h("div", { class: "sides" }, side("Now", before, true), side("After it", after, false)),
];

const side = (title: string, profiles: readonly ProfileShown[], withLink: boolean): HTMLElement =>
  h(
    "section",
    { class: "side", attrs: { "aria-label": title } },
    h("h3", {}, title, h("span", { class: "tab-count" }, profiles.length)),
    ...profiles.map((profile) => personCard(profile, withLink)),
  );
