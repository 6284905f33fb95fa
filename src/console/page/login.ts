/** The log-in form: a token, which the first request then proves right or wrong; or Cloudflare Access, where it stands before the Worker. */
import { button, h } from "./dom.ts";
import { wordmark } from "./shell.ts";

/**
 * @param message why the form is shown, if not for the first time
 * @param access come in as whom Cloudflare Access names; undefined where it does not stand before the Worker
 */
export function loginForm(
  message: string | undefined,
  submit: (token: string) => void,
  access?: () => void,
): HTMLElement {
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
    access && button("Come in through Cloudflare Access", access, "wide"),
    h(
      "p",
      { class: "hint", attrs: { id: "token-hint" } },
      "One that an admin made for you under Access, or the Worker's ",
      h("code", {}, "ADMIN_TOKEN"),
      ". It stays in this tab and is forgotten when the tab closes.",
    ),
  );
}
