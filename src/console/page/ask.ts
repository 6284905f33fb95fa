/**
 * Asks before something that cannot be taken back, and for its reason: a modal dialog, which Escape closes and which gives
 * the focus back to what opened it.
 */
import { button, type Child, h } from "./dom.ts";
import { field } from "./field.ts";

export interface Question {
  title: string;
  text: Child;
  /** What the button that does it says. */
  confirm: string;
  /** It destroys something. */
  danger?: boolean;
  /** What is to be written; nothing, where undefined. */
  reason?: { label: string; hint?: string; required: boolean; maxLength?: number };
}

/** The reason, which is empty where none is asked for; undefined if they let it be. @param place that the dialog goes with */
export function ask(place: HTMLElement, question: Question): Promise<string | undefined> {
  const { title, text, confirm, danger = false, reason } = question;
  const input = h("textarea", {
    class: "input",
    attrs: { rows: 3, maxlength: reason?.maxLength ?? 500, required: reason?.required === true },
  });
  return new Promise((resolve) => {
    let answer: string | undefined;
    const dialog = h(
      "dialog",
      {
        class: "dialog",
        attrs: { "aria-labelledby": "dialog-title", "aria-describedby": "dialog-text" },
        on: {
          close: () => {
            dialog.remove();
            resolve(answer);
          },
        },
      },
      h(
        "form",
        {
          on: {
            submit: (event) => {
              event.preventDefault();
              answer = reason ? input.value.trim() : "";
              if (answer !== "" || !reason?.required) dialog.close();
            },
          },
        },
        h("h2", { attrs: { id: "dialog-title" } }, title),
        h("p", { attrs: { id: "dialog-text" } }, text),
        reason && field(reason.label, input, reason.hint),
        h(
          "div",
          { class: "dialog-foot" },
          button("Let it be", () => dialog.close()),
          h(
            "button",
            { class: `button ${danger ? "danger" : "primary"}`, attrs: { type: "submit" } },
            confirm,
          ),
        ),
      ),
    );
    place.appendChild(dialog);
    dialog.showModal();
  });
}
