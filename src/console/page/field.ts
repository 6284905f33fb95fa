/** A control of a form with its label above and what helps to fill it in below. */
import { type Child, h } from "./dom.ts";

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

let made = 0;

/** @param hint read out with the control */
export function field(label: string, control: Control, hint?: Child): HTMLElement {
  const id = `field-${++made}`;
  control.id = id;
  const help = hint !== undefined && h("span", { class: "hint block", attrs: { id: `${id}-hint` } }, hint);
  if (help) control.setAttribute("aria-describedby", help.id);
  return h("div", { class: "field" }, h("label", { attrs: { for: id } }, label), control, help);
}

/** A box to tick, with its words beside it. */
export function tick(label: Child, changed?: () => void): { element: HTMLElement; box: HTMLInputElement } {
  const box = h("input", { attrs: { type: "checkbox" }, on: { change: () => changed?.() } });
  return { element: h("label", { class: "tick" }, box, h("span", {}, label)), box };
}

/** One of a few. */
export interface Choice<T extends string> {
  element: HTMLSelectElement;
  value(): T;
}

/** @param changed called with each choice */
export function choice<T extends string>(
  options: readonly (readonly [value: T, label: string])[],
  { name, changed }: { name?: string; changed?: () => void } = {},
): Choice<T> {
  const element = h(
    "select",
    { class: "input", attrs: { "aria-label": name }, on: { change: () => changed?.() } },
    ...options.map(([value, label]) => h("option", { attrs: { value } }, label)),
  );
  return { element, value: () => element.value as T }; // it has no other options
}
