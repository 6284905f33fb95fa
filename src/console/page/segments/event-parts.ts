/** Controls of the features' forms: which event, which of its fields, which of its kind alone, and over what time. */
import { conditionBuilder } from "../condition/builder.ts";
import { button, fill, h } from "../dom.ts";
import { choice, field } from "../field.ts";
import { type EventKind, eventKinds, fieldsOf, knownFields } from "./contracts.ts";
import { didInWords, fieldInWords } from "./words.ts";

/** Which event. Where the dictionary of events does not answer, its name is written. */
export function eventField(label: string, event: string, changed: (event: string) => void): HTMLElement {
  const place = h("div", {});
  function draw(kinds: readonly EventKind[], isAsked: boolean): void {
    if (isAsked && kinds.length === 0) {
      const input = h("input", {
        class: "input",
        attrs: { value: event, spellcheck: "false" },
        on: { input: () => changed(input.value) },
      });
      fill(place, field(label, input, "The name of the event. The list of events cannot be read now."));
      return;
    }
    const names = kinds.some(({ name }) => name === event) ? kinds : [{ name: event }, ...kinds];
    const list = choice(
      names.map(({ name }) => [name, `${didInWords(name)} (${name})`] as const),
      { changed: () => changed(list.value()) },
    );
    list.element.value = event;
    fill(place, field(label, list.element));
  }
  draw([], false);
  void eventKinds().then((kinds) => draw(kinds, true));
  return place;
}

const OTHER = "…";

/** Which field of the event. @param isNumber only numbers will do */
export function fieldField(
  event: string,
  path: string,
  isNumber: boolean,
  changed: (path: string) => void,
): HTMLElement {
  const place = h("div", {});
  const written = (now: string) => {
    const input = h("input", {
      class: "input",
      attrs: { value: now, placeholder: "content.topic", spellcheck: "false" },
      on: { input: () => changed(input.value.trim()) },
    });
    fill(place, field("Which value", input, "The path of the field in the event, with dots."));
    return input;
  };
  void fieldsOf(event).then((types) => {
    const fits = [...types].filter(([, type]) => !isNumber || type === "number").map(([name]) => name);
    if (fits.length === 0 || (path !== "" && !fits.includes(path))) {
      written(path);
      return;
    }
    const list = choice(
      [
        ["", "choose …"] as const,
        ...fits.map((name) => [name, fieldInWords(name)] as const),
        [OTHER, "another field …"] as const,
      ],
      {
        changed: () => {
          if (list.value() === OTHER) written("").focus();
          else changed(list.value());
        },
      },
    );
    list.element.value = path;
    fill(place, field("Which value", list.element));
  });
  return place;
}

/** Only some of the event's kind. @param changed undefined: all of them */
export function whereField(
  event: string,
  where: Record<string, unknown> | undefined,
  changed: (where: Record<string, unknown> | undefined) => void,
): HTMLElement {
  const place = h("div", { class: "stack" });
  function draw(now: Record<string, unknown> | undefined): void {
    const set = (next: Record<string, unknown> | undefined) => {
      changed(next);
      draw(next);
    };
    if (now === undefined) {
      fill(
        place,
        h(
          "div",
          {},
          button("Only some of them…", () => set({}), "plain"),
        ),
      );
      return;
    }
    void fieldsOf(event).then((types) => {
      const builder = conditionBuilder(now, knownFields(types), changed);
      fill(
        place,
        h("h3", {}, "Only those where"),
        builder ?? h("p", { class: "hint" }, "This filter can only be edited as JSON."),
        h(
          "div",
          {},
          button("Take all of them", () => set(undefined), "plain"),
        ),
      );
    });
  }
  draw(where);
  return place;
}

const TIMES = [
  ["d", "in the last … days"],
  ["h", "in the last … hours"],
  ["session", "in this session"],
  ["lifetime", "ever"],
] as const;

/** Over what time. */
export function windowField(
  window: string,
  changed: (window: string) => void,
  { session = true } = {},
): HTMLElement {
  const [, given = "30", unit] = /^(\d+)([dh])$/.exec(window) ?? [];
  const n = h("input", {
    class: "input",
    attrs: { type: "number", min: 1, max: 999, step: 1, value: given, "aria-label": "How many" },
    on: { input: () => tell() },
  });
  const times = TIMES.filter(([key]) => session || key !== "session");
  const list = choice(times, { name: "Over what time", changed: () => tell() });
  list.element.value = unit ?? (window === "session" ? "session" : "lifetime");
  const isCounted = () => list.value() === "d" || list.value() === "h";
  function tell(): void {
    n.hidden = !isCounted();
    changed(isCounted() ? `${Math.max(1, Math.round(Number(n.value)) || 1)}${list.value()}` : list.value());
  }
  n.hidden = !isCounted();
  return h(
    "fieldset",
    { class: "field" },
    h("legend", {}, "Over what time"),
    h("div", { class: "actions" }, list.element, n),
    h("span", { class: "hint" }, "Days are calendar days in UTC, up to 999; hours up to 168."),
  );
}
