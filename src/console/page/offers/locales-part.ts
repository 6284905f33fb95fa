/** Content in other languages: a text for each, beside the one for all. */
import { button, fill, h } from "../dom.ts";
import { field } from "../field.ts";
import type { ContentInput } from "./shapes.ts";

type Locales = NonNullable<ContentInput["locales"]>;
const LOCALE = /^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?$/;

export function localesPart(content: ContentInput, set: (locales: Locales | undefined) => void): HTMLElement {
  let locales: Locales = content.locales ?? {};
  const list = h("div", { class: "stack" });
  const problem = h("p", { class: "field-issue bad", attrs: { role: "alert" } });
  const tag = h("input", {
    class: "input",
    attrs: {
      maxlength: 12,
      placeholder: "sk",
      autocomplete: "off",
      spellcheck: "false",
      "aria-label": "Language",
    },
  });
  function write(next: Locales): void {
    locales = next;
    set(Object.keys(next).length === 0 ? undefined : next);
  }

  function draw(): void {
    fill(
      list,
      ...Object.entries(locales).map(([locale, own]) => {
        const text = h("textarea", {
          class: "input html",
          attrs: { rows: 5, maxlength: 50_000 },
          on: {
            input: () => {
              const { html: _, ...rest } = locales[locale] ?? {};
              write({ ...locales, [locale]: text.value === "" ? rest : { ...rest, html: text.value } });
            },
          },
        });
        text.value = own.html ?? "";
        return h(
          "div",
          { class: "locale" },
          field(languageOf(locale), text, "Empty: the text above is in this language."),
          button(
            "Remove",
            () => {
              const { [locale]: _, ...rest } = locales;
              write(rest);
              draw();
            },
            "plain",
            { "aria-label": `Remove ${languageOf(locale)}` },
          ),
        );
      }),
    );
  }

  function add(): void {
    const locale = tag.value.trim();
    const wrong = !LOCALE.test(locale)
      ? "A language is such as en, sk or pt-BR."
      : Object.hasOwn(locales, locale)
        ? "It is there already."
        : undefined;
    fill(problem, wrong);
    if (wrong !== undefined) return;
    tag.value = "";
    write({ ...locales, [locale]: {} });
    draw();
  }

  draw();
  return h(
    "details",
    { class: "fold", attrs: { open: content.locales !== undefined } },
    h("summary", {}, "In other languages"),
    list,
    h("div", { class: "actions" }, tag, button("Add the language", add)),
    problem,
  );
}

/** `sk: Slovak`. */
function languageOf(locale: string): string {
  try {
    return `${locale}: ${new Intl.DisplayNames("en", { type: "language" }).of(locale) ?? ""}`;
  } catch {
    return locale; // no tag of a language
  }
}
