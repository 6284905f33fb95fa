/**
 * Clicks on `[data-doorstep-click]` and submits of `[data-doorstep-form]`. Of a form only the names of its fields are
 * recorded; a value only if the site lists the field in `data-doorstep-fields`, it is a known trait and can be typed.
 */
import { on } from "./guard.ts";
import { MAX_FIELDS, MAX_LABEL, MAX_NAME, MAX_URL } from "./limits.ts";
import { record } from "./record.ts";
import { slotOf } from "./slots.ts";
import type { Traits } from "./types.ts";

const FILLED = /^.{1,128}$/;
/** What is surely none of them is not sent; the door looks closer, and leaves out a value that it cannot take. */
const TRAITS: Record<string, RegExp> = {
  email: /^\S+@\S+\.\S+$/,
  phone: FILLED,
  first_name: FILLED,
  last_name: FILLED,
  company: FILLED,
};

/** Starts listening. Called once, by main.ts. */
export const watchInteractions = (): void => {
  on(document, "click", recordClick);
  // The middle button opens a link, too.
  on(document, "auxclick", recordClick);
  on(document, "submit", recordForm);
};

let lastClick: number | undefined;

const recordClick = (event: MouseEvent): void => {
  // The path, unlike `closest`, also leads out of shadow trees. It ends with the document and the window.
  const path = event.composedPath() as Partial<HTMLElement>[];
  const marked = path.find((node) => node.matches?.("[data-doorstep-click]")) as HTMLElement | undefined;
  // A click on a label is one on its field, too, at the same time.
  if (!marked || event.button > 1 || event.timeStamp === lastClick) return;
  lastClick = event.timeStamp;
  const label =
    (marked.ariaLabel || marked.textContent).trim().replace(/\s+/g, " ").slice(0, MAX_LABEL) || undefined;
  record("cta_click", {
    cta_id: idOf(marked, "click") || label,
    label,
    href: marked.closest("a")?.href.slice?.(0, MAX_URL) || undefined,
    ...slotOf(marked),
  });
};

const recordForm = ({ target }: Event): void => {
  const form = target as HTMLFormElement;
  if (!form.matches("[data-doorstep-form]")) return;
  const listed = form.dataset.doorstepFields?.split(/[\s,]+/);
  const fields = new Set<string>();
  let traits: Traits | undefined;
  // Not `form.elements`: a field that is named "elements" hides it.
  for (const field of document.querySelectorAll<HTMLInputElement>("input,select,textarea")) {
    const { name, type } = field;
    if (field.form !== form || !name || type === "password") continue;
    fields.add(name.slice(0, MAX_NAME));
    const value = field.value.trim();
    // What nobody typed (hidden, checkbox, radio, button) is no word of theirs. A name that objects have by birth, like "constructor", has no test.
    if (listed?.includes(name) && !/[nox]$/.test(type) && TRAITS[name]?.test?.(value))
      traits = { ...traits, [name]: value };
  }
  record(
    "form_submit",
    { form_id: idOf(form, "form"), fields: [...fields].slice(0, MAX_FIELDS) },
    { traits },
  );
};

/** What the site calls an element: the value of its `data-doorstep-…` attribute, or else its `id` or `name`. */
const idOf = (element: HTMLElement, kind: string): string | undefined =>
  // Attributes, because a form's properties can be hidden by fields with such names.
  [`data-doorstep-${kind}`, "id", "name"]
    .map((name) => element.getAttribute(name))
    .find(Boolean)
    ?.slice(0, MAX_NAME);
