/** The parts that a trace's line is made of: a step, its facts, its lists. */
import { type Child, h, type Tone } from "./dom.ts";
import { timeOf } from "./time.ts";

/** One step of the line. */
export function step(
  tone: Tone,
  title: string,
  at: number | undefined,
  badge: Child,
  ...content: Child[]
): HTMLElement {
  const time = at === undefined ? undefined : timeOf(at);
  return h(
    "li",
    { class: `step ${tone}` },
    h(
      "div",
      { class: "step-head" },
      h("h3", {}, title),
      badge,
      time && h("time", { attrs: { datetime: time.iso, title: time.whole } }, time.shown),
    ),
    ...content,
  );
}

/** Pairs of a term and what it is; a pair without a value is left out. */
export function facts(pairs: readonly (readonly [string, Child])[]): Child {
  const known = pairs.filter(([, value]) => value !== undefined && value !== false && value !== "");
  if (known.length === 0) return undefined;
  return h(
    "dl",
    { class: "facts" },
    ...known.flatMap(([term, value]) => [h("dt", {}, term), h("dd", {}, value)]),
  );
}

/** A titled list of names, each with what is to be said of it. */
export function list(title: string, lines: readonly (readonly [string, string])[]): HTMLElement {
  return h(
    "div",
    {},
    h("h4", {}, title),
    h("ul", { class: "pairs" }, ...lines.map(([name, text]) => h("li", {}, code(name), h("span", {}, text)))),
  );
}

/** An id or a path, set as code. */
export const code = (text: string): HTMLElement => h("code", {}, text);

/** With a capital first letter. */
export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
