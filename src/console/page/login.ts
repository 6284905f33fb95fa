/** The log-in form: the console's token, which the first request then proves right or wrong. */
import { h } from "./dom.ts";
import { wordmark } from "./shell.ts";

/** @param message why the form is shown, if not for the first time */
export function loginForm(message: string | undefined, submit: (token: string) => void): HTMLElement {
  const field = h("input", {
    class: "input",
    attrs: {
      id: "token",
      name: "token",
      type: "password",
      autocomplete: "current-password",
      spellcheck: "false",
      autocapitalize: "off",
      required: true,
      "aria-describedby": message ? "token-error token-hint" : "token-hint",
      "aria-invalid": message ? "true" : undefined,
    },
  });
  queueMicrotask(() => field.focus());
  return h(
    "form",
    {
      class: "login-card",
      on: {
        submit: (event) => {
          event.preventDefault();
          const given = field.value.trim();
          if (given) submit(given);
        },
      },
    },
    wordmark(),
    h("h1", {}, "Log in to the console"),
    message !== undefined &&
      h("p", { class: "notice bad", attrs: { id: "token-error", role: "alert" } }, message),
    h("label", { attrs: { for: "token" } }, "Console token"),
    field,
    h("button", { class: "button primary wide", attrs: { type: "submit" } }, "Log in"),
    h(
      "p",
      { class: "hint", attrs: { id: "token-hint" } },
      "The token is the Worker's ",
      h("code", {}, "ADMIN_TOKEN"),
      ". It stays in this tab and is forgotten when the tab closes.",
    ),
  );
}
