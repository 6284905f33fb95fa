/** The form for a new token, and the token itself, which is shown once: the Worker keeps a hash of it alone. */
import { ROLES } from "#contracts/taxonomy";
import { permissionsOf } from "../../access/permissions.ts";
import { call, problemInWords } from "../api.ts";
import { button, fill, h } from "../dom.ts";
import { choice, field, tick } from "../field.ts";
import { PERMISSION_WORDS, roleInWords } from "../permission-words.ts";
import { capitalised } from "../steps.ts";
import { dateOf } from "../time.ts";
import type { Token } from "./words.ts";

const DAYS = [
  ["7", "7 days"],
  ["30", "30 days"],
  ["90", "90 days"],
  ["365", "A year"],
] as const;

/** @param made called when there is one more */
export function tokenForm(made: () => void): HTMLElement {
  const name = h("input", {
    class: "input",
    attrs: { required: true, maxlength: 100, autocomplete: "off" },
  });
  const meaning = h("span", {});
  const role = choice(
    ROLES.map((one) => [one, capitalised(roleInWords(one))] as const),
    { changed: () => explain() },
  );
  const days = choice(DAYS);
  days.element.value = "90";
  const sources = h("input", {
    class: "input",
    attrs: { maxlength: 1_000, autocomplete: "off", spellcheck: "false", placeholder: "all" },
  });
  const personal = tick("It shows personal data of persons, where the role may see persons");
  const result = h("div", { attrs: { role: "status" } });
  const submit = h("button", { class: "button primary", attrs: { type: "submit" } }, "Make the token");
  const form = h(
    "form",
    {
      class: "form",
      on: {
        submit: (event) => {
          event.preventDefault();
          void make();
        },
      },
    },
    h(
      "div",
      { class: "fields" },
      field("Name", name, "Who or what uses it. It stands in the audit log."),
      field("Role", role.element, meaning),
      field("Ends after", days.element, "It can be revoked before."),
      field("Sources", sources, "Ids with commas between them: events of others are not shown."),
    ),
    personal.element,
    h("div", { class: "form-foot" }, submit),
  );
  const details = h("details", { class: "card new-token" }, h("summary", {}, "New token"), form);

  function explain(): void {
    const words = permissionsOf(role.value()).map((permission) => PERMISSION_WORDS[permission]);
    fill(meaning, `May ${words.join("; ")}.`);
  }

  async function make(): Promise<void> {
    submit.disabled = true;
    fill(result);
    const only = sources.value.split(/[\s,]+/).filter(Boolean);
    const answer = await call<Token & { token: string }>("POST", "access/tokens", {
      name: name.value.trim(),
      role: role.value(),
      personal: personal.box.checked,
      ...(only.length > 0 && { sources: only }),
      expires_in_days: Number(days.value()),
    });
    submit.disabled = false;
    if (answer.status !== "ok") return fill(result, h("p", { class: "notice bad" }, problemInWords(answer)));
    name.value = "";
    details.open = false;
    fill(
      result,
      shownOnce(answer.body, () => fill(result)),
    );
    made();
  }

  explain();
  return h("div", { class: "stack token-place" }, details, result);
}

/** @param done called when it has been copied, or is not wanted */
function shownOnce({ token, name, expires_at }: Token & { token: string }, done: () => void): HTMLElement {
  const text = h("input", {
    class: "input token",
    attrs: { readonly: true, "aria-label": "The token", spellcheck: "false" },
    on: { focus: () => text.select() },
  });
  text.value = token;
  const copied = h("span", { class: "hint", attrs: { role: "status" } });

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(token);
      fill(copied, "It is in the clipboard.");
    } catch {
      // Not every page may write there: then it is selected, to be copied by hand.
      text.focus();
      fill(copied, "The browser does not let the page copy it: it is selected.");
    }
  }

  return h(
    "div",
    { class: "card once" },
    h("h3", {}, `The token “${name}”`),
    h(
      "p",
      {},
      `Copy it now and hand it on safely: it is not shown again, since only a hash of it is kept. It ends on ${dateOf(expires_at)}.`,
    ),
    h(
      "div",
      { class: "inline" },
      text,
      button("Copy", () => void copy(), "primary"),
      button("Done", done),
    ),
    copied,
  );
}
