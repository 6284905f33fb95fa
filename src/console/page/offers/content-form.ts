/** The form of a piece of content: its HTML with how it reads, fields that it may name, languages, how a message shows, data. */
import { fillTemplate, htmlTemplate } from "#slots/template";
import { button, fill, h } from "../dom.ts";
import { choice, field, tick } from "../field.ts";
import { parseJson } from "../issues-notice.ts";
import { htmlFrame } from "./html-frame.ts";
import type { IssuePlaces } from "./issues.ts";
import { templateNames } from "./known.ts";
import { localesPart } from "./locales-part.ts";
import { messagePart } from "./message-part.ts";
import { type ContentInput, contentOf, without } from "./shapes.ts";

/** What is in the place of a value that is known of somebody. */
const EXAMPLES: Readonly<Record<string, unknown>> = {
  person: { first_name: "Ann", last_name: "Lee", company: "Example Ltd" },
};
const exampleOf = (name: string): unknown => EXAMPLES[name] ?? `‹${name.replaceAll("_", " ")}›`;

/** The HTML as somebody sees it. @param isKnown of whom everything is known; else a stranger */
export const filledHtml = ({ html = "", template }: ContentInput, isKnown: boolean): string =>
  template ? fillTemplate(htmlTemplate(html), (name) => (isKnown ? exampleOf(name) : undefined)) : html;

/** How content reads, without a form. */
export function previewOf(content: ContentInput): HTMLElement {
  if (content.html === undefined) return h("pre", { class: "json" }, JSON.stringify(content.data, null, 2));
  const frame = htmlFrame("How it reads");
  frame.show(filledHtml(content, true));
  return frame.element;
}

/**
 * @param isMessage it is for a slot whose content is shown over the page
 * @returns undefined where it says what the form cannot show
 */
export function contentForm(
  value: unknown,
  changed: (next: unknown) => void,
  places: IssuePlaces,
  isMessage = false,
): HTMLElement {
  const read = contentOf(value);
  if (!read) return h("p", { class: "hint" }, "The form cannot show this content; it is edited as JSON.");
  let content = read;
  const set = (change: { [K in keyof ContentInput]?: ContentInput[K] | undefined }) => {
    content = without({ ...content, ...change }) as ContentInput; // html or data: the checks say so
    changed(content);
    show();
  };

  const frame = htmlFrame("How it reads");
  const seenBy = choice(
    [
      ["known", "as somebody who is known"],
      ["stranger", "as a stranger"],
    ],
    { name: "How it reads", changed: () => show() },
  );
  const html = h("textarea", {
    class: "input html",
    attrs: { rows: 10, maxlength: 50_000, spellcheck: "true" },
    on: { input: () => set({ html: html.value === "" ? undefined : html.value }) },
  });
  html.value = content.html ?? "";
  const fields = h("div", {});
  const template = tick("It names fields of the visitor, such as {{top_topic}}", () => {
    set({ template: template.box.checked || undefined });
    drawFields();
  });
  template.box.checked = content.template === true;

  function show(): void {
    seenBy.element.hidden = !content.template;
    frame.show(filledHtml(content, seenBy.value() === "known"));
  }

  function drawFields(): void {
    if (!content.template) {
      fill(fields);
      return;
    }
    const select = h(
      "select",
      { class: "input", attrs: { "aria-label": "Field" } },
      ...templateNames().map((name) => h("option", { attrs: { value: name } }, name)),
    );
    const insert = (make: (name: string) => string) => {
      html.setRangeText(make(select.value), html.selectionStart, html.selectionEnd, "end");
      html.dispatchEvent(new Event("input"));
      html.focus();
    };
    fill(
      fields,
      h(
        "div",
        { class: "actions" },
        select,
        button("Insert the field", () => insert((name) => `{{${name}}}`)),
        button("Insert a part for who has it", () =>
          insert(
            (name) => `{{#${name}}}… {{${name}}} …{{/${name}}}{{^${name}}}… for everybody else …{{/${name}}}`,
          ),
        ),
      ),
      h(
        "p",
        { class: "hint" },
        "Whatever a field holds comes out as text. Fields of a person are there only for who has logged in and agreed to it; for all others they are empty.",
      ),
    );
  }

  drawFields();
  show();
  return h(
    "div",
    { class: "stack" },
    h(
      "div",
      { class: "editor-halves" },
      h(
        "div",
        { class: "stack" },
        field("HTML", html, "Scripts, styles, forms and frames are taken out when it is published."),
        places.place("html"),
        template.element,
        fields,
      ),
      h(
        "div",
        { class: "stack" },
        h("div", { class: "between" }, h("h3", {}, "How it reads"), seenBy.element),
        frame.element,
        h("p", { class: "hint" }, "Without the site's style and pictures: a preview shows the page itself."),
      ),
    ),
    messagePart(content.message, (message) => set({ message }), isMessage),
    places.place("message"),
    localesPart(content, (locales) => set({ locales })),
    places.place("locales"),
    dataPart(content.data, (data) => set({ data })),
    places.place("data"),
  );
}

/** Data for slots of kind `json`, or beside HTML. */
function dataPart(data: unknown, set: (data: ContentInput["data"] | undefined) => void): HTMLElement {
  const problem = h("p", { class: "field-issue bad", attrs: { role: "alert" } });
  const text = h("textarea", {
    class: "input html",
    attrs: { rows: 6, spellcheck: "false" },
    on: {
      input: () => {
        if (text.value.trim() === "") {
          fill(problem);
          set(undefined);
          return;
        }
        const parsed = parseJson(text.value);
        fill(problem, "problem" in parsed && parsed.problem);
        if ("value" in parsed) set(parsed.value as NonNullable<ContentInput["data"]>); // JSON is all that JSON.parse gives
      },
    },
  });
  text.value = data === undefined ? "" : JSON.stringify(data, null, 2);
  return h(
    "details",
    { class: "fold", attrs: { open: data !== undefined } },
    h("summary", {}, "Data for the page's own code"),
    field("JSON", text, "What a slot of kind json answers."),
    problem,
  );
}
