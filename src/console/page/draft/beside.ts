/**
 * A form and its JSON beside each other: what one writes in either shows in the other. JSON that is none, or that the form
 * cannot show, is said and stays as it is written.
 */
import { button, fill, h } from "../dom.ts";
import { parseJson } from "../issues-notice.ts";

export interface Beside {
  element: HTMLElement;
  /** What is written now; undefined while the JSON is none. */
  value(): unknown;
}

/**
 * @param first the definition as it is
 * @param form makes the form of a value, and calls `changed` with the whole new value; undefined: it cannot show this
 * @param told called with every new value
 */
export function besideJson(
  first: unknown,
  form: (value: unknown, changed: (next: unknown) => void) => HTMLElement | undefined,
  told: (value: unknown) => void = () => {},
): Beside {
  let value: unknown = first;
  let isBroken = false;
  const place = h("div", { class: "beside-form" });
  const problem = h("p", { class: "notice bad", attrs: { role: "alert", hidden: true } });
  const text = h("textarea", {
    class: "editor",
    attrs: { spellcheck: "false", "aria-label": "The same as JSON", wrap: "off" },
    on: { input: () => fromText() },
  });
  const panel = h("div", { class: "beside-json" }, text, problem);
  const toggle = button("JSON", () => open(panel.hidden !== false), "plain", { "aria-expanded": "false" });

  function open(isOpen: boolean): void {
    panel.hidden = !isOpen;
    toggle.setAttribute("aria-expanded", String(isOpen));
  }
  const write = () => {
    text.value = JSON.stringify(value, null, 2);
  };

  function drawForm(): void {
    const made = form(value, (next) => {
      value = next;
      isBroken = false;
      problem.hidden = true;
      write();
      told(value);
    });
    fill(
      place,
      made ?? h("p", { class: "hint" }, "The form cannot show what is written here; it is edited as JSON."),
    );
    if (!made) open(true);
  }

  function fromText(): void {
    const parsed = parseJson(text.value);
    isBroken = "problem" in parsed;
    problem.hidden = !isBroken;
    if ("problem" in parsed) {
      fill(problem, parsed.problem);
      return;
    }
    value = parsed.value;
    drawForm();
    told(value);
  }

  write();
  open(false);
  drawForm();
  return {
    element: h("div", { class: "beside" }, h("div", { class: "beside-head" }, toggle), place, panel),
    value: () => (isBroken ? undefined : value),
  };
}
