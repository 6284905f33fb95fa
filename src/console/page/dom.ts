/**
 * Elements without HTML strings: text only ever enters as text, so nothing that an event carries can become markup, and
 * the page runs under `require-trusted-types-for 'script'`.
 */

export type Child = Node | string | number | false | null | undefined;

interface Props {
  class?: string;
  /** Listeners by event name. */
  on?: { [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void };
  /** Attributes; `true` is the empty attribute, `false` and `undefined` none. */
  attrs?: Record<string, string | number | boolean | undefined>;
}

/** An element with a class, attributes, listeners and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (props.class) element.className = props.class;
  for (const [name, value] of Object.entries(props.attrs ?? {})) {
    if (value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const [name, listener] of Object.entries(props.on ?? {})) {
    // Object.entries forgets that each listener belongs to its name.
    element.addEventListener(name, listener as EventListener);
  }
  append(element, children);
  return element;
}

/** Add children; what is not there (`false`, `null`, `undefined`) is passed over. */
export function append(parent: Node, children: readonly Child[]): void {
  for (const child of children) {
    if (child === false || child === null || child === undefined) continue;
    parent.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** Put other children in the place of all. */
export function fill(parent: Node, ...children: Child[]): void {
  while (parent.lastChild) parent.removeChild(parent.lastChild);
  append(parent, children);
}

/** A push button. */
export function button(
  label: Child,
  onClick: () => void,
  kind = "",
  attrs: Props["attrs"] = {},
): HTMLButtonElement {
  return h(
    "button",
    { class: `button ${kind}`.trim(), attrs: { type: "button", ...attrs }, on: { click: onClick } },
    label,
  );
}

/** A small label with a coloured dot; the colour is never the only sign. */
export function chip(tone: Tone, label: string, detail?: string): HTMLElement {
  return h(
    "span",
    { class: `chip ${tone}`, attrs: { title: detail ? `${label}: ${detail}` : undefined } },
    h("span", { class: "chip-label" }, label),
    detail !== undefined && h("span", { class: "chip-detail" }, detail),
  );
}
export type Tone = "good" | "quiet" | "wait" | "bad" | "info";

/** What a view shows where it has nothing to list. */
export function empty(title: string, ...lines: Child[]): HTMLElement {
  return h(
    "div",
    { class: "empty" },
    h("strong", {}, title),
    ...lines.filter(Boolean).map((line) => h("p", {}, line)),
  );
}
